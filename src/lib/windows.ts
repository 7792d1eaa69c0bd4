import type { Day } from '../model/job.ts';
import { addDays, isDay, momentOn } from './dates.ts';
import { parseDuration } from './duration.ts';
import { parseTime } from './hours.ts';
import { wallTimeOf } from './wall-clock.ts';

/** A time of the wall clock on a day. */
interface WallMoment {
  readonly day: Day;
  /** Since midnight. */
  readonly minutes: number;
}

/** One window as it is written, of a wall clock that is not known yet. */
export interface WrittenWindow {
  readonly from: WallMoment;
  /** A length in milliseconds, or an end on the wall clock. */
  readonly end: number | WallMoment;
}

/** What is wrong with a window. */
export type WrongWindow = 'day' | 'time' | 'length' | 'form';

/** Whether a text was meant as a window: it begins with a date. */
export const isWindowLike = (text: string): boolean => /^\s*\d{4}-\d{1,2}-\d{1,2}/.test(text);

/**
 * One window as people write it: `2026-12-01 08:00 for 4h`, `2026-12-01 08:00-12:00`, `2026-12-01 08:00 to 2026-12-02 18:00`,
 * `2026-12-24` and `2026-12-24..2026-12-26` (whole days); in English or French (`pendant`, `au`).
 */
export function parseWindow(text: string): WrittenWindow | { readonly wrong: WrongWindow } {
  const [, day = '', rest = ''] = /^\s*(\d{4}-\d{1,2}-\d{1,2})(?!\d)\s*(.*?)\s*$/s.exec(text) ?? [];
  if (!isDay(day)) return { wrong: 'day' };
  if (rest === '' || rest.startsWith('..')) {
    const last = rest === '' ? day : rest.slice(2).trim();
    if (!isDay(last)) return { wrong: 'day' };
    if (last < day) return { wrong: 'length' };
    return { from: { day, minutes: 0 }, end: { day: addDays(last, 1), minutes: 0 } };
  }
  const found =
    /^(\S+?)\s*(?:(?:for|pendant)\s+(.+)|-\s*(\S+)|(?:to|au)\s+(\d{4}-\d{1,2}-\d{1,2})\s+(\S+))$/i.exec(rest);
  if (!found) return { wrong: 'form' };
  const [, written = '', length, until, lastDay, lastTime] = found;
  const minutes = parseTime(written);
  if (minutes === undefined || minutes === 1440) return { wrong: 'time' };
  const from = { day, minutes };
  if (length !== undefined) {
    const lasts = parseDuration(length);
    return lasts === undefined || lasts < 60_000 ? { wrong: 'length' } : { from, end: lasts };
  }
  const last = lastDay ?? day;
  if (!isDay(last)) return { wrong: 'day' };
  const end = parseTime(until ?? lastTime ?? '');
  if (end === undefined) return { wrong: 'time' };
  if (last < day || (last === day && end <= minutes)) return { wrong: 'length' };
  return { from, end: { day: last, minutes: end } };
}

/** The moments from which and to which a window lasts, by the wall clock of a time zone. */
export function windowIn(
  { from, end }: WrittenWindow,
  timezone: string,
): { readonly from: Date; readonly to: Date } {
  const start = momentOn(from.day, from.minutes, timezone);
  const to = typeof end === 'number' ? start + end : momentOn(end.day, end.minutes, timezone);
  return { from: new Date(start), to: new Date(to) };
}

/** How often the wall clock of a time zone shows a window's beginning: some times are skipped in spring, and come twice in autumn. */
export function shownOf({ from }: WrittenWindow, timezone: string): 'once' | 'never' | 'twice' {
  const at = momentOn(from.day, from.minutes, timezone);
  const shows = (moment: number) => wallTimeOf(new Date(moment), timezone).minutes === from.minutes;
  if (!shows(at)) return 'never';
  // Clocks go back by half an hour, one hour or two.
  return [30, 60, 120].some((minutes) => shows(at + minutes * 60_000)) ? 'twice' : 'once';
}
