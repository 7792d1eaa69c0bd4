import type { Hours, WeeklyHours } from '../model/hours.ts';
import type { Day } from '../model/job.ts';
import { addDays, dayOf, weekdayOf } from './dates.ts';
import { momentOf, wallTimeOf } from './wall-clock.ts';

const dayNames = [
  ['mon', 'monday', 'lun', 'lundi'],
  ['tue', 'tuesday', 'mar', 'mardi'],
  ['wed', 'wednesday', 'mer', 'mercredi'],
  ['thu', 'thursday', 'jeu', 'jeudi'],
  ['fri', 'friday', 'ven', 'vendredi'],
  ['sat', 'saturday', 'sam', 'samedi'],
  ['sun', 'sunday', 'dim', 'dimanche'],
];

/**
 * Weekly hours as people write them: `Mon-Fri 07:00-20:00`, `Sat,Sun 10:00-12:00`, `22:00-06:00` (every day, past
 * midnight), `Mon-Fri` (the whole days), several after one another with `;`. Days in English or French. `undefined` if it is none.
 */
export function parseHours(text: string): WeeklyHours | undefined {
  const rules = text.split(';').map((rule) => parseRule(rule.trim().toLowerCase()));
  return rules.every((rule) => rule !== undefined) ? rules : undefined;
}

/** Days of the week as people write them: `Mon-Fri`, `sam,dim`; `undefined` if they are none. */
export function parseDays(text: string): readonly number[] | undefined {
  const days = new Set<number>();
  for (const part of text.toLowerCase().split(',')) {
    const [first, last, ...rest] = part.split('-').map((name) => weekdayNamed(name.trim()));
    const end = part.includes('-') ? last : first;
    if (!first || !end || rest.length > 0) return undefined;
    // Sat-Mon goes over the end of the week.
    for (let day = first; ; day = (day % 7) + 1) {
      days.add(day);
      if (day === end) break;
    }
  }
  return [...days].sort();
}

/** Minutes since midnight of a time as people write it (`07:00`, `7h30`, `24:00`); `undefined` if it is none. */
export function parseTime(text: string): number | undefined {
  const found = /^(\d{1,2})(?::(\d\d)|h(\d\d)?)$/.exec(text.trim().toLowerCase());
  if (!found) return undefined;
  const [hours, minutes] = [Number(found[1]), Number(found[2] ?? found[3] ?? 0)];
  return minutes < 60 && hours * 60 + minutes <= 1440 ? hours * 60 + minutes : undefined;
}

function weekdayNamed(name: string): number | undefined {
  const index = dayNames.findIndex((names) => names.includes(name));
  return index < 0 ? undefined : index + 1;
}

function parseRule(text: string): Hours | undefined {
  const words = text.split(/\s+/);
  const last = words.at(-1) ?? '';
  const isTimed = /\d/.test(last);
  const written = (isTimed ? words.slice(0, -1) : words).join('');
  const days = written === '' ? (isTimed ? [1, 2, 3, 4, 5, 6, 7] : undefined) : parseDays(written);
  if (!days) return undefined;
  if (!isTimed) return { days, from: 0, to: 1440 };
  const [from, to, ...rest] = last.split('-').map(parseTime);
  if (from === undefined || to === undefined || rest.length > 0 || from === 1440 || from === to)
    return undefined;
  return { days, from, to: to === 0 ? 1440 : to };
}

/** Days ahead that are looked at for the next change: a year, and what a calendar may have closed around it. */
const horizon = 400;

/** Whether a moment lies in the hours, by the wall clock of a time zone; on days that are open alone, where that is asked. */
export function isWithin(hours: WeeklyHours, at: Date, timezone: string, isOpen = everyDay): boolean {
  const next = stretches(hours, at, timezone, isOpen, 1).next().value;
  return next !== undefined && next.from <= at.getTime();
}

/** The next moment after `at` at which the hours begin or end; `undefined` when they do not for more than a year. */
export function nextChange(
  hours: WeeklyHours,
  at: Date,
  timezone: string,
  isOpen = everyDay,
): Date | undefined {
  const found = stretches(hours, at, timezone, isOpen, horizon);
  const first = found.next().value;
  if (first === undefined) return undefined;
  if (first.from > at.getTime()) return new Date(first.from);
  let end = first.to;
  // Where the clock skips what lies between, one goes on into the other.
  for (const { from, to } of found) {
    if (from > end) break;
    end = to;
  }
  return Number.isFinite(end) ? new Date(end) : undefined;
}

const everyDay = (_: Day): boolean => true;

/** A time within the hours, in milliseconds since 1970; its end is infinite where none is in sight. */
interface Stretch {
  readonly from: number;
  readonly to: number;
}

/**
 * The times within the hours, in order, from the one in which `at` lies or that comes next. They begin and end when the wall clock first
 * shows so: an hour that it shows twice neither ends them nor begins them twice.
 */
function* stretches(
  hours: WeeklyHours,
  at: Date,
  timezone: string,
  isOpen: (day: Day) => boolean,
  ahead: number,
): Generator<Stretch, undefined, void> {
  const today = wallTimeOf(at, timezone);
  const first = dayOf(at, timezone);
  const moment = (minutes: number) => momentOf(today, minutes, timezone).getTime();
  let run: { from: number; to: number } | undefined;
  // What goes past midnight began the day before.
  for (let offset = -1; offset <= ahead; offset++) {
    const day = addDays(first, offset);
    const weekday = weekdayOf(day);
    const spans = hours
      .filter(({ days }) => days.includes(weekday))
      .map(({ from, to }) => ({ from, to: to > from ? to : to + 1440 }))
      .sort((a, b) => a.from - b.from);
    if (spans.length === 0 || !isOpen(day)) continue;
    for (const span of spans) {
      const [from, to] = [offset * 1440 + span.from, offset * 1440 + span.to];
      if (run && from <= run.to) {
        run.to = Math.max(run.to, to);
        continue;
      }
      if (run) yield* lasting(run);
      run = { from, to };
    }
  }
  if (run && run.to < ahead * 1440) yield* lasting(run);
  else if (run) {
    const from = moment(run.from);
    yield { from, to: Number.POSITIVE_INFINITY };
  }
  return undefined;

  function* lasting({ from, to }: { readonly from: number; readonly to: number }): Generator<Stretch> {
    // Minutes of a day that lies behind are not worth the clock.
    if (to < today.minutes - 180) return;
    const stretch = { from: moment(from), to: moment(to) };
    if (stretch.to > at.getTime() && stretch.to > stretch.from) yield stretch;
  }
}
