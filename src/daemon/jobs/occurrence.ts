import { readFile } from 'node:fs/promises';
import { carryOut } from '../../fleet/carry-out.ts';
import { confirmationNeeded } from '../../fleet/confirmation.ts';
import { type RecordedRun, readRun, scriptFile } from '../../fleet/journal.ts';
import { type RunRequest, specOf, stdinLength } from '../../fleet/request.ts';
import type { RunTeller } from '../../fleet/runner.ts';
import type { SshTarget } from '../../hosts/target.ts';
import { select } from '../../lib/selector.ts';
import { Fault } from '../../model/fault.ts';
import type { Job } from '../../model/job.ts';
import { message } from '../../model/message.ts';
import { isUnfinished, type RunOutcome, type RunSpec } from '../../model/run.ts';
import type { Site } from '../../model/site.ts';
import type { Claim, Ending, Holder } from '../../store/jobs.ts';
import type { Store } from '../../store/store.ts';
import { type Reach, targetOf } from '../reach.ts';
import { requireOurs } from './ours.ts';

/** An occurrence that was claimed, and all that running it needs. */
export interface Doing {
  readonly site: Site;
  readonly job: Job;
  readonly claim: Claim;
  readonly store: Store;
  readonly holder: Holder;
  /** The state folder. */
  readonly state: string;
  readonly reach: Reach;
  /** Whether what was begun may go on, or it is only to be told what became of it. */
  readonly may: boolean;
  readonly tell: RunTeller;
  /** Told of the run's identifier, before anything is run. */
  readonly begun: (run: string) => void;
  /** Aborted, with why: nothing further is begun, and what runs is ended. */
  readonly signal: AbortSignal;
}

/** Why what runs is ended. */
export type StopReason = 'signal' | 'window' | 'lease';

/** How an occurrence ended, and the run that it was. */
export interface Done {
  readonly ending: Ending;
  readonly run?: string;
}

/**
 * Runs an occurrence to its end: anew, or, where its run was begun and is in our reach, only the hosts that have no result. One
 * whose journal is out of reach is lost, or run anew where its job says so. Faults become its ending.
 */
export async function runOccurrence(doing: Doing): Promise<Done> {
  try {
    return await attempt(doing);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    // What the store says is no end of what ran: it is asked again.
    if (error.code.startsWith('store.')) throw error;
    const { code, params } = error;
    return { ending: { state: 'failed', detail: { fault: { code, params } } } };
  }
}

async function attempt(doing: Doing): Promise<Done> {
  const { job, claim, state, may } = doing;
  const { run, gateway } = claim;
  if (run === undefined) {
    // Nothing was run anywhere before the store knew the run.
    if (may) return anew(doing);
    return { ending: { state: 'never-started', detail: { why: { is: 'window' } } } };
  }
  const recorded = await readRun(state, run).catch(() => undefined);
  if (recorded && (may || isWhole(recorded))) return goOn(doing, recorded);
  const wasTriedOften = claim.attempts > 3;
  if (!recorded && may && job.lost === 'run-again' && !wasTriedOften) return anew(doing);
  return { run, ending: { state: 'lost', detail: { run, gateway: gateway ?? '' } } };
}

/** Whether every host of a run has its result. */
function isWhole({ hosts, outcomes }: RecordedRun): boolean {
  return hosts.every((host) => !isUnfinished(outcomes.get(host)));
}

async function anew(doing: Doing): Promise<Done> {
  const { site, job, store } = doing;
  const { targets, unreached } = await targetsOf(doing);
  await requireOurs(job.script);
  const { spec, script } = await specOf(requestOf(job));
  const length = await stdinLength(spec);
  const guarded = confirmationNeeded(
    targets.map(({ name }) => name),
    site,
  );
  if (guarded.length > 0 && !job.confirmed && !doing.claim.byHand)
    throw new Fault('job.unconfirmed', { groups: guarded.map(({ group }) => group).join(', ') });
  const { id, results } = await carryOut({
    ...common(doing, spec, script, length),
    targets,
    begun: async ({ id }) => {
      await store.jobs.began(site.name, doing.claim, id, doing.holder.gateway);
      doing.begun(id);
    },
  });
  const outcomes = new Map(results.map(({ host, outcome }) => [host, outcome]));
  return { run: id, ending: endingOf(doing, id, outcomes, unreached) };
}

