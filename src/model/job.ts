import type { WeeklyHours } from './hours.ts';
import type { Pointer } from './pointer.ts';

/** A day of some calendar on the wall, as `2026-12-24`. */
export type Day = string;

/** Public holidays that are computed. */
export const holidayLists = ['fr-holidays', 'fr-alsace-moselle-holidays'] as const;
export type HolidayList = (typeof holidayLists)[number];

/** The days on which one works. */
export interface Calendar {
  readonly name: string;
  /** 1 is Monday, 7 Sunday. */
  readonly days: readonly number[];
  /** Closed all the same. */
  readonly closed: readonly Day[];
  /** Closed every year, as `12-24`. */
  readonly closedYearly: readonly string[];
  readonly holidays: readonly HolidayList[];
  /** Open whatever else is said. */
  readonly open: readonly Day[];
}

/** What becomes of an occurrence on a day that is closed: nothing, or it moves to the open day before or after. */
export const outsides = ['skip', 'before', 'after'] as const;
export type Outside = (typeof outsides)[number];

/** When a job is due. */
export interface JobTiming {
  /** Cron expressions of five fields, all of which count; none where it follows others, or is started by hand alone. */
  readonly patterns: readonly string[];
  /** IANA name, e.g. `Europe/Paris`. */
  readonly timezone: string;
  readonly calendar?: Calendar;
  readonly outside: Outside;
  /** It never starts outside these hours, and is not due there either. */
  readonly window?: WeeklyHours;
}

/** What a scheduler decides by; what is run is the rest of a job. */
export interface JobRules extends JobTiming {
  readonly name: string;
  /** Jobs that must have succeeded before. */
  readonly after: readonly string[];
  /** What still runs when its window ends is stopped. */
  readonly stopsAtEnd: boolean;
  /** An occurrence whose time came while no scheduler ran: run once, late, or not at all. */
  readonly missed: 'run-once' | 'skip';
  /** An occurrence whose time comes while the job runs: dropped, or started once that has ended. */
  readonly overlap: 'skip' | 'wait';
  /** Milliseconds after which an occurrence that has not ended is late. */
  readonly lateAfter?: number;
  /** A run whose gateway died and whose journal is out of reach: told, or run anew. */
  readonly lost: 'alert' | 'run-again';
}

/** An operator's script that is run at its times. */
export interface Job extends JobRules {
  /** Absolute path of the script. */
  readonly script: string;
  readonly on: string;
  readonly as?: string;
  readonly login: boolean;
  readonly args: readonly string[];
  /** Absolute path of what it reads. */
  readonly stdin?: string;
  readonly collect: readonly string[];
  /** Bytes from a host at most. */
  readonly collectMost: number;
  /** Seconds on a host. */
  readonly limit: number;
  readonly retries: number;
  readonly batches: readonly string[];
  readonly stopAt?: number;
  readonly parallel?: number;
  /** Who gets its results. */
  readonly mail: readonly string[];
  /** Who is told when it fails, is late or never started. */
  readonly alert: readonly string[];
  /** The description itself confirms that it may run on guarded groups. */
  readonly confirmed: boolean;
  /** The times as they were written. */
  readonly written: string;
  readonly pointer: Pointer;
}
