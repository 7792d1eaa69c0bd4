import { decide, type Hold, type Scheduled, type Step } from './decide.ts';
import type { JobMemory, Memory, Unsettled } from './memory.ts';

/** What will become of an occurrence, if every run takes as long as expected and succeeds. */
export interface Foreseen {
  readonly job: string;
  readonly due: number;
  /** Absent when it will not start. */
  readonly start?: number;
  readonly end?: number;
  /** What it waits for in between, or why it will not start. */
  readonly why?: Hold | { readonly is: 'down' } | { readonly is: 'skipped' };
  /** It will be late. */
  readonly late?: true;
}

export interface Simulation {
  readonly from: number;
  readonly until: number;
  /** Milliseconds that a job is expected to run. */
  duration(job: string): number;
}

/** More steps than this are a defect, or nobody reads them. */
const mostRounds = 2_000_000;

/**
 * What will run when: `decide` alone, from one moment to look at to the next, as the daemon would be asked. What runs at
 * the beginning goes on for its expected time.
 */
export function simulate(
  jobs: readonly Scheduled[],
  remembered: Memory,
  { from, until, duration }: Simulation,
): readonly Foreseen[] {
  const memory = new Map(remembered);
  const found = new Map<string, Foreseen>();
  const key = (job: string, due: number) => `${job}\0${due}`;
  const note = (job: string, due: number, more: Partial<Foreseen>) =>
    found.set(key(job, due), { ...(found.get(key(job, due)) ?? { job, due }), ...more });
  const ends: { readonly job: string; readonly due: number; readonly at: number }[] = [];
  for (const [job, { unsettled }] of remembered)
    for (const { due, state, started = from } of unsettled)
      if (state !== 'waiting') {
        const at = Math.max(from, started + duration(job));
        ends.push({ job, due, at });
        note(job, due, { start: started, end: at });
      }
  let at = from;
  for (let round = 0; at <= until && round < mostRounds; round++) {
    for (const end of ends.filter((each) => each.at <= at)) {
      ends.splice(ends.indexOf(end), 1);
      memory.set(end.job, ended(memory.get(end.job) as JobMemory, end.due, end.at, true));
    }
    const { steps, holds, wake } = decide(jobs, memory, at);
    for (const step of steps) {
      memory.set(step.job, done(memory.get(step.job), step, at));
      if (step.do === 'start') {
        const end = at + duration(step.job);
        ends.push({ job: step.job, due: step.due, at: end });
        note(step.job, step.due, { start: at, end });
      } else if (step.do === 'await') note(step.job, step.due, {});
      else if (step.do === 'late') note(step.job, step.due, { late: true });
      else if (step.do === 'give-up') note(step.job, step.due, { why: step.why });
      else if (step.do === 'miss') note(step.job, step.due, { why: { is: 'down' } });
      else if (step.do === 'skip') note(step.job, step.due, { why: { is: 'skipped' } });
      else if (step.do === 'stop') {
        const running = ends.findIndex(({ job, due }) => job === step.job && due === step.due);
        if (running >= 0) ends.splice(running, 1);
        note(step.job, step.due, { end: at });
      }
    }
    for (const [job, hold] of holds)
      for (const { due, state } of memory.get(job)?.unsettled ?? [])
        if (state === 'waiting') note(job, due, { why: hold });
    if (steps.length > 0) continue;
    const next = Math.min(wake ?? Number.POSITIVE_INFINITY, ...ends.map((each) => each.at));
    if (next === Number.POSITIVE_INFINITY) break;
    at = next;
  }
  return [...found.values()].sort(
    (a, b) => (a.start ?? a.due) - (b.start ?? b.due) || a.job.localeCompare(b.job),
  );
}

/** What is remembered of a job after a step. */
export function done(known: JobMemory | undefined, step: Step, at: number): JobMemory {
  const memory = known ?? { looked: at, paused: false, unsettled: [] };
  const others = (due: number) => memory.unsettled.filter((each) => each.due !== due);
  const change = (due: number, to: Partial<Unsettled>): JobMemory => ({
    ...memory,
    unsettled: memory.unsettled.map((each) => (each.due === due ? { ...each, ...to } : each)),
  });
  switch (step.do) {
    case 'meet':
      return memory;
    case 'await': {
      const waiting = { due: step.due, state: 'waiting', late: false, leaseOver: false } as const;
      return followed(memory, step.due, [...memory.unsettled, waiting]);
    }
    case 'miss':
      return followed(memory, step.due, memory.unsettled);
    case 'skip':
      return followed(memory, step.due, others(step.due));
    case 'give-up':
      return { ...memory, unsettled: others(step.due) };
    case 'start':
      return { ...change(step.due, { state: 'running', started: at }), lastStarted: at };
    case 'late':
      return change(step.due, { late: true });
    case 'stop':
      return ended(memory, step.due, at, false);
    case 'take-up':
      return change(step.due, { state: 'running', leaseOver: false });
  }
}

function followed(memory: JobMemory, due: number, unsettled: readonly Unsettled[]): JobMemory {
  const looked = Math.max(memory.looked, due);
  return { ...memory, looked, lastDue: Math.max(memory.lastDue ?? due, due), unsettled };
}

function ended(memory: JobMemory, due: number, at: number, isOk: boolean): JobMemory {
  const unsettled = memory.unsettled.filter((each) => each.due !== due);
  const lastOk = isOk && due >= (memory.lastOk?.due ?? 0) ? { due, ended: at } : memory.lastOk;
  return { ...memory, unsettled, ...(lastOk ? { lastOk } : {}) };
}
