import { parseDays, parseTime } from '../lib/hours.ts';
import { type Message, message } from '../model/message.ts';

/** A schedule as cron expressions of five fields, or what to do about its words. */
export type Phrase = { readonly patterns: readonly string[] } | { readonly hint: Message };

/** The last three fields of a cron expression. */
interface Days {
  readonly day: string;
  readonly month: string;
  readonly weekday: string;
}

const everyDay: Days = { day: '*', month: '*', weekday: '*' };

const months = [
  ['jan', 'january', 'janvier'],
  ['feb', 'february', 'fevrier'],
  ['mar', 'march', 'mars'],
  ['apr', 'april', 'avril'],
  ['may', 'mai'],
  ['jun', 'june', 'juin'],
  ['jul', 'july', 'juillet'],
  ['aug', 'august', 'aout'],
  ['sep', 'september', 'septembre'],
  ['oct', 'october', 'octobre'],
  ['nov', 'november', 'novembre'],
  ['dec', 'december', 'decembre'],
];

const ordinals: readonly (readonly [string, RegExp])[] = [
  ['1', /^(?:first|1st|premier|1er|premiere)$/],
  ['2', /^(?:second|2nd|deuxieme|2e)$/],
  ['3', /^(?:third|3rd|troisieme|3e)$/],
  ['4', /^(?:fourth|4th|quatrieme|4e)$/],
  ['L', /^(?:last|dernier|derniere)$/],
];

/**
 * A schedule in plain words, English or French: `every day at 02:30`, `weekdays at 7:30 and 19:00`, `every 15 minutes`, `Mon,Thu at
 * 6:00`, `first monday of the month at 06:00`, `last day of the month at 22:00`, `le 15 du mois à 8h`, `tous les jours à 2h30`.
 */
export function parsePhrase(text: string): Phrase {
  const words = text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().trim().replace(/\s+/g, ' ');
  const often = frequency(words);
  if (often) return often;
  const [, when = '', times] = /^(.*?)(?: ?\b(?:at|a) (.*))?$/.exec(words) ?? [];
  const days = daysOf(when.trim());
  if (!days) return { hint: message('schedule.words') };
  if (times === undefined) return { hint: message('schedule.time') };
  const minutes = times.split(/ ?(?:,| and | et ) ?/).map(parseTime);
  if (minutes.some((each) => each === undefined || each === 1440)) return { hint: message('schedule.time') };
  // Cron multiplies hours and minutes: only times of the same minute stand in one expression.
  const hours = new Map<number, Set<number>>();
  for (const each of minutes as number[])
    hours.set(each % 60, (hours.get(each % 60) ?? new Set()).add(Math.floor(each / 60)));
  const { day, month, weekday } = days;
  return {
    patterns: [...hours].map(
      ([minute, some]) => `${minute} ${[...some].sort((a, b) => a - b).join(',')} ${day} ${month} ${weekday}`,
    ),
  };
}

/** `every 15 minutes`, `toutes les 2 heures`. */
function frequency(words: string): Phrase | undefined {
  if (/^(?:every hour|hourly|toutes les heures|chaque heure)$/.test(words))
    return { patterns: ['0 * * * *'] };
  if (/^(?:every minute|toutes les minutes|chaque minute)$/.test(words)) return { patterns: ['* * * * *'] };
  const found = /^(?:every|toutes les) (\d+) ?(minutes?|min|hours?|heures?|h)$/.exec(words);
  if (!found) return undefined;
  const [count, isMinutes] = [Number(found[1]), found[2]?.startsWith('m') === true];
  const whole = isMinutes ? 60 : 24;
  if (count < 1 || whole % count !== 0)
    return { hint: message(isMinutes ? 'schedule.minutes' : 'schedule.hours') };
  return { patterns: [isMinutes ? `*/${count} * * * *` : `0 */${count} * * *`] };
}

function daysOf(words: string): Days | undefined {
  if (/^(?:every day|daily|tous les jours|chaque jour)$/.test(words)) return everyDay;
  if (/^(?:(?:every |on )?weekdays?|en semaine|les jours de semaine)$/.test(words))
    return { ...everyDay, weekday: '1-5' };
  if (/^(?:(?:every |on )?weekends?|(?:le|les|chaque) week-?ends?)$/.test(words))
    return { ...everyDay, weekday: '6,7' };
  return ofMonth(words) ?? ofWeek(words);
}

/** `monday and thursday`, `Mon-Fri`, `tous les lundis`, `du lundi au vendredi`. */
function ofWeek(words: string): Days | undefined {
  const written = words
    .replace(/^(?:every|on|each|tous les|les|le|chaque|du) /, '')
    .replace(/ (?:to|au|until) /g, '-')
    .replace(/ (?:and|et) /g, ',')
    .split(/ ?([,-]) ?/)
    // A plural is the same day; "mars" is none.
    .map((part) => part.replace(/(day|di|che)s$/, '$1'))
    .join('');
  const days = parseDays(written);
  return days && { ...everyDay, weekday: days.join(',') };
}

/** `first monday of the month`, `last day of march and june`, `15th of the month`, `le 1er du mois`, `le 14 juillet`. */
function ofMonth(words: string): Days | undefined {
  const bare = words.replace(/^(?:(?:every|on|the|le|les|chaque|tous les) )+/, '');
  const found =
    /^(.*?) (?:of|du|de|d['’]) ?(?:(?:the|each|every|chaque) )?(.*)$/.exec(bare) ??
    /^(\S+) ([a-z]+)$/.exec(bare);
  if (!found) return undefined;
  const month = monthsOf(found[2] ?? '');
  if (month === undefined) return undefined;
  const what = found[1] ?? '';
  const number = /^(?:day |jour )?(\d{1,2})(?:st|nd|rd|th|er)?$/.exec(what)?.[1];
  if (number !== undefined) {
    const day = Number(number);
    return day >= 1 && day <= 31 ? { day: String(day), month, weekday: '*' } : undefined;
  }
  const [first = '', second = '', ...rest] = what.split(' ');
  const ordinal = ordinals.find(([, pattern]) => pattern.test(first))?.[0];
  if (ordinal === undefined || rest.length > 0) return undefined;
  if (/^(?:day|jour)$/.test(second)) return { day: ordinal === 'L' ? 'L' : ordinal, month, weekday: '*' };
  const [weekday, ...more] = parseDays(second) ?? [];
  if (weekday === undefined || more.length > 0) return undefined;
  return { day: '*', month, weekday: `${weekday}#${ordinal}` };
}

function monthsOf(words: string): string | undefined {
  if (words === 'month' || words === 'mois') return '*';
  const found = words
    .split(/ ?(?:,| and | et ) ?/)
    .map((name) => months.findIndex((names) => names.includes(name.trim())) + 1);
  return found.includes(0) ? undefined : found.join(',');
}
