import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { WeeklyHours } from '../model/hours.ts';
import { isWithin, nextChange, parseHours } from './hours.ts';
import { momentOf, wallTimeOf } from './wall-clock.ts';

const paris = 'Europe/Paris';
const hours = (text: string) => parseHours(text) as WeeklyHours;

test.each([
  ['Mon-Fri 07:00-20:00', [{ days: [1, 2, 3, 4, 5], from: 420, to: 1200 }]],
  ['lun-ven 7h-20h30', [{ days: [1, 2, 3, 4, 5], from: 420, to: 1230 }]],
  ['Sat, Sun 10:00-12:00', [{ days: [6, 7], from: 600, to: 720 }]],
  ['sam-lun', [{ days: [1, 6, 7], from: 0, to: 1440 }]],
  ['22:00-06:00', [{ days: [1, 2, 3, 4, 5, 6, 7], from: 1320, to: 360 }]],
  ['18:00-00:00', [{ days: [1, 2, 3, 4, 5, 6, 7], from: 1080, to: 1440 }]],
  [
    'Mon 08:00-12:00; Tue 14:00-18:00',
    [
      { days: [1], from: 480, to: 720 },
      { days: [2], from: 840, to: 1080 },
    ],
  ],
  ['', undefined],
  ['Mon-Fri 07:00', undefined],
  ['Mon-Fri 20:00-20:00', undefined],
  ['Mon-Fri 07:60-20:00', undefined],
  ['Mon-Fri 24:00-25:00', undefined],
  ['Mon-Foo 07:00-20:00', undefined],
  ['Mon--Fri', undefined],
  ['Mon-Fri 07:00-20:00 12:00-13:00', undefined],
])('hours %s', (text, value) => expect(parseHours(text)).toEqual(value));

describe('in the hours', () => {
  test.each([
    // A Friday: 06:59, 07:00, 19:59 and 20:00 in Paris, in winter.
    ['Mon-Fri 07:00-20:00', '2026-11-27T05:59:00Z', false],
    ['Mon-Fri 07:00-20:00', '2026-11-27T06:00:00Z', true],
    ['Mon-Fri 07:00-20:00', '2026-11-27T18:59:59Z', true],
    ['Mon-Fri 07:00-20:00', '2026-11-27T19:00:00Z', false],
    ['Mon-Fri 07:00-20:00', '2026-11-28T12:00:00Z', false],
    // In summer an hour earlier.
    ['Mon-Fri 07:00-20:00', '2026-07-03T05:00:00Z', true],
    // Past midnight: Saturday belongs to Friday night, Sunday to nobody.
    ['Fri 22:00-06:00', '2026-11-28T04:59:00Z', true],
    ['Fri 22:00-06:00', '2026-11-28T05:00:00Z', false],
    ['Fri 22:00-06:00', '2026-11-29T04:00:00Z', false],
  ])('%s at %s: %s', (text, at, expected) =>
    expect(isWithin(hours(text), new Date(at), paris)).toBe(expected),
  );

  test('they change when the wall clock says so, also where it skips or repeats an hour', () => {
    const next = (text: string, at: string) =>
      nextChange(hours(text), new Date(at), paris)?.toISOString().slice(0, 16);
    expect(next('Mon-Fri 07:00-20:00', '2026-11-27T12:00:00Z')).toBe('2026-11-27T19:00');
    expect(next('Mon-Fri 07:00-20:00', '2026-11-27T19:00:00Z')).toBe('2026-11-30T06:00');
    // The night of 29 March 2026 has no 02:30: the hours begin at the skip. That of 25 October has two of them.
    expect(next('02:30-04:00', '2026-03-28T23:00:00Z')).toBe('2026-03-29T01:00');
    expect(next('02:30-04:00', '2026-10-24T22:00:00Z')).toBe('2026-10-25T00:30');
    expect(nextChange(hours('Mon-Sun'), new Date(), paris)).toBeUndefined();
    // 02:30 comes twice, and the hours do not stop in between; nor do they where the clock skips what lies between.
    expect(next('02:30-04:00', '2026-10-25T00:45:00Z')).toBe('2026-10-25T03:00');
    expect(next('01:00-02:00; 03:00-04:00', '2026-03-29T00:30:00Z')).toBe('2026-03-29T02:00');
    // What lies wholly in the skip is not there.
    expect(next('02:10-02:50', '2026-03-28T22:00:00Z')).toBe('2026-03-30T00:10');
  });

  test('on closed days there are none, and what began on an open one goes on past midnight', () => {
    const holiday = (day: string) => day !== '2026-12-25';
    const within = (text: string, at: string) => isWithin(hours(text), new Date(at), paris, holiday);
    expect(within('Mon-Fri 08:00-18:00', '2026-12-24T12:00:00Z')).toBe(true);
    expect(within('Mon-Fri 08:00-18:00', '2026-12-25T12:00:00Z')).toBe(false);
    expect(within('22:00-06:00', '2026-12-25T04:00:00Z')).toBe(true);
    expect(within('22:00-06:00', '2026-12-25T22:00:00Z')).toBe(false);
    expect(within('22:00-06:00', '2026-12-26T04:00:00Z')).toBe(false);
    expect(
      nextChange(hours('Mon-Fri'), new Date('2026-12-24T12:00:00Z'), paris, holiday)?.toISOString(),
    ).toBe('2026-12-24T23:00:00.000Z');
    expect(nextChange(hours('Mon-Fri'), new Date(), paris, () => false)).toBeUndefined();
  });

  test('nothing changes before the next change, and it does then', () => {
    const rule = fc.record({
      days: fc.subarray([1, 2, 3, 4, 5, 6, 7], { minLength: 1 }),
      from: fc.integer({ min: 0, max: 95 }).map((quarter) => quarter * 15),
      to: fc.integer({ min: 1, max: 96 }).map((quarter) => quarter * 15),
    });
    const sane = fc.array(
      rule.filter(({ from, to }) => from !== to),
      { minLength: 1, maxLength: 3 },
    );
    // Around the two changes of the clock of 2026.
    const start = fc.oneof(
      fc.integer({ min: Date.UTC(2026, 2, 26), max: Date.UTC(2026, 3, 1) }),
      fc.integer({ min: Date.UTC(2026, 9, 22), max: Date.UTC(2026, 9, 28) }),
    );
    fc.assert(
      fc.property(sane, start, fc.double({ min: 0, max: 0.999, noNaN: true }), (some, at, part) => {
        const next = nextChange(some, new Date(at), paris);
        const now = isWithin(some, new Date(at), paris);
        const end = next?.getTime() ?? at + 30 * 86_400_000;
        expect(isWithin(some, new Date(Math.floor(at + (end - at) * part)), paris)).toBe(now);
        if (next) expect(isWithin(some, next, paris)).toBe(!now);
      }),
      { numRuns: 300 },
    );
  });
});

test('a moment and its wall time are one another, wherever the clock shows it once', () => {
  const moments = fc.date({ min: new Date('2020-01-01'), max: new Date('2035-01-01'), noInvalidDate: true });
  const zones = fc.constantFrom(paris, 'UTC', 'America/St_Johns', 'Australia/Lord_Howe', 'Asia/Kolkata');
  fc.assert(
    fc.property(moments, zones, (moment, zone) => {
      const minute = new Date(Math.floor(moment.getTime() / 60_000) * 60_000);
      const wall = wallTimeOf(minute, zone);
      const back = momentOf(wall, wall.minutes, zone);
      expect(wallTimeOf(back, zone)).toEqual(wall);
      expect(back.getTime()).toBeLessThanOrEqual(minute.getTime());
    }),
  );
});
