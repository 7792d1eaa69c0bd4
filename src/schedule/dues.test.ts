import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isOpen } from '../lib/calendar.ts';
import { dayOf } from '../lib/dates.ts';
import { easter, holidaysOf } from '../lib/holidays.ts';
import { parseHours } from '../lib/hours.ts';
import type { Calendar, JobRules } from '../model/job.ts';
import { duesOf } from './dues.ts';
import { rules, utc, written } from './testing.ts';

const open: Calendar = {
  ...{ name: 'ouvres', days: [1, 2, 3, 4, 5], holidays: ['fr-holidays'] },
  ...{ closed: ['2026-12-24'], closedYearly: [], open: ['2026-12-26'] },
};
const hours = (text: string) => parseHours(text) as NonNullable<ReturnType<typeof parseHours>>;

/** The next moments of a job, in UTC. */
function next(at: string, from: string, count: number, more: Partial<JobRules> = {}) {
  const dues = duesOf(rules('job', at, more));
  const found: (string | undefined)[] = [];
  for (let moment: number | undefined = utc(from); found.length < count && moment !== undefined; ) {
    moment = dues.after(moment);
    found.push(written(moment));
  }
  return found;
}

describe('nights on which the clock changes (Paris)', () => {
  test('a time that is skipped is run once, right after', () => {
    const wanted = ['2026-03-28 01:30', '2026-03-29 01:00', '2026-03-30 00:30'];
    expect(next('30 2 * * *', '2026-03-28 00:00', 3)).toEqual(wanted);
  });
  test('a time that is shown twice is run once', () => {
    const wanted = ['2026-10-24 00:30', '2026-10-25 00:30', '2026-10-26 01:30'];
    expect(next('30 2 * * *', '2026-10-24 00:00', 3)).toEqual(wanted);
    expect(next('0,30 2 * * *', '2026-10-25 00:00', 3)).toEqual([
      ...['2026-10-25 00:30', '2026-10-26 01:00', '2026-10-26 01:30'],
    ]);
  });
  test('what recurs follows the time that passes: 100 quarters of an hour in the long day, 92 in the short', () => {
    const quarters = duesOf(rules('job', '*/15 * * * *'));
    const count = (from: string, to: string) => quarters.between(utc(from) - 1, utc(to) - 1, 1).count;
    expect(count('2026-10-24 22:00', '2026-10-25 23:00')).toBe(100);
    expect(count('2026-03-28 23:00', '2026-03-29 22:00')).toBe(92);
    expect(count('2026-11-24 23:00', '2026-11-25 23:00')).toBe(96);
  });
  test('a time is that of the zone of the job', () => {
    expect(next('0 6 * * *', '2026-07-01 00:00', 1, { timezone: 'America/Montreal' })).toEqual([
      '2026-07-01 10:00',
    ]);
  });
});

describe('the ends of months', () => {
  test('the last day', () => {
    expect(next('0 22 L * *', '2028-01-31 22:00', 3)).toEqual([
      ...['2028-02-29 21:00', '2028-03-31 20:00', '2028-04-30 20:00'],
    ]);
  });
  test('a day that few months have, and one that none has', () => {
    expect(next('0 12 31 * *', '2026-01-31 12:00', 2)).toEqual(['2026-03-31 10:00', '2026-05-31 10:00']);
    expect(next('0 12 29 2 *', '2026-01-01 00:00', 1)).toEqual(['2028-02-29 11:00']);
    expect(next('0 12 30 2 *', '2026-01-01 00:00', 1)).toEqual([undefined]);
  });
});

