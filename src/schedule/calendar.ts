import { isOpen } from '../lib/calendar.ts';
import { addDays } from '../lib/dates.ts';
import type { Calendar, Day } from '../model/job.ts';

/** The longest stretch of closed days that an occurrence is moved over. */
export const longestClosure = 60;

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
