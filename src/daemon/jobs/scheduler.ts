import type { RunTeller } from '../../fleet/runner.ts';
import { Fault } from '../../model/fault.ts';
import type { Job } from '../../model/job.ts';
import type { Site } from '../../model/site.ts';
import { decide, type Scheduled, type Step, scheduled } from '../../schedule/decide.ts';
import type { Alert } from '../../store/job-history.ts';
import type { Claim, Ending, Holder } from '../../store/jobs.ts';
import type { Store } from '../../store/store.ts';
import type { Reach } from '../reach.ts';
import { mailResults, tellAlerts } from './alerts.ts';
import { keep } from './hold.ts';
import { runOccurrence, type StopReason } from './occurrence.ts';
import { isInReach } from './reachable.ts';
import { shapeOf } from './shape.ts';
import { removeOldRuns } from './tidy.ts';

/** What the scheduler needs of whoever runs it. */
export interface Scheduling {
  readonly holder: Holder;
  /** The state folder. */
  readonly state: string;
  /** The description as it is now. */
  site(): Site;
  reach(): Reach;
  open(site: Site): Promise<Store>;
  readonly tell: JobTeller;
  /** Aborted: what runs is ended in order, and the scheduler comes back. */
  readonly signal: AbortSignal;
  /** Resolves after so many milliseconds, or when the description has changed. */
  wait(milliseconds: number): Promise<void>;
}

/** Whoever watches a scheduler. */
export interface JobTeller {
  /** No scheduler ran since then. */
  gap(since: number): void;
  step(step: Step): void;
  begun(job: string, due: number, run: string, isTakenUp: boolean): void;
  ended(job: string, due: number, ending: Ending): void;
  /** Its end was not ours to tell any more. */
  taken(job: string, due: number): void;
  fault(fault: Fault): void;
  /** The store answers again. */
  back(): void;
  alert(alert: Alert): void;
  run(job: string): RunTeller;
}

/** How often one looks at what other gateways and commands did, in milliseconds. */
const poll = 2000;
/** For how long a scheduler is taken to run, after it told so. */
const beatFor = 30_000;
/** Jobs that a gateway runs at once: each works on many hosts. */
const mostJobs = 8;
/** Milliseconds that the last word of what ran is tried to be kept when we are told to stop. */
const lastPatience = 15_000;
/** The lease in a store of this machine alone. */
const ownLease = 60_000;

/** How long a job stays with a gateway that tells nothing of itself. */
export function leaseOf({ store }: Pick<Site, 'store'>): number {
  return store?.lease ?? ownLease;
}

interface Running {
  stop(why: StopReason): void;
  readonly done: Promise<void>;
}

/**
 * Runs the jobs of a site at their times, until told to stop. Several gateways may do so with one store: each occurrence is
 * claimed by one of them. A store that is away is waited for; what runs goes on as long as its lease lasts.
 */
export async function runJobs(on: Scheduling): Promise<void> {
  const running = new Map<string, Running>();
  let store: Store | undefined;
  let place = '';
  let aligned: Site | undefined;
  let jobs: readonly Scheduled[] = [];
  let isAway = false;
  let alerting: Promise<void> | undefined;
  try {
    while (!on.signal.aborted) {
      const site = on.site();
      let pause = poll;
      try {
        if (JSON.stringify(site.store) !== place || !store) {
          // What runs has its end told where it was begun.
          if (store && running.size === 0) await store.close();
          if (!store || running.size === 0) {
            place = JSON.stringify(site.store);
            store = undefined;
            store = await begin(on, site);
            aligned = undefined;
          }
        }
        if (aligned !== site) {
          await store.jobs.align(site.name, new Map(site.jobs.map((job) => [job.name, shapeOf(job)])));
          jobs = scheduled(site.jobs);
          aligned = site;
        }
        const wake = await round(on, site, store, jobs, running);
        pause = Math.min(poll, wake);
        const current = store;
        alerting ??= tellAlerts(on, site, current).finally(() => {
          alerting = undefined;
        });
        if (isAway) on.tell.back();
        isAway = false;
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        if (!isAway) on.tell.fault(error);
        isAway = true;
      }
      await on.wait(pause);
    }
  } finally {
    for (const each of running.values()) each.stop('signal');
    await Promise.all([...running.values()].map(({ done }) => done));
    await alerting;
    if (store) {
      await store.jobs.beat(on.site().name, on.holder, 0).catch(() => undefined);
      await store.close();
    }
  }
}

