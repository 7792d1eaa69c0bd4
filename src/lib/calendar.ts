import type { Calendar, Day } from '../model/job.ts';
import { weekdayOf } from './dates.ts';
import { holidaysOf } from './holidays.ts';

/** Whether one works on a day. */
export function isOpen(calendar: Calendar, day: Day): boolean {
  const { days, closed, closedYearly, holidays, open } = calendar;
  if (open.includes(day)) return true;
  if (!days.includes(weekdayOf(day)) || closed.includes(day) || closedYearly.includes(day.slice(5)))
    return false;
  return !holidays.some((list) => holidaysOf(list, Number(day.slice(0, 4))).has(day));
}
