import { lstat, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { servedHash } from '../../apply/engine-process.ts';
import { serverEngines } from '../../engines/index.ts';
import type { Manifest } from '../../model/applied.ts';
import type { Fault } from '../../model/fault.ts';
import type { Step } from '../../model/message.ts';
import { readCuts } from '../cut/records.ts';
import { activeManifest } from '../gateway.ts';
import { faultOf } from '../trouble.ts';
import { type Asking, ask, type Unrefused } from './ask.ts';
import { questionsOf } from './questions.ts';
import { type CanaryAlarm, type CanaryState, readCanary, writeCanary } from './record.ts';
import { tellChanges } from './tell.ts';

/**
 * Milliseconds between two rounds of questions, between two looks whether something was applied, before what was not refused is asked again, and
 * until what was applied is served at the latest. What refuses no more is told within a minute.
 */
const pace = { every: 50_000, looks: 1000, again: 1500, settles: 30_000 } as const;

export interface KeptCanary {
  readonly gateway: Asking;
  readonly tell: (step: Step) => void;
  readonly fail: (fault: Fault) => void;
  readonly signal: AbortSignal;
  /** Milliseconds between two rounds, and before what was not refused is asked again. */
  readonly pace?: { readonly every: number; readonly again: number };
}

/**
 * Asks every minute, and after each apply whoever applies, what must be refused, until told to stop. What is not refused, twice, is an alarm: it
 * is told, kept for `poterne status`, and stands in the audit log, as does its end.
 */
export function keepCanary(kept: KeptCanary): { readonly ended: Promise<void> } {
  const { gateway, signal } = kept;
  const { every } = kept.pace ?? pace;
  let last: string | undefined;
  let moved = 0;
  let due = 0;
  const round = async (): Promise<void> => {
    const current = await generations(gateway.state);
    const now = performance.now();
    if (current !== last) {
      last = current;
      moved = now;
      due = now;
    }
    if (now < due) return;
    const manifest = await activeManifest(gateway.state);
    // With hundreds of publications a reload takes seconds, and workers of the configuration before answer.
    if (now < moved + pace.settles && !(await isServed(gateway.state, manifest?.hash))) return;
    due = now + every;
    if (manifest) await askRound(kept, manifest, async () => (await generations(gateway.state)) === current);
  };
  const ended = (async () => {
    while (!signal.aborted) {
      await round().catch((error) => kept.fail(faultOf(error)));
      await delay(pace.looks, undefined, { signal }).catch(() => undefined);
    }
  })();
  return { ended };
}

/** Whether this is what the engines say that they serve. */
async function isServed(state: string, hash: string | undefined): Promise<boolean> {
  const served = await Promise.all(
    serverEngines.map((engine) => servedHash(engine, join(state, engine.name))),
  );
  return served.every((each) => each === hash);
}

/** What is served, and when that was last put in force: what was changed by hand is put back as the same. */
async function generations(state: string): Promise<string> {
  const links = serverEngines.map(async ({ name }) => {
    const link = join(state, name, 'current');
    return Promise.all([readlink(link), lstat(link)]).then(
      ([target, { ctimeMs }]) => `${target} ${ctimeMs}`,
      () => '',
    );
  });
  return (await Promise.all(links)).join(' ');
}

async function askRound(
  kept: KeptCanary,
  manifest: Manifest,
  isStillServed: () => Promise<boolean>,
): Promise<void> {
  const { gateway } = kept;
  const before = await readCanary(gateway.state);
  const cuts = await readCuts(gateway.state);
  if (cuts.some(({ target }) => target.kind === 'all')) return;
  const aside = new Set(cuts.flatMap(({ target }) => (target.kind === 'publication' ? [target.name] : [])));
  const questions = questionsOf(manifest, aside);
  const count = questions.waf.length + questions.entry.length;
  if (count === 0 && !before) return;
  const { unasked, ...first } = await ask(gateway, questions);
  let { unrefused, unanswered } = first;
  if (unrefused.length > 0 && !kept.signal.aborted) {
    // Workers of the configuration before may have answered, or somebody applies just now.
    await delay((kept.pace ?? pace).again, undefined, { signal: kept.signal }).catch(() => undefined);
    const again = await ask(gateway, questions);
    const twice = new Set(again.unrefused.map(({ id }) => id));
    unrefused = unrefused.filter(({ id }) => twice.has(id));
    unanswered = [...unanswered, ...again.unanswered];
  }
  // Of what somebody applied in the meantime, something else is promised: it is asked at once.
  if (kept.signal.aborted || !(await isStillServed())) return;
  const at = new Date().toISOString();
  const alarms = [
    ...unrefused.map((each) => alarmOf(each, before, at)),
    ...(before?.alarms.filter(({ id }) => unanswered.includes(id)) ?? []),
  ];
  const names = [
    ...questions.waf.map(({ publication }) => publication.name),
    ...questions.entry.map(({ expectation }) => expectation.about),
  ];
  await writeCanary(gateway.state, {
    ...{ at, questions: count, publications: new Set(names).size },
    ...{ alarms, unasked },
  });
  await tellChanges({ state: gateway.state, tell: kept.tell, fail: kept.fail }, manifest.site, {
    before: before?.alarms ?? [],
    now: alarms,
  });
}

function alarmOf(each: Unrefused, before: CanaryState | undefined, at: string): CanaryAlarm {
  return { ...each, since: before?.alarms.find(({ id }) => id === each.id)?.since ?? at };
}
