import { expect, test } from 'vitest';
import { parseDaysFile, parseDaysWord } from './days.ts';

test('days as people write them', () => {
  expect(parseDaysWord('2026-12-24')).toEqual({ days: ['2026-12-24'], yearly: [] });
  expect(parseDaysWord('2026-12-30..2027-01-02')?.days).toEqual([
    ...['2026-12-30', '2026-12-31', '2027-01-01', '2027-01-02'],
  ]);
  expect(parseDaysWord('02-29')).toEqual({ days: [], yearly: ['02-29'] });
  for (const wrong of ['2026-02-29', '2026-12-24..2026-12-23', '13-01', 'noel', '', '1..2..3'])
    expect(parseDaysWord(wrong), wrong).toBeUndefined();
});

test('a file of days, one in a line', () => {
  expect(parseDaysFile('# closed\n2026-12-24 # Christmas Eve\n\n08-15\r\n')).toEqual({
    ...{ days: ['2026-12-24'], yearly: ['08-15'] },
  });
  expect(parseDaysFile('2026-12-24\n24/12/2026\n')).toEqual({ wrong: { line: 2, text: '24/12/2026' } });
});

test('a calendar file (RFC 5545): whole days, an end that is not part of it, folded lines, every year', () => {
  const event = (...lines: string[]) => ['BEGIN:VEVENT', ...lines, 'END:VEVENT'];
  const calendar = (...lines: string[]) =>
    ['BEGIN:VCALENDAR', 'VERSION:2.0', ...lines, 'END:VCALENDAR', ''].join('\r\n');
  const events = [
    ...event('SUMMARY:Pont\r\n  de mai', 'DTSTART;VALUE=DATE:20260514', 'DTEND;VALUE=DATE:20260516'),
    ...event('DTSTART;TZID=Europe/Paris:20261224T120000'),
    ...event('DTSTART;VALUE=DATE:20200815', 'RRULE:FREQ=YEARLY'),
  ];
  expect(parseDaysFile(calendar(...events))).toEqual({
    ...{ days: ['2026-05-14', '2026-05-15', '2026-12-24'], yearly: ['08-15'] },
  });
  expect(parseDaysFile(calendar(...event('DTSTART:20261224', 'RRULE:FREQ=WEEKLY')))).toEqual({
    wrong: { line: 5, text: 'RRULE:FREQ=WEEKLY' },
  });
});
