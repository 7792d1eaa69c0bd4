import { isWithin, nextChange } from '../lib/hours.ts';
import type { JobRules } from '../model/job.ts';
import { type Dues, duesOf } from './dues.ts';
import type { JobMemory, Memory, Unsettled } from './memory.ts';

/** What is to be done now. Moments are milliseconds since 1970. */
export type Step = { readonly job: string } & (
  | { readonly do: 'meet' }
  /** It is due: it waits until it can start. `covers` counts the times it was due, of which the last is meant. */
  | { readonly do: 'await'; readonly due: number; readonly covers: number }
  | { readonly do: 'start'; readonly due: number }
  /** Its time, so many times, came while no scheduler ran. */
  | { readonly do: 'miss'; readonly due: number; readonly count: number }
  | { readonly do: 'skip'; readonly due: number; readonly why: 'overlap' | 'paused' }
  /** It cannot start any more. */
  | { readonly do: 'give-up'; readonly due: number; readonly why: Hold }
  | { readonly do: 'late'; readonly due: number }
  /** Its window is over. */
  | { readonly do: 'stop'; readonly due: number }
  /** Nobody runs it any more: it goes on here, where it `may` still start. */
  | { readonly do: 'take-up'; readonly due: number; readonly may: boolean }
);

/** Why an occurrence does not start yet. */
export type Hold =
  | { readonly is: 'overlap' }
  | { readonly is: 'window' }
  /** Jobs that have not succeeded. */
  | { readonly is: 'after'; readonly jobs: readonly string[] };

/** A job with its moments, which are looked for once. */
export interface Scheduled {
  readonly rules: JobRules;
  readonly dues: Dues;
}

/** What is to be done, why what waits does, and when to look again at the latest. */
export interface Decision {
  readonly steps: readonly Step[];
  readonly holds: ReadonlyMap<string, Hold>;
  readonly wake: number | undefined;
}

/** How long after its time an occurrence is seen by a scheduler that runs, at the most: one that takes over included. */
export const grace = 5 * 60_000;

/** Jobs as `decide` takes them. */
export function scheduled(jobs: readonly JobRules[]): readonly Scheduled[] {
  return jobs.map((rules) => ({ rules, dues: duesOf(rules) }));
}

/**
 * What is to be done at a moment, with what is remembered: the daemon does it, and the simulation pretends to. An occurrence
 * that is due waits until the jobs it comes after have succeeded, its own last run is over and its window open; it is given up when its
 * window ends or its next time comes. Every step makes the next decision see it done.
 */
export function decide(jobs: readonly Scheduled[], memory: Memory, now: number): Decision {
  const steps: Step[] = [];
  const holds = new Map<string, Hold>();
  const wakes: (number | undefined)[] = [];
  // First all that is due: whoever waits for a job must see that this one is due too.
  const seen = new Map(jobs.map((job) => [job.rules.name, noticed(job, memory, now, steps)]));
  for (const job of jobs) {
    const { rules, dues } = job;
    const { name } = rules;
    const known = seen.get(name) as JobMemory;
    if (!known.paused) wakes.push(dues.after(known.looked));
    const triggered = known.paused ? undefined : trigger(rules, known, seen);
    if (triggered !== undefined) steps.push({ do: 'await', job: name, due: triggered, covers: 1 });
    for (const each of known.unsettled) {
      const { due, state } = each;
      if (state === 'waiting') {
        const hold = holdOf(rules, known, seen, now);
        if (known.paused) steps.push({ do: 'skip', job: name, due, why: 'paused' });
        else if (now >= dues.latestStart(due))
          steps.push({ do: 'give-up', job: name, due, why: hold ?? { is: 'window' } });
        else if (hold) {
          holds.set(name, hold);
          wakes.push(dues.latestStart(due), openingOf(rules, now));
          late(rules, each, now, steps, wakes);
        } else steps.push({ do: 'start', job: name, due });
        continue;
      }
      if (each.leaseOver) {
        const may = !known.paused && now < dues.latestStart(due) && isOpenNow(rules, now);
        steps.push({ do: 'take-up', job: name, due, may });
        continue;
      }
      late(rules, each, now, steps, wakes);
      const end = rules.stopsAtEnd ? dues.windowEnd(each.started ?? due) : undefined;
      if (state === 'running' && end !== undefined && now >= end) steps.push({ do: 'stop', job: name, due });
      else wakes.push(end);
    }
  }
  const coming = wakes.filter(
    (wake) => wake !== undefined && wake > now && Number.isFinite(wake),
  ) as number[];
  return { steps, holds, wake: coming.length > 0 ? Math.min(...coming) : undefined };
}

