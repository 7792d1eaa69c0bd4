import type { Calendar, Day } from '../model/job.ts';
import { addDays, weekdayOf } from './dates.ts';
import { holidaysOf } from './holidays.ts';

/** The longest stretch of closed days that an occurrence is moved over. */
export const longestClosure = 60;

/** Whether one works on a day. */
export function isOpen(calendar: Calendar, day: Day): boolean {
  const { days, closed, closedYearly, holidays, open } = calendar;
  if (open.includes(day)) return true;
  if (!days.includes(weekdayOf(day)) || closed.includes(day) || closedYearly.includes(day.slice(5)))
    return false;
  return !holidays.some((list) => holidaysOf(list, Number(day.slice(0, 4))).has(day));
}

/** The closed days that touch an open one, on the side from which occurrences move to it. */
export function closedBeside(calendar: Calendar, day: Day, side: 'before' | 'after'): readonly Day[] {
  const step = side === 'before' ? -1 : 1;
  const found: Day[] = [];
  for (let at = addDays(day, step); !isOpen(calendar, at); at = addDays(at, step)) {
    found.push(at);
    // No open day within reach: what lies there is moved nowhere.
    if (found.length > longestClosure) return [];
  }
  return found;
}
