import { expect, test } from 'vitest';
import { parseWindow, shownOf, type WrittenWindow, windowIn } from './windows.ts';

const paris = 'Europe/Paris';
const told = (text: string, timezone = paris) => {
  const window = parseWindow(text);
  if ('wrong' in window) return window.wrong;
  const { from, to } = windowIn(window, timezone);
  return `${from.toISOString().slice(0, 16)} ${to.toISOString().slice(0, 16)}`;
};

test.each([
  ['2026-12-01 08:00 for 4h', '2026-12-01T07:00 2026-12-01T11:00'],
  ['2026-12-01 08:00 for 4 h', '2026-12-01T07:00 2026-12-01T11:00'],
  ['2026-12-01 8h pendant 90m', '2026-12-01T07:00 2026-12-01T08:30'],
  ['2026-07-01 08:00-12:00', '2026-07-01T06:00 2026-07-01T10:00'],
  ['2026-12-01 08:00 - 24:00', '2026-12-01T07:00 2026-12-01T23:00'],
  ['2026-12-01 20:00 to 2026-12-02 06:00', '2026-12-01T19:00 2026-12-02T05:00'],
  ['2026-12-01 20:00 au 2026-12-02 6h', '2026-12-01T19:00 2026-12-02T05:00'],
  ['2026-12-24', '2026-12-23T23:00 2026-12-24T23:00'],
  ['2026-12-24..2026-12-26', '2026-12-23T23:00 2026-12-26T23:00'],
  // The night of 25 October has 25 hours, that of 29 March 23: a length is a length, and a time is what the clock shows.
  ['2026-10-24 22:00 for 8h', '2026-10-24T20:00 2026-10-25T04:00'],
  ['2026-10-24 22:00 to 2026-10-25 06:00', '2026-10-24T20:00 2026-10-25T05:00'],
  ['2026-03-28 22:00 to 2026-03-29 06:00', '2026-03-28T21:00 2026-03-29T04:00'],
  ['2026-02-30 08:00 for 4h', 'day'],
  ['2026-2-1 08:00 for 4h', 'day'],
  ['2026-12-01 25:00 for 4h', 'time'],
  ['2026-12-01 24:00 for 4h', 'time'],
  ['2026-12-01 08:00 for 0h', 'length'],
  ['2026-12-01 08:00 for ever', 'length'],
  ['2026-12-01 08:00-08:00', 'length'],
  ['2026-12-26..2026-12-24', 'length'],
  ['2026-12-01 08:00', 'form'],
  ['2026-12-01 08:00 for', 'form'],
])('%s', (text, expected) => expect(told(text)).toBe(expected));

test('another clock, another moment', () => {
  expect(told('2026-12-01 08:00 for 4h', 'Indian/Reunion')).toBe('2026-12-01T04:00 2026-12-01T08:00');
});

test.each([
  ['2026-03-29 02:30 for 1h', 'never'],
  ['2026-10-25 02:30 for 1h', 'twice'],
  ['2026-10-25 04:30 for 1h', 'once'],
])('%s begins %s', (text, often) => expect(shownOf(parseWindow(text) as WrittenWindow, paris)).toBe(often));
