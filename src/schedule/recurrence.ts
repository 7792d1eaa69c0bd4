import { Cron, CronPattern } from 'croner';
import { addDays, dayOf, momentOn } from '../lib/dates.ts';
import type { Day } from '../model/job.ts';

/** The moments of a schedule, day by day. */
export interface Recurrence {
  /** Moments of a day, in their order. */
  on(day: Day): readonly number[];
  /** The first day from this one on that has any; `undefined` when none will come. */
  nextDay(from: Day): Day | undefined;
}

/**
 * A list or a range of hours counts as times of the clock, as one hour does: what the clock skips in spring runs once, right after,
 * and what it shows twice in autumn runs once. What recurs (a star, a step) follows the time that really passes.
 */
const rules = { mode: '5-part', fixedTimeRule: 'no-wildcard', paused: true } as const;

/** Whether a text is a cron expression of five fields; otherwise what is wrong with it. */
export function cronComplaint(text: string): string | undefined {
  try {
    new CronPattern(text, undefined, rules);
    return undefined;
  } catch (error) {
    return (error as Error).message.replace(/^CronPattern: /, '');
  }
}

/** The moments at which any of some cron expressions is due, by the clock of a time zone. */
export function recurrenceOf(patterns: readonly string[], timezone: string): Recurrence {
  const all = patterns.map((pattern) => single(pattern, timezone));
  return {
    on: (day) => [...new Set(all.flatMap((each) => each.on(day)))].sort((a, b) => a - b),
    nextDay: (from) => all.flatMap((each) => each.nextDay(from) ?? []).sort()[0],
  };
}

function single(pattern: string, timezone: string): Recurrence {
  const cron = new Cron(pattern, { ...rules, timezone });
  const edges = (day: Day) => [momentOn(day, 0, timezone), momentOn(addDays(day, 1), 0, timezone)] as const;
  /** Croner looks for a moment strictly after. */
  const next = (from: number) => cron.nextRun(new Date(from - 1000))?.getTime();
  // A day of 24 hours has the same times as any other: looking for each of them takes long.
  let usual: readonly number[] | undefined;
  return {
    on(day) {
      const [begin, end] = edges(day);
      let at = next(begin);
      if (at === undefined || at >= end) return [];
      const isUsual = end - begin === 86_400_000;
      if (isUsual && usual) return usual.map((offset) => begin + offset);
      const found: number[] = [];
      for (; at !== undefined && at < end; at = next(at + 1000)) found.push(at);
      if (isUsual) usual = found.map((moment) => moment - begin);
      return found;
    },
    nextDay(from) {
      const at = next(edges(from)[0]);
      return at === undefined ? undefined : dayOf(new Date(at), timezone);
    },
  };
}
