import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseHours } from '../lib/hours.ts';
import type { JobRules } from '../model/job.ts';
import { decide, type Scheduled, scheduled } from './decide.ts';
import type { JobMemory, Memory } from './memory.ts';
import { done, simulate } from './simulate.ts';
import { rules, utc, written } from './testing.ts';

const minutes = 60_000;
const hours = (text: string) => parseHours(text) as NonNullable<ReturnType<typeof parseHours>>;
const fresh = (jobs: readonly Scheduled[], looked: number): Memory =>
  new Map(jobs.map(({ rules }) => [rules.name, { looked, paused: false, unsettled: [] }]));

function foreseen(some: readonly JobRules[], from: string, until: string, took: Record<string, number> = {}) {
  const jobs = scheduled(some);
  const [begin, end] = [utc(from), utc(until)];
  const duration = (job: string) => (took[job] ?? 1) * minutes;
  return simulate(jobs, fresh(jobs, begin), { from: begin, until: end, duration }).map(
    ({ job, start, why }) => `${job} ${start === undefined ? (why?.is ?? 'waits') : written(start)}`,
  );
}

test('a night with a backup, an export and what comes after both', () => {
  const jobs = [
    rules('backup', '0 1 * * *'),
    rules('export', '30 1 * * *'),
    rules('collect', '0 2 * * *', { after: ['backup', 'export'], window: hours('02:00-05:00') }),
    rules('report', '', { after: ['collect'] }),
  ];
  expect(foreseen(jobs, '2026-11-25 12:00', '2026-11-26 12:00', { backup: 90, export: 20 })).toEqual([
    ...[
      'backup 2026-11-26 00:00',
      'export 2026-11-26 00:30',
      'collect 2026-11-26 01:30',
      'report 2026-11-26 01:31',
    ],
  ]);
  // The backup takes longer than the window is open.
  expect(foreseen(jobs, '2026-11-25 12:00', '2026-11-26 12:00', { backup: 300 })).toEqual([
    ...['backup 2026-11-26 00:00', 'export 2026-11-26 00:30', 'collect after'],
  ]);
});

test('what takes longer than its interval is not run twice at once', () => {
  const at = (overlap: 'skip' | 'wait') =>
    foreseen([rules('a', '*/15 * * * *', { overlap })], '2026-11-25 11:59', '2026-11-25 12:50', { a: 20 });
  expect(at('skip')).toEqual(['a 2026-11-25 12:00', 'a skipped', 'a 2026-11-25 12:30', 'a skipped']);
  expect(at('wait')).toEqual(['a 2026-11-25 12:00', 'a 2026-11-25 12:20', 'a 2026-11-25 12:40', 'a overlap']);
});

test('what stops at the end of its window has an end', () => {
  const jobs = scheduled([rules('a', '0 4 * * *', { window: hours('02:00-05:00'), stopsAtEnd: true })]);
  const [from, until] = [utc('2026-11-25 12:00'), utc('2026-11-26 12:00')];
  const found = simulate(jobs, fresh(jobs, from), { from, until, duration: () => 600 * minutes });
  expect(found.map(({ end }) => written(end))).toEqual(['2026-11-26 04:00']);
});

describe('the simulation over days is what a scheduler that looks at any time starts', () => {
  const window = fc.constantFrom(undefined, '22:00-06:00', 'Mon-Fri 07:00-19:00', 'Sat,Sun');
  const job = (name: string, names: readonly string[]) =>
    fc
      .record({
        at: fc.constantFrom('30 2 * * *', '0 */4 * * *', '15 6 * * 1-5', '0 22 L * *', '0 0,12 * * *', ''),
        after: fc.subarray([...names]),
        window,
        overlap: fc.constantFrom('skip' as const, 'wait' as const),
        missed: fc.constantFrom('skip' as const, 'run-once' as const),
        minutes: fc.integer({ min: 1, max: 400 }),
      })
      .map(({ at, after, window, overlap, missed, minutes }) => ({
        rules: rules(name, at, { after, overlap, missed, ...(window ? { window: hours(window) } : {}) }),
        minutes,
      }));
  const perimeter = fc.tuple(job('a', []), job('b', ['a']), job('c', ['a', 'b']), job('d', ['c']));

  test('for any jobs, also over the nights on which the clock changes', () => {
    fc.assert(
      fc.property(
        perimeter,
        fc.constantFrom('2026-03-26 10:00', '2026-10-22 10:00', '2026-12-29 10:00'),
        fc.infiniteStream(fc.integer({ min: 1, max: 8 * 60 })),
        (described, begin, ticks) => {
          const jobs = scheduled(described.map(({ rules }) => rules));
          const took = new Map(described.map(({ rules, minutes }) => [rules.name, minutes * 60_000]));
          const duration = (name: string) => took.get(name) as number;
          const from = utc(begin);
          const until = from + 4 * 86_400_000;
          const start = fresh(jobs, from);
          const wanted = simulate(jobs, start, { from, until, duration }).flatMap(({ job, start }) =>
            start === undefined ? [] : [`${job} ${written(start)}`],
          );
          expect(stepped(jobs, start, from, until, duration, ticks)).toEqual(wanted.sort());
        },
      ),
      { numRuns: 15 },
    );
  });
});

/** A scheduler that looks whenever it likes, at the moment it was told to and at each end. What it starts, sorted. */
function stepped(
  jobs: readonly Scheduled[],
  remembered: Memory,
  from: number,
  until: number,
  duration: (job: string) => number,
  ticks: Iterator<number>,
): string[] {
  const memory = new Map(remembered);
  const running = new Map<string, { due: number; end: number }>();
  const started: string[] = [];
  let at = from;
  while (at <= until) {
    for (const [job, { due, end }] of [...running])
      if (end <= at) {
        running.delete(job);
        const known = memory.get(job) as JobMemory;
        const lastOk = due >= (known.lastOk?.due ?? 0) ? { due, ended: end } : known.lastOk;
        memory.set(job, {
          ...known,
          unsettled: known.unsettled.filter((each) => each.due !== due),
          ...(lastOk ? { lastOk } : {}),
        });
      }
    const { steps, wake } = decide(jobs, memory, at);
    for (const step of steps) {
      memory.set(step.job, done(memory.get(step.job), step, at));
      if (step.do !== 'start') continue;
      expect(running.has(step.job), 'twice at once').toBe(false);
      running.set(step.job, { due: step.due, end: at + duration(step.job) });
      started.push(`${step.job} ${written(at)}`);
    }
    if (steps.length > 0) continue;
    const ends = [...running.values()].map(({ end }) => end);
    at = Math.min(at + ticks.next().value * 60_000, wake ?? Number.POSITIVE_INFINITY, ...ends);
  }
  return started.sort();
}
