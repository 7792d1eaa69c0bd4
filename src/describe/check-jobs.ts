import { knownHint } from '../lib/hints.ts';
import { maySelect } from '../lib/selector.ts';
import type { Finding } from '../model/finding.ts';
import { holidayLists, type JobTiming } from '../model/job.ts';
import { message } from '../model/message.ts';
import { pointer } from '../model/pointer.ts';
import { parseDaysWord } from '../schedule/days.ts';
import { duesOf } from '../schedule/dues.ts';
import type { Checking } from './checking.ts';
import { isDaysFile, type JobFiles } from './job-files.ts';
import { timingOf } from './resolve-jobs.ts';
import type { JobEntry } from './schema.ts';
import { selectables } from './select-described.ts';

/** Whether a schedule ever comes is asked from here on, whenever it is asked. */
const anyMoment = Date.UTC(2026, 0, 1);
const leaseBounds = { least: 10_000, most: 3_600_000 };

/** Calendars and jobs: what they name, whether they ever run, and whether they may. */
export function checkJobs(checking: Checking, files: JobFiles): void {
  const { parsed, report } = checking;
  for (const [name, { except }] of parsed.calendars)
    for (const [i, word] of except.entries()) checkException(checking, files, name, i, word);
  for (const [name, job] of parsed.jobs) checkJob(checking, files, name, job);
  checkCircles(checking);
  const { lease } = parsed.site?.store ?? {};
  if (lease !== undefined && (lease < leaseBounds.least || lease > leaseBounds.most))
    report('error', { code: 'store.lease', params: {}, pointer: '/store/lease' });
}

function checkException({ report }: Checking, files: JobFiles, name: string, i: number, word: string): void {
  const at = pointer('calendars', name, 'except', i);
  const file = files.days.get(at);
  if (file && 'wrong' in file)
    report('error', {
      code: 'calendar.line',
      params: { file: file.path, ...file.wrong },
      pointer: at,
      hint: message('calendar.line.hint'),
    });
  unreadable(files, at, report);
  if (isDaysFile(word) || parseDaysWord(word) || holidayLists.some((list) => list === word)) return;
  report('error', {
    code: 'calendar.except',
    params: { value: word },
    pointer: at,
    hint: knownHint(word, holidayLists),
  });
}

function unreadable({ unreadable }: JobFiles, at: string, report: Checking['report']): void {
  const found = unreadable.get(at);
  if (found)
    report('error', { code: 'job.file', params: { file: found.path, reason: found.reason }, pointer: at });
}

function checkJob(checking: Checking, files: JobFiles, name: string, job: JobEntry): void {
  const { report, reference, whole, other, parsed } = checking;
  const at = pointer('jobs', name);
  const params = { name };
  for (const key of ['run', 'stdin']) unreadable(files, `${at}/${key}`, report);
  if (job.calendar !== undefined) reference('calendars', job.calendar, `${at}/calendar`);
  for (const [i, other] of job.after.entries()) reference('jobs', other, `${at}/after/${i}`);
  if (job.at !== undefined && job.cron !== undefined)
    report('error', {
      code: 'job.schedule.both',
      params,
      pointer: `${at}/cron`,
      onKey: true,
      hint: other(`${at}/at`),
    });
  const timing = timingOf(parsed, files, job);
  const isScheduled = timing.patterns.length > 0;
  if (isScheduled) checkTimes(checking, at, name, timing);
  else if (whole(at)) {
    if (job.calendar !== undefined)
      report('error', { code: 'job.calendar.unscheduled', params, pointer: `${at}/calendar`, onKey: true });
    if (job.after.length === 0) report('note', { code: 'job.by-hand', params, pointer: at, onKey: true });
  }
  checkHosts(checking, at, name, job);
  for (const key of ['mail', 'alert'] as const)
    if (job[key].length > 0 && parsed.site && parsed.site.mail === undefined && whole(''))
      report('error', {
        code: 'job.mail.missing',
        params,
        pointer: `${at}/${key}`,
        hint: message('job.mail.missing.hint'),
      });
}

/** A schedule that never comes: by itself, on the calendar's days, in the window. */
function checkTimes({ report, parsed }: Checking, at: string, name: string, timing: JobTiming): void {
  const { calendar: _, window, ...everyDay } = timing;
  const comes = (some: JobTiming) => duesOf(some).after(anyMoment) !== undefined;
  const params = { name };
  const key = parsed.jobs.get(name)?.cron === undefined ? 'at' : 'cron';
  const inWindow = window ? { window } : {};
  if (!comes(everyDay)) report('error', { code: 'job.never', params, pointer: `${at}/${key}` });
  else if (window && !comes({ ...everyDay, window }))
    report('error', { code: 'job.window.never', params, pointer: `${at}/window` });
  else if (timing.calendar && !comes({ ...timing, ...inWindow }))
    report('error', { code: 'job.calendar.never', params, pointer: `${at}/calendar` });
}

/** What is wrong with the selector, and groups that ask before. */
function checkHosts({ parsed, report }: Checking, at: string, name: string, { on, confirm }: JobEntry): void {
  const selection = maySelect(on, selectables(parsed));
  if ('findings' in selection) {
    for (const { code, params, hint } of selection.findings)
      report('error', { code, params, pointer: `${at}/on`, ...(hint ? { hint } : {}) } satisfies Omit<
        Finding,
        'severity'
      >);
    return;
  }
  if (confirm === 'yes' || confirm === true) return;
  const groups = (parsed.site?.confirm ?? []).filter((group) =>
    selection.names.some((host) => parsed.hosts.get(host)?.groups.includes(group)),
  );
  if (groups.length > 0)
    report('error', {
      code: 'job.guarded',
      params: { name, groups: groups.join(', ') },
      pointer: `${at}/on`,
      hint: message('job.guarded.hint'),
    });
}

/** Jobs that wait for one another would never start. */
function checkCircles({ parsed, report }: Checking): void {
  const told = new Set<string>();
  for (const start of parsed.jobs.keys()) {
    const circle = circleFrom(start, (name) => parsed.jobs.get(name)?.after ?? []);
    if (!circle || circle.some((name) => told.has(name))) continue;
    for (const name of circle) told.add(name);
    const path = [...circle, start].join(' → ');
    report('error', { code: 'job.circle', params: { path }, pointer: pointer('jobs', start, 'after') });
  }
}

/** A way from a job over those that it comes after back to itself, the shortest; `undefined` if there is none. */
function circleFrom(
  start: string,
  after: (name: string) => readonly string[],
): readonly string[] | undefined {
  const ways: string[][] = [[start]];
  const seen = new Set<string>();
  for (let way = ways.shift(); way; way = ways.shift())
    for (const next of after(way.at(-1) as string)) {
      if (next === start) return way;
      if (seen.has(next)) continue;
      seen.add(next);
      ways.push([...way, next]);
    }
  return undefined;
}
