import type { AudienceRule, RuleWhen } from '../model/audience.ts';
import type { WeeklyHours } from '../model/hours.ts';
import { shortDuration } from './duration.ts';
import { wallTimeOf } from './wall-clock.ts';

const dayNames = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const two = (number: number): string => String(number).padStart(2, '0');
const clock = (minutes: number): string => `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;

/** Hours of the week as the description writes them: `Mon-Fri 07:00-20:00; Sat 10:00-12:00`. */
export function hoursWords(hours: WeeklyHours): string {
  return hours
    .map(({ days, from, to }) => {
      const whole = from === 0 && to === 1440;
      const week = daysWords(days);
      return [
        ...(week === 'Mon-Sun' && !whole ? [] : [week]),
        ...(whole ? [] : [`${clock(from)}-${clock(to)}`]),
      ].join(' ');
    })
    .join('; ');
}

function daysWords(days: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const day of [...days].sort()) {
    const last = runs.at(-1);
    if (last && last[1] === day - 1) last[1] = day;
    else runs.push([day, day]);
  }
  const name = (day: number) => dayNames[day - 1] as string;
  return runs
    .map(([first, last]) => (first === last ? name(first) : `${name(first)}-${name(last)}`))
    .join(',');
}

/** A moment as a clock on the wall shows it, to the minute. */
export function momentWords(at: Date, timezone: string): string {
  const { year, month, day, minutes } = wallTimeOf(at, timezone);
  return `${year}-${two(month)}-${two(day)} ${clock(minutes)}`;
}

/** When a rule holds, as the description writes it. A window is told by the clock of a time zone. */
export function whenWords(when: RuleWhen, timezone: string): string {
  if (when.kind === 'once')
    return [when.from, when.to].map((moment) => momentWords(new Date(moment), timezone)).join(' to ');
  const { hours, calendar } = when;
  return [
    hoursWords(hours),
    ...(calendar ? [`calendar ${calendar.name}`] : []),
    ...(when.timezone === timezone ? [] : [when.timezone]),
  ].join(', ');
}

/** A rule in the description's own words, which are the same in every language: `groups: staff; mfa: required; from: lan`. */
export function ruleWords(rule: AudienceRule, timezone: string): string {
  const { subject, from, countries, when, paths, approval } = rule;
  const list = (key: string, values: readonly string[] | undefined) =>
    values && values.length > 0 ? [`${key}: ${values.join(', ')}`] : [];
  return [
    ...(rule.verdict === 'deny' ? ['deny: true'] : []),
    ...list('groups', subject?.groups),
    ...list('people', subject?.people),
    ...(subject?.signedIn ? ['signed-in: true'] : []),
    ...(subject?.certificate === undefined ? [] : [`certificate: ${subject.certificate}`]),
    ...(rule.secondFactor ? ['mfa: required'] : []),
    ...list('from', from),
    ...list('countries', countries),
    ...(when ? [`when: ${whenWords(when, timezone)}`] : []),
    ...list('paths', paths),
    ...(approval
      ? [
          `approval: ${[...approval.groups, ...approval.people].join(', ')}, ${shortDuration(approval.lasts).replace(' ', '')}`,
        ]
      : []),
  ].join('; ');
}
