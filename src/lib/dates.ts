import type { Day } from '../model/job.ts';
import { momentOf, wallTimeOf } from './wall-clock.ts';

const milliseconds = 86_400_000;

/** The day of so many milliseconds since 1970, counted without time zones. */
function dayAt(time: number): Day {
  return new Date(time).toISOString().slice(0, 10);
}

/** Whether a text is a day that there is: `2026-02-29` is none. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const time = Date.parse(text);
  return !Number.isNaN(time) && dayAt(time) === text;
}

/** The day so many days later. */
export function addDays(day: Day, count: number): Day {
  return dayAt(Date.parse(day) + count * milliseconds);
}

/** 1 is Monday, 7 Sunday. */
export function weekdayOf(day: Day): number {
  return new Date(Date.parse(day)).getUTCDay() || 7;
}

/** The day that a time zone's calendar shows at a moment. */
export function dayOf(at: Date, timezone: string): Day {
  const { year, month, day } = wallTimeOf(at, timezone);
  return dayAt(Date.UTC(year, month - 1, day));
}

/** The moment at which a time zone's clock shows a day and so many minutes since midnight. */
export function momentOn(day: Day, minutes: number, timezone: string): number {
  const [year = 0, month = 0, date = 0] = day.split('-').map(Number);
  return momentOf({ year, month, day: date }, minutes, timezone).getTime();
}

/** All the days from one to another. */
export function daysBetween(first: Day, last: Day): readonly Day[] {
  const count = Math.round((Date.parse(last) - Date.parse(first)) / milliseconds) + 1;
  return Array.from({ length: Math.max(0, count) }, (_, n) => addDays(first, n));
}
