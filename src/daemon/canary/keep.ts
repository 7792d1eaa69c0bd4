import { lstat, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { servedHash } from '../../apply/engine-process.ts';
import { openAudit } from '../../audit/log.ts';
import { tellTerminals } from '../../bastion/alarm.ts';
import { serverEngines } from '../../engines/index.ts';
import { say } from '../../i18n/index.ts';
import type { Manifest } from '../../model/applied.ts';
import type { Fault } from '../../model/fault.ts';
import { message, type Step, warning } from '../../model/message.ts';
import { readCuts } from '../cut/records.ts';
import { activeManifest } from '../gateway.ts';
import { faultOf } from '../trouble.ts';
import { type Asking, ask, type Unrefused } from './ask.ts';
import { questionsOf } from './questions.ts';
import { type CanaryAlarm, type CanaryState, readCanary, writeCanary } from './record.ts';

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
  const first = await ask(gateway, questions);
  let { unrefused } = first;
  if (unrefused.length > 0 && !kept.signal.aborted) {
    // Workers of the configuration before may have answered, or somebody applies just now.
    await delay((kept.pace ?? pace).again, undefined, { signal: kept.signal }).catch(() => undefined);
    const twice = new Set((await ask(gateway, questions)).unrefused.map(({ id }) => id));
    unrefused = unrefused.filter(({ id }) => twice.has(id));
  }
  // Of what somebody applied in the meantime, something else is promised: it is asked at once.
  if (kept.signal.aborted || !(await isStillServed())) return;
  const at = new Date().toISOString();
  const alarms = unrefused.map((each) => alarmOf(each, before, at));
  const names = [
    ...questions.waf.map(({ publication }) => publication.name),
    ...questions.entry.map(({ expectation }) => expectation.about),
  ];
  await writeCanary(gateway.state, {
    ...{ at, questions: count, publications: new Set(names).size },
    ...{ alarms, unasked: first.unasked },
  });
  await tellChanges(kept, manifest, before?.alarms ?? [], alarms);
}

function alarmOf(each: Unrefused, before: CanaryState | undefined, at: string): CanaryAlarm {
  return { ...each, since: before?.alarms.find(({ id }) => id === each.id)?.since ?? at };
}

/** Tells what began, and what is over. */
async function tellChanges(
  { gateway, tell }: KeptCanary,
  { site }: Manifest,
  before: readonly CanaryAlarm[],
  now: readonly CanaryAlarm[],
): Promise<void> {
  const isIn = (alarms: readonly CanaryAlarm[], { id }: CanaryAlarm) => alarms.some((each) => each.id === id);
  const begun = now.filter((alarm) => !isIn(before, alarm));
  const over = before.filter((alarm) => !isIn(now, alarm));
  if (begun.length + over.length === 0) return;
  for (const alarm of begun)
    tell(warning(message(`canary.alarm.${alarm.kind}`, textOf(alarm, site.language))));
  for (const { publication } of over) tell(message('canary.over', { publication }));
  for (const alarm of begun)
    await tellTerminals(
      say(site.language, message(`canary.alarm.${alarm.kind}`, textOf(alarm, site.language))),
    );
  const audit = await openAudit(gateway.state);
  for (const [what, alarms] of [
    ['canary.alarm', begun],
    ['canary.over', over],
  ] as const)
    for (const { publication, kind, seen, id } of alarms)
      await audit.append({
        ...{ who: 'poterne', what, to: publication, from: 'here' },
        result: what === 'canary.alarm' ? 'failed' : 'done',
        detail: { kind, question: id, seen: say('en', seen) },
      });
}

const textOf = ({ publication, seen }: CanaryAlarm, language: Parameters<typeof say>[0]) => ({
  publication,
  seen: say(language, seen),
});
