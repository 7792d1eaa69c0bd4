import { describe, expect, test } from 'vitest';
import { parseHours } from '../lib/hours.ts';
import type { JobRules } from '../model/job.ts';
import { decide, type Step, scheduled } from './decide.ts';
import type { JobMemory, Memory, Unsettled } from './memory.ts';
import { rules, utc } from './testing.ts';

const night = parseHours('02:00-05:00') as NonNullable<ReturnType<typeof parseHours>>;
/** 02:30 in Paris, on the 25th. */
const due = utc('2026-11-25 01:30');
const day = 86_400_000;
const minutes = 60_000;

const memory = (more: Partial<JobMemory> = {}): JobMemory => ({
  ...{ looked: due - day, lastDue: due - day, paused: false, unsettled: [] },
  ...more,
});
const unsettled = (state: Unsettled['state'], more: Partial<Unsettled> = {}): Unsettled => ({
  ...{ due, state, late: false, leaseOver: false },
  ...(state === 'running' ? { started: due } : {}),
  ...more,
});
const waits = { looked: due, lastDue: due, unsettled: [unsettled('waiting')] };
const runs = { looked: due, lastDue: due, lastStarted: due, unsettled: [unsettled('running')] };

const decided = (jobs: readonly JobRules[], known: Record<string, JobMemory>, now: number) =>
  decide(scheduled(jobs), new Map(Object.entries(known)) as Memory, now);
/** What is done of a job at a moment, with what is remembered of it. */
const steps = (more: Partial<JobRules>, known: Partial<JobMemory>, now: number): readonly Step[] =>
  decided([rules('a', '30 2 * * *', more)], { a: memory(known) }, now).steps;

describe('one job', () => {
  test('that nobody has looked at yet runs nothing of the past', () => {
    expect(decided([rules('a', '* * * * *')], {}, due)).toMatchObject({ steps: [{ do: 'meet', job: 'a' }] });
  });
  test('is not due before its time, and one looks again then', () => {
    const { steps, wake } = decided([rules('a', '30 2 * * *')], { a: memory() }, due - 1);
    expect([steps, wake]).toEqual([[], due]);
  });
  test('waits from its time on, and starts', () => {
    expect(steps({}, {}, due)).toEqual([{ do: 'await', job: 'a', due, covers: 1 }]);
    expect(steps({}, waits, due)).toEqual([{ do: 'start', job: 'a', due }]);
    expect(steps({}, runs, due + 1)).toEqual([]);
  });
  test('whose time came while its last run goes on: dropped, or after it', () => {
    const known = {
      ...runs,
      lastDue: due - day,
      looked: due - day,
      unsettled: [unsettled('running', { due: due - day })],
    };
    expect(steps({}, known, due)).toEqual([{ do: 'skip', job: 'a', due, why: 'overlap' }]);
    expect(steps({ overlap: 'wait' }, known, due)).toEqual([{ do: 'await', job: 'a', due, covers: 1 }]);
    const both = { ...known, looked: due, unsettled: [...known.unsettled, unsettled('waiting')] };
    const { steps: none, holds } = decided([rules('a', '30 2 * * *')], { a: memory(both) }, due);
    expect([none, holds.get('a')]).toEqual([[], { is: 'overlap' }]);
  });
  test('that is paused is due no more, and what waits is dropped', () => {
    expect(steps({}, { paused: true }, due)).toEqual([]);
    expect(steps({}, { ...waits, paused: true }, due)).toEqual([
      { do: 'skip', job: 'a', due, why: 'paused' },
    ]);
  });
});

describe('while no scheduler ran', () => {
  const later = due + 3 * day + 60 * minutes;
  test('once, for all the times that were missed', () => {
    expect(steps({}, {}, later)).toEqual([{ do: 'await', job: 'a', due: due + 3 * day, covers: 4 }]);
  });
  test('or not at all', () => {
    expect(steps({ missed: 'skip' }, {}, later)).toEqual([
      { do: 'miss', job: 'a', due: due + 3 * day, count: 4 },
    ]);
    // A scheduler that takes over is not late; what was due before that is missed.
    expect(steps({ missed: 'skip' }, {}, due + 3 * day + minutes)).toEqual([
      { do: 'miss', job: 'a', due: due + 2 * day, count: 3 },
      { do: 'await', job: 'a', due: due + 3 * day, covers: 1 },
    ]);
  });
  test('never outside its window', () => {
    expect(steps({ window: night }, {}, utc('2026-11-25 03:59'))).toMatchObject([{ do: 'await', due }]);
    expect(steps({ window: night }, {}, utc('2026-11-25 04:00'))).toEqual([
      { do: 'miss', job: 'a', due, count: 1 },
    ]);
  });
  test('what waited for its start is given up for its next time', () => {
    expect(steps({}, waits, due + day)).toMatchObject([
      { do: 'give-up', due },
      { do: 'await', due: due + day },
    ]);
  });
});