describe('business calendars', () => {
  test('Easter, by dates that are known', () => {
    const known = ['2000-04-23', '2019-04-21', '2024-03-31', '2025-04-20', '2026-04-05', '2038-04-25'];
    expect(known.map((day) => easter(Number(day.slice(0, 4))))).toEqual(known);
    // The earliest and the latest there are.
    expect([easter(1818), easter(1943)]).toEqual(['1818-03-22', '1943-04-25']);
  });
  test('the French holidays of 2026', () => {
    expect([...holidaysOf('fr-holidays', 2026)].sort()).toEqual([
      ...['2026-01-01', '2026-04-06', '2026-05-01', '2026-05-08', '2026-05-14', '2026-05-25', '2026-07-14'],
      ...['2026-08-15', '2026-11-01', '2026-11-11', '2026-12-25'],
    ]);
    expect(holidaysOf('fr-alsace-moselle-holidays', 2026)).toContain('2026-04-03');
  });
  test('closed days are left out, and exceptions count', () => {
    expect(next('0 12 * * *', '2026-12-23 00:00', 4, { calendar: open })).toEqual([
      ...['2026-12-23 11:00', '2026-12-26 11:00', '2026-12-28 11:00', '2026-12-29 11:00'],
    ]);
  });
  test('or what falls on them moves to the open day before, or after: once where it is due there too', () => {
    const before = { calendar: open, outside: 'before' } as const;
    const after = { calendar: open, outside: 'after' } as const;
    // 15 August 2026 is a Saturday, 1 May a Friday.
    expect(next('0 12 15 8 *', '2026-08-01 00:00', 1, before)).toEqual(['2026-08-14 10:00']);
    expect(next('0 12 15 8 *', '2026-08-01 00:00', 1, after)).toEqual(['2026-08-17 10:00']);
    expect(next('0 12 * * *', '2026-04-30 00:00', 3, after)).toEqual([
      ...['2026-04-30 10:00', '2026-05-04 10:00', '2026-05-05 10:00'],
    ]);
    expect(next('0 22 L * *', '2026-01-01 00:00', 2, before)).toEqual([
      ...['2026-01-30 21:00', '2026-02-27 21:00'],
    ]);
    // At the same time by the clock, also over the change of it: Saturday 24 to Monday 26 October.
    expect(next('0 12 24 10 *', '2026-10-01 00:00', 1, after)).toEqual(['2026-10-26 11:00']);
    // From the long day itself, a Sunday, to the Friday before.
    expect(next('15 23 31 10 *', '2027-10-01 00:00', 1, before)).toEqual(['2027-10-29 21:15']);
  });
  test('nothing is ever due on a closed day (any schedule)', () => {
    const outside = fc.constantFrom('skip', 'before', 'after');
    const pattern = fc.constantFrom(
      '30 2 * * *',
      '0 */6 * * *',
      '0 8 1,15 * *',
      '15 23 L * *',
      '0 9 * * 6,7',
    );
    fc.assert(
      fc.property(outside, pattern, fc.integer({ min: 0, max: 3650 }), (outside, at, day) => {
        const dues = duesOf(rules('job', at, { calendar: open, outside }));
        let moment: number | undefined = utc('2024-01-01 00:00') + day * 86_400_000;
        for (let n = 0; n < 5; n++) {
          const found: number | undefined = moment === undefined ? undefined : dues.after(moment);
          if (found === undefined) return;
          expect(found).toBeGreaterThan(moment as number);
          expect(isOpen(open, dayOf(new Date(found), 'Europe/Paris'))).toBe(true);
          moment = found;
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('windows', () => {
  const night = { window: hours('22:00-05:00') };
  test('what is outside is not due; past midnight is inside', () => {
    expect(next('0 */3 * * *', '2026-11-25 12:00', 4, night)).toEqual([
      ...['2026-11-25 23:00', '2026-11-26 02:00', '2026-11-26 23:00', '2026-11-27 02:00'],
    ]);
  });
  test('the latest start is the end of the window, or the next time', () => {
    const dues = duesOf(rules('job', '30 2 * * *', night));
    expect(written(dues.latestStart(utc('2026-11-26 01:30')))).toBe('2026-11-26 04:00');
    expect(written(duesOf(rules('job', '30 2 * * *')).latestStart(utc('2026-11-26 01:30')))).toBe(
      '2026-11-27 01:30',
    );
  });
  test('a window that the schedule never meets', () => {
    expect(next('30 6 * * *', '2026-01-01 00:00', 1, night)).toEqual([undefined]);
  });
});

test('the next of moments between: how many, and the last', () => {
  const dues = duesOf(rules('job', '*/5 * * * *'));
  const { last, count } = dues.between(utc('2026-01-01 00:00'), utc('2026-01-08 00:00'), 2);
  expect([count, last.map(written)]).toEqual([2016, ['2026-01-07 23:55', '2026-01-08 00:00']]);
});
