import type { Calendar, HolidayList, Job, JobTiming } from '../model/job.ts';
import { holidayLists } from '../model/job.ts';
import { type Pointer, pointer } from '../model/pointer.ts';
import type { Site } from '../model/site.ts';
import { parseDaysWord } from '../schedule/days.ts';
import type { JobFiles } from './job-files.ts';
import type { Parsed } from './parse.ts';
import type { CalendarEntry, JobEntry, SiteEntry } from './schema.ts';

/** The absolute path of a file that is named at a pointer. */
type FileAt = (name: string, at: Pointer) => string;

/** Jobs with their calendars, and where they are remembered. */
export function resolveJobs(parsed: Parsed, files: JobFiles, file: FileAt): Pick<Site, 'jobs' | 'store'> {
  const store = parsed.site?.store;
  return {
    jobs: [...parsed.jobs].map(([name, entry]) => resolveJob(parsed, files, file, name, entry)),
    ...(store === undefined ? {} : { store: resolveStore(store, file) }),
  };
}

function resolveJob(parsed: Parsed, files: JobFiles, file: FileAt, name: string, entry: JobEntry): Job {
  const at = pointer('jobs', name);
  const { as, stdin, parallel, 'stop-at': stopAt, 'late-after': lateAfter } = entry;
  return {
    name,
    ...timingOf(parsed, files, entry),
    after: [...new Set(entry.after)],
    stopsAtEnd: entry.window !== undefined && 'end' in entry.window && entry.window.end === 'stop',
    missed: entry.missed,
    overlap: entry.overlap === 'never' ? 'skip' : 'wait',
    ...(lateAfter === undefined ? {} : { lateAfter }),
    lost: entry.lost,
    script: file(entry.run, `${at}/run`),
    on: entry.on,
    ...(as === undefined ? {} : { as }),
    login: entry.login,
    args: entry.args,
    ...(stdin === undefined ? {} : { stdin: file(stdin, `${at}/stdin`) }),
    collect: entry.collect,
    collectMost: entry['collect-most'],
    limit: Math.ceil(entry.limit / 1000),
    retries: entry.retries,
    batches: entry.batches,
    ...(stopAt === undefined ? {} : { stopAt }),
    ...(parallel === undefined ? {} : { parallel }),
    mail: [...new Set(entry.mail)],
    alert: [...new Set(entry.alert)],
    confirmed: entry.confirm === true || entry.confirm === 'yes',
    written: writtenOf(entry),
    pointer: at,
  };
}

/** When a job is due, as far as its entry and its calendar say. */
export function timingOf(parsed: Parsed, files: JobFiles, entry: JobEntry): JobTiming {
  const { window } = entry;
  const calendar = entry.calendar === undefined ? undefined : parsed.calendars.get(entry.calendar);
  return {
    patterns: schedulesOf(entry).flatMap(({ patterns }) => patterns),
    timezone: entry.timezone ?? parsed.site?.timezone ?? 'UTC',
    ...(calendar ? { calendar: resolveCalendar(entry.calendar as string, calendar, files) } : {}),
    outside: entry['closed-days'],
    ...(window === undefined ? {} : { window: 'hours' in window ? window.hours : window }),
  };
}

function schedulesOf({ at, cron }: JobEntry) {
  return [at ?? [], cron ?? []].flat();
}

function writtenOf(entry: JobEntry): string {
  return schedulesOf(entry)
    .map(({ written }) => written)
    .join('; ');
}

/** A calendar with the days that its files have. */
export function resolveCalendar(
  name: string,
  { days, except, also }: CalendarEntry,
  { days: read }: JobFiles,
): Calendar {
  const words = except.map((word, i) => {
    const file = read.get(pointer('calendars', name, 'except', i));
    return file && !('wrong' in file) ? file : (parseDaysWord(word) ?? { days: [], yearly: [] });
  });
  return {
    name,
    days,
    closed: [...new Set(words.flatMap((each) => each.days))],
    closedYearly: [...new Set(words.flatMap(({ yearly }) => yearly))],
    holidays: holidayLists.filter((list): list is HolidayList => except.includes(list)),
    open: [...new Set(also.flatMap((word) => parseDaysWord(word)?.days ?? []))],
  };
}

function resolveStore(
  { postgres, lease }: NonNullable<SiteEntry['store']>,
  file: FileAt,
): NonNullable<Site['store']> {
  const { host, port, database, user, password, ca } = postgres;
  const at = '/store/postgres';
  return {
    postgres: {
      ...{ host, port, database, user },
      ...(password === undefined
        ? {}
        : { password: { file: password.file, pointer: `${at}/password/file` } }),
      ...(ca === undefined ? {} : { ca: file(ca, `${at}/ca`) }),
      pointer: at,
    },
    lease,
  };
}
