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