describe('after others', () => {
  const ok = (at: number) => ({ looked: at, lastDue: at, lastOk: { due: at, ended: at + minutes } });
  const hour = 60 * minutes;
  const jobs = [
    rules('a', '30 1 * * *'),
    rules('b', '0 2 * * *'),
    rules('c', '30 2 * * *', { after: ['a', 'b'] }),
  ];
  const [dueA, dueB] = [due - hour, due - hour / 2];
  const known = (more: Partial<Record<'a' | 'b' | 'c', Partial<JobMemory>>>) => ({
    a: memory({ ...ok(dueA), ...more.a }),
    b: memory({ ...ok(dueB), ...more.b }),
    c: memory({ ...waits, ...more.c }),
  });
  const hold = (more: Parameters<typeof known>[0], now = due) => {
    const { steps, holds } = decided(jobs, known(more), now);
    return holds.get('c') ?? steps.map((step) => `${step.do} ${step.job}`);
  };

  test('starts when all have succeeded', () => {
    expect(hold({})).toEqual(['start c']);
  });
  test('waits for one that runs, that failed at its last time, or that is due now', () => {
    const b = { is: 'after', jobs: ['b'] };
    const yesterday = { due: dueB - day, ended: dueB - day + minutes };
    expect(hold({ b: { lastOk: yesterday } })).toEqual(b);
    expect(hold({ b: { unsettled: [unsettled('running', { due: dueB + 1 })] } })).toEqual(b);
    expect(hold({ b: { lastOk: yesterday, looked: dueB - day, lastDue: dueB - day } })).toEqual(b);
    expect(hold({ a: { paused: true, lastOk: { due: 0, ended: 0 } } })).toEqual({ is: 'after', jobs: ['a'] });
  });
  test('a success is used once', () => {
    // Started by hand since.
    expect(hold({ c: { lastStarted: dueB + 2 * minutes } })).toEqual({ is: 'after', jobs: ['a', 'b'] });
    expect(hold({ c: { lastStarted: dueA + 2 * minutes } })).toEqual({ is: 'after', jobs: ['a'] });
  });
  test('a success by hand after the failure will do', () => {
    expect(hold({ b: { lastOk: { due: dueB + 5 * minutes, ended: due } } })).toEqual(['start c']);
  });
  test('gives up at its next time, and says what it waited for', () => {
    const { steps } = decided(
      jobs,
      known({ b: { ...ok(dueB + day), lastOk: { due: 0, ended: 1 } }, a: ok(dueA + day) }),
      due + day,
    );
    expect(steps[0]).toEqual({ do: 'give-up', job: 'c', due, why: { is: 'after', jobs: ['b'] } });
  });
  test('without a schedule of its own, it is due when the last of them has succeeded', () => {
    const chain = [jobs[0] as JobRules, jobs[1] as JobRules, rules('c', '', { after: ['a', 'b'] })];
    const at = (more: Partial<JobMemory>, now = due) =>
      decided(chain, { ...known({}), c: memory({ lastDue: 0, looked: due - day, ...more }) }, now).steps;
    expect(at({})).toEqual([{ do: 'await', job: 'c', due: dueB + minutes, covers: 1 }]);
    expect(at({ lastStarted: dueB + minutes })).toEqual([]);
    expect(at({ looked: due })).toEqual([]);
  });
});

describe('windows, lateness and what nobody runs any more', () => {
  const end = utc('2026-11-25 04:00');
  test('never starts after the window, though it waited', () => {
    const known = { a: memory({ lastOk: { due: 0, ended: 1 } }), b: memory(waits) };
    const jobs = [rules('a', '0 1 * * *'), rules('b', '30 2 * * *', { after: ['a'], window: night })];
    const at = (now: number) => decided(jobs, known, now);
    expect(at(end - 1).wake).toBe(end);
    expect(at(end).steps.at(-1)).toMatchObject({ do: 'give-up', job: 'b' });
  });
  test('what still runs at the end goes on, or is stopped', () => {
    expect(steps({ window: night }, runs, end)).toEqual([]);
    expect(steps({ window: night, stopsAtEnd: true }, runs, end - 1)).toEqual([]);
    expect(steps({ window: night, stopsAtEnd: true }, runs, end)).toEqual([{ do: 'stop', job: 'a', due }]);
  });
  test('late is told once, of what runs and of what waits', () => {
    const lateAfter = 30 * minutes;
    expect(steps({ lateAfter }, runs, due + lateAfter - 1)).toEqual([]);
    expect(steps({ lateAfter }, runs, due + lateAfter)).toEqual([{ do: 'late', job: 'a', due }]);
    const told = { ...runs, unsettled: [unsettled('running', { late: true })] };
    expect(steps({ lateAfter }, told, due + lateAfter + 1)).toEqual([]);
  });
  test('a run whose gateway is gone goes on, where it may', () => {
    const gone = { ...runs, unsettled: [unsettled('running', { leaseOver: true })] };
    expect(steps({}, gone, due + minutes)).toEqual([{ do: 'take-up', job: 'a', due, may: true }]);
    expect(steps({ window: night }, gone, end)).toEqual([{ do: 'take-up', job: 'a', due, may: false }]);
  });
});