/** What is remembered of a job once its times up to now have been noticed. */
function noticed({ rules, dues }: Scheduled, memory: Memory, now: number, steps: Step[]): JobMemory {
  const { name } = rules;
  const known = memory.get(name);
  if (!known) {
    steps.push({ do: 'meet', job: name });
    return { looked: now, paused: false, unsettled: [] };
  }
  if (known.paused) return known;
  const { last, count } = dues.between(known.looked, now, 2);
  const due = last.at(-1);
  if (due === undefined) return known;
  const unsettled = known.unsettled.filter(({ state }) => state !== 'waiting');
  // What still waits for its own start is too late: its next time has come.
  for (const { due: before, state } of known.unsettled)
    if (state === 'waiting') {
      const why = holdOf(rules, known, memory, now) ?? { is: 'window' };
      steps.push({ do: 'give-up', job: name, due: before, why });
    }
  const isUnseen = now - due > grace;
  const isRunning = unsettled.length > 0;
  if (isUnseen && (rules.missed === 'skip' || now >= dues.latestStart(due)))
    steps.push({ do: 'miss', job: name, due, count });
  else {
    const before = last.length > 1 ? last[0] : undefined;
    if (before !== undefined && rules.missed === 'skip')
      steps.push({ do: 'miss', job: name, due: before, count: count - 1 });
    const covers = rules.missed === 'skip' ? 1 : count;
    if (isRunning && rules.overlap === 'skip') steps.push({ do: 'skip', job: name, due, why: 'overlap' });
    else steps.push({ do: 'await', job: name, due, covers });
  }
  return { ...known, looked: due, lastDue: due, unsettled };
}

/** The moment that a job without a schedule, which follows others, is due at: when the last of them had succeeded. */
function trigger(rules: JobRules, known: JobMemory, memory: Memory): number | undefined {
  if (rules.patterns.length > 0 || rules.after.length === 0) return undefined;
  if (known.unsettled.some(({ state }) => state === 'waiting')) return undefined;
  const since = Math.max(known.looked, known.lastStarted ?? 0);
  const ends = rules.after.map((name) => {
    const other = memory.get(name);
    return other && isSettledWell(other) && (other.lastOk?.ended ?? 0) > since
      ? other.lastOk?.ended
      : undefined;
  });
  return ends.includes(undefined) ? undefined : Math.max(...(ends as number[]));
}

/** Why an occurrence does not start now; `undefined` when it can. */
function holdOf(rules: JobRules, known: JobMemory, memory: Memory, now: number): Hold | undefined {
  if (known.unsettled.some(({ state }) => state !== 'waiting')) return { is: 'overlap' };
  const jobs = rules.after.filter((name) => !hasSucceeded(memory.get(name), known));
  if (jobs.length > 0) return { is: 'after', jobs };
  return isOpenNow(rules, now) ? undefined : { is: 'window' };
}

/** Whether a job has succeeded at its latest time, and since the other was last started: each success is used once. */
function hasSucceeded(other: JobMemory | undefined, { lastStarted }: JobMemory): boolean {
  if (!other?.lastOk || !isSettledWell(other)) return false;
  return other.lastOk.ended > (lastStarted ?? 0);
}

/** Whether nothing of a job is under way, and its latest time (or a run by hand since) was a success. */
function isSettledWell({ unsettled, lastOk, lastDue }: JobMemory): boolean {
  return unsettled.length === 0 && lastOk !== undefined && lastOk.due >= (lastDue ?? 0);
}

function isOpenNow({ window, timezone }: JobRules, now: number): boolean {
  return !window || isWithin(window, new Date(now), timezone);
}

function openingOf({ window, timezone }: JobRules, now: number): number | undefined {
  return window && nextChange(window, new Date(now), timezone)?.getTime();
}

function late(
  { name, lateAfter }: JobRules,
  { due, late }: Unsettled,
  now: number,
  steps: Step[],
  wakes: (number | undefined)[],
): void {
  if (lateAfter === undefined || late) return;
  if (now >= due + lateAfter) steps.push({ do: 'late', job: name, due });
  else wakes.push(due + lateAfter);
}
