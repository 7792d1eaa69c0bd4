import type { Hours, WeeklyHours } from '../model/hours.ts';
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
    const [first, last, ...rest] = part.split('-').map((name) => dayOf(name.trim()));
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

function dayOf(name: string): number | undefined {
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

/** Whether a moment lies in the hours, by the wall clock of a time zone. */
export function isWithin(hours: WeeklyHours, at: Date, timezone: string): boolean {
  const { weekday, minutes } = wallTimeOf(at, timezone);
  const yesterday = weekday === 1 ? 7 : weekday - 1;
  return hours.some(({ days, from, to }) =>
    to > from
      ? days.includes(weekday) && minutes >= from && minutes < to
      : (days.includes(weekday) && minutes >= from) || (days.includes(yesterday) && minutes < to),
  );
}

/** The next moment after `at` at which the hours begin or end; `undefined` when they never do. */
export function nextChange(hours: WeeklyHours, at: Date, timezone: string): Date | undefined {
  const isNow = isWithin(hours, at, timezone);
  const today = wallTimeOf(at, timezone);
  // A week, a day before it for what goes past midnight, and one after.
  const edges = Array.from({ length: 10 }, (_, index) => index - 1)
    .flatMap((day) => hours.flatMap(({ from, to }) => [from, to].map((minutes) => day * 1440 + minutes)))
    .map((minutes) => momentOf(today, minutes, timezone).getTime());
  const next = [...new Set(edges)]
    .sort((a, b) => a - b)
    .find((edge) => edge > at.getTime() && isWithin(hours, new Date(edge), timezone) !== isNow);
  return next === undefined ? undefined : new Date(next);
}