/** What a job asks to be run. */
export function requestOf(job: Job): RunRequest {
  const { script, on, as, login, args, stdin, collect, collectMost, limit, retries, batches, stopAt } = job;
  return {
    ...{ script, on, login, args, collect, collectMost, limit, retries, batches },
    ...(as === undefined ? {} : { as }),
    ...(stdin === undefined ? {} : { stdin }),
    ...(stopAt === undefined ? {} : { stopAt }),
  };
}

async function goOn(doing: Doing, recorded: RecordedRun): Promise<Done> {
  const { site, reach, store, holder, claim } = doing;
  const { id, spec, hosts } = recorded;
  const outcomes = new Map(recorded.outcomes);
  const open = hosts.filter((host) => isUnfinished(outcomes.get(host)));
  const targets = open.flatMap((name) => {
    const host = site.hosts.find((each) => each.name === name);
    return host ? [targetOf(site, host, reach.here)] : [];
  });
  if (targets.length > 0) {
    const script = await readFile(scriptFile(recorded.folder));
    const { results } = await carryOut({
      ...common(doing, spec, script, await stdinLength(spec)),
      ...{ targets, resumed: recorded },
      begun: async () => {
        await store.jobs.began(site.name, claim, id, holder.gateway);
        doing.begun(id);
      },
    });
    for (const { host, outcome } of results) outcomes.set(host, outcome);
  }
  const known = hosts.filter((host) => outcomes.has(host) || targets.some(({ name }) => name === host));
  return {
    run: id,
    ending: endingOf(doing, id, new Map(known.map((host) => [host, outcomes.get(host)])), []),
  };
}

function common(doing: Doing, spec: RunSpec, script: Uint8Array, length: number) {
  const { job, state, reach, tell, signal } = doing;
  return {
    ...{ spec, script, stdinLength: length, state, settings: reach.settings, tell, signal },
    by: `job ${job.name}`,
    ...(job.parallel === undefined ? {} : { parallel: job.parallel }),
  };
}

/** The hosts that a job selects now. Throws `job.hosts` with what is wrong with the selector, `run.none` and `run.unreached`. */
async function targetsOf({ site, job, store, reach }: Doing): Promise<{
  readonly targets: readonly SshTarget[];
  readonly unreached: readonly string[];
}> {
  const selection = select(job.on, { site, facts: await store.facts(site.name) });
  if ('findings' in selection) {
    const [first] = selection.findings;
    if (first) throw new Fault(first.code, first.params, first.hint ? { next: first.hint } : {});
  }
  const names = 'names' in selection ? selection.names : [];
  if (names.length === 0) throw new Fault('run.none', { on: job.on }, { next: message('run.none.next') });
  const chosen = site.hosts.filter(({ name }) => names.includes(name));
  const reached = chosen.filter(({ name, ssh }) => ssh || name === reach.here);
  const unreached = chosen.filter((host) => !reached.includes(host)).map(({ name }) => name);
  if (reached.length === 0)
    throw new Fault(
      'run.unreached',
      { hosts: unreached.join(', ') },
      { next: message('run.unreached.next') },
    );
  return { targets: reached.map((host) => targetOf(site, host, reach.here)), unreached };
}

/** Names of hosts that stand in history. */
const mostNamed = 20;

function endingOf(
  { signal }: Doing,
  run: string,
  outcomes: ReadonlyMap<string, RunOutcome | undefined>,
  unreached: readonly string[],
): Ending {
  const failed = [...outcomes].filter(([, outcome]) => outcome?.is !== 'ok').map(([host]) => host);
  const detail = {
    ...{ run, hosts: outcomes.size, ok: outcomes.size - failed.length },
    ...(failed.length > 0 ? { failed: failed.slice(0, mostNamed) } : {}),
    ...(unreached.length > 0 ? { unreached: unreached.slice(0, mostNamed) } : {}),
  };
  const isCut = signal.aborted && [...outcomes.values()].some(isUnfinished);
  if (isCut) return { state: signal.reason === 'window' ? 'stopped' : 'interrupted', detail };
  return { state: failed.length === 0 ? 'ok' : 'failed', detail };
}