/** Opens the store, frees what an earlier scheduler of this gateway held, and tells since when none ran. */
async function begin(on: Scheduling, site: Site): Promise<Store> {
  const store = await on.open(site);
  try {
    await store.jobs.free(`${on.holder.gateway} `);
    const last = await store.jobs.schedulers(site.name);
    const now = await store.jobs.now();
    const since = last[0]?.until;
    if (since !== undefined && since < now) on.tell.gap(since);
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Does all that is to be done now; gives the milliseconds until there is more. */
async function round(
  on: Scheduling,
  site: Site,
  store: Store,
  jobs: readonly Scheduled[],
  running: Map<string, Running>,
): Promise<number> {
  await store.jobs.beat(site.name, on.holder, beatFor);
  for (;;) {
    const now = await store.jobs.now();
    const { steps, wake } = decide(jobs, await store.jobs.memory(site.name), now);
    let isDone = true;
    for (const step of steps) {
      const job = site.jobs.find(({ name }) => name === step.job) as Job;
      if (step.do === 'stop') running.get(job.name)?.stop('window');
      else if (step.do === 'start' || step.do === 'take-up') {
        if (running.has(job.name) || running.size >= mostJobs) continue;
        if (step.do === 'take-up' && !(await isOurs(on, site, store, step))) continue;
        const claim = await store.jobs.claim(site.name, job.name, step.due, on.holder, leaseOf(site));
        if (!claim) continue;
        const may = step.do === 'start' || step.may;
        running.set(
          job.name,
          start(on, site, store, job, claim, may, () => running.delete(job.name)),
        );
        isDone = false;
      } else if (await store.jobs.note(site.name, step, shapeOf(job))) {
        if (step.do !== 'meet') on.tell.step(step);
        isDone = false;
      }
    }
    if (isDone || on.signal.aborted) return wake === undefined ? poll : Math.max(0, wake - now);
  }
}

/** Whether what nobody runs is for this gateway to take up: what was interrupted in order waits for the one that has its folder. */
async function isOurs(
  on: Scheduling,
  site: Site,
  store: Store,
  { job, due, may }: Extract<Step, { do: 'take-up' }>,
): Promise<boolean> {
  const found = await store.jobs.occurrence(site.name, job, due);
  if (!found) return false;
  if (found.state !== 'interrupted' || !may || found.run === undefined) return true;
  return isInReach(on.state, found.run);
}

function start(
  on: Scheduling,
  site: Site,
  store: Store,
  job: Job,
  claim: Claim,
  may: boolean,
  over: () => void,
): Running {
  const stopping = new AbortController();
  const stop = (why: StopReason) => {
    if (!stopping.signal.aborted) stopping.abort(why);
  };
  const done = (async () => {
    const lease = leaseOf(site);
    const hold = keep(claim, store, lease, () => stop('lease'));
    try {
      const { ending } = await runOccurrence({
        ...{ site, job, claim, store, may, holder: on.holder, state: on.state, reach: on.reach() },
        tell: on.tell.run(job.name),
        begun: (run) => on.tell.begun(job.name, claim.due, run, claim.attempts > 1),
        signal: stopping.signal,
      }).catch((error: unknown) => {
        if (!(error instanceof Fault)) throw error;
        on.tell.fault(error);
        return { ending: { state: 'interrupted', detail: {} } as Ending };
      });
      const isKept = await settled(on, site, store, claim, ending);
      if (isKept) on.tell.ended(job.name, claim.due, ending);
      else on.tell.taken(job.name, claim.due);
      if (isKept && ending.state !== 'interrupted') await mailResults(on, site, job, ending);
      await removeOldRuns(on, site);
    } finally {
      hold.end();
      over();
    }
  })();
  return { stop, done };
}

/** Has the store remember an end, however long that takes; false when the job was another's by then. */
async function settled(
  on: Scheduling,
  site: Site,
  store: Store,
  claim: Claim,
  ending: Ending,
): Promise<boolean> {
  let until = Number.POSITIVE_INFINITY;
  for (;;) {
    try {
      return await store.jobs.settle(site.name, claim, ending);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
    }
    if (on.signal.aborted) until = Math.min(until, performance.now() + lastPatience);
    if (performance.now() > until) return false;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
