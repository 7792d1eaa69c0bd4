import { isOpen } from '../lib/calendar.ts';
import { addDays, dayOf, momentOn } from '../lib/dates.ts';
import { isWithin, nextChange } from '../lib/hours.ts';
import { wallTimeOf } from '../lib/wall-clock.ts';
import type { Day, JobTiming } from '../model/job.ts';
import { closedBeside, longestClosure } from './calendar.ts';
import { recurrenceOf } from './recurrence.ts';

/** When a job is due. Moments are milliseconds since 1970. */
export interface Dues {
  /** The first moment after this one; `undefined` when none comes within years. */
  after(moment: number): number | undefined;
  /** Moments in (from, to], the last `most` of them, and how many there are. */
  between(
    from: number,
    to: number,
    most: number,
  ): { readonly last: readonly number[]; readonly count: number };
  /** Until when what is due at a moment may start: its window's end, and no later than it is due again. */
  latestStart(due: number): number;
  /** The end of the window that a moment lies in; `undefined` without one. */
  windowEnd(moment: number): number | undefined;
}

/** How far one looks for the next moment: beyond any leap day. */
const horizonYears = 9;

/** The moments of a job: its schedule, moved or left out by its calendar, within its window. */
export function duesOf(timing: JobTiming): Dues {
  const { patterns, timezone, calendar, outside, window } = timing;
  const recurrence = recurrenceOf(patterns, timezone);
  /** Those of a closed day at the same time of an open one. */
  const moved = (from: Day, to: Day): readonly number[] =>
    // By the clock: on the day when it is put back, a quarter past eleven at night is more than a day from midnight.
    recurrence
      .on(from)
      .map((moment) => momentOn(to, wallTimeOf(new Date(moment), timezone).minutes, timezone));
  const isInside = (moment: number) => !window || isWithin(window, new Date(moment), timezone);
  const days = new Map<Day, readonly number[]>();
  const on = (day: Day): readonly number[] => {
    const known = days.get(day);
    if (known) return known;
    let found: readonly number[] = [];
    if (!calendar) found = recurrence.on(day);
    else if (isOpen(calendar, day)) {
      const side = outside === 'after' ? 'before' : 'after';
      const beside = outside === 'skip' ? [] : closedBeside(calendar, day, side);
      found = [...recurrence.on(day), ...beside.flatMap((closed) => moved(closed, day))];
    }
    const moments = [...new Set(found)].filter(isInside).sort((a, b) => a - b);
    if (days.size > 200) days.clear();
    days.set(day, moments);
    return moments;
  };
  let last: { readonly from: number; readonly next: number | undefined } | undefined;
  const after = (moment: number): number | undefined => {
    // Asked again and again until it comes.
    if (last && last.from <= moment && (last.next === undefined || moment < last.next)) return last.next;
    const next = search(moment);
    last = { from: moment, next };
    return next;
  };
  const search = (moment: number): number | undefined => {
    if (patterns.length === 0) return undefined;
    const first = dayOf(new Date(moment), timezone);
    const end = addDays(first, 366 * horizonYears);
    let day = first;
    while (day < end) {
      const found = on(day).find((each) => each > moment);
      if (found !== undefined) return found;
      const next = recurrence.nextDay(addDays(day, 1));
      if (next === undefined) {
        // What lies behind may still be moved here.
        if (outside !== 'after' || day > addDays(first, longestClosure)) return undefined;
        day = addDays(day, 1);
      } else if (!calendar || outside === 'skip') day = next;
      // What is moved lands between.
      else day = addDays(day, 1);
    }
    return undefined;
  };
  const windowEnd = remembered((moment: number) =>
    window && isInside(moment)
      ? (nextChange(window, new Date(moment), timezone)?.getTime() ?? Number.POSITIVE_INFINITY)
      : undefined,
  );
  return {
    after,
    between(from, to, most) {
      const found: number[] = [];
      let count = 0;
      for (let at = after(from); at !== undefined && at <= to; at = after(at)) {
        found.push(at);
        if (found.length > most) found.shift();
        count++;
      }
      return { last: found, count };
    },
    windowEnd,
    latestStart: remembered((due: number) =>
      Math.min(windowEnd(due) ?? Number.POSITIVE_INFINITY, search(due) ?? Number.POSITIVE_INFINITY),
    ),
  };
}

/** The same function, which computes nothing twice in a row. */
function remembered<T>(compute: (moment: number) => T): (moment: number) => T {
  const known = new Map<number, T>();
  return (moment) => {
    if (known.has(moment)) return known.get(moment) as T;
    const value = compute(moment);
    if (known.size > 100) known.clear();
    known.set(moment, value);
    return value;
  };
}
