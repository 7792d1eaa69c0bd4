import { addDays, daysBetween, isDay } from '../lib/dates.ts';
import type { Day } from '../model/job.ts';

/** Days of some years, and days of every year (`12-24`). */
export interface Days {
  readonly days: readonly Day[];
  readonly yearly: readonly string[];
}

/** A line of a file that names no day. */
export interface WrongLine {
  readonly line: number;
  readonly text: string;
}

/** Days as people write them: `2026-12-24`, `2026-08-03..2026-08-14`, `12-24` (every year); `undefined` if they are none. */
export function parseDaysWord(text: string): Days | undefined {
  const [first = '', last = first, ...rest] = text.split('..').map((day) => day.trim());
  if (rest.length > 0) return undefined;
  if (isDay(first) && isDay(last))
    return first <= last ? { days: daysBetween(first, last), yearly: [] } : undefined;
  // A leap year has them all.
  return last === first && isDay(`2024-${first}`) ? { days: [], yearly: [first] } : undefined;
}

/** The days in a file: iCalendar (RFC 5545), or days one in a line with # for remarks. */
export function parseDaysFile(text: string): Days | { readonly wrong: WrongLine } {
  return /^BEGIN:VCALENDAR\r?$/m.test(text) ? fromCalendar(text) : fromLines(text);
}

function fromLines(text: string): Days | { readonly wrong: WrongLine } {
  const found: Days[] = [];
  for (const [index, written] of text.split('\n').entries()) {
    const word = written.replace(/#.*/, '').trim();
    if (word === '') continue;
    const days = parseDaysWord(word);
    if (!days) return { wrong: { line: index + 1, text: word } };
    found.push(days);
  }
  return joined(found);
}

/** The days of its events, each whole; of rules of recurrence, that of every year alone. */
function fromCalendar(text: string): Days | { readonly wrong: WrongLine } {
  const found: Days[] = [];
  let event: { start?: string; end?: string; yearly?: boolean } | undefined;
  const lines = unfolded(text);
  for (const { line, text: written } of lines) {
    const [, name = '', value = ''] = /^([A-Z-]+)[^:]*:(.*)$/i.exec(written) ?? [];
    const wrong = { wrong: { line, text: written } };
    switch (name.toUpperCase()) {
      case 'BEGIN':
        if (value === 'VEVENT') event = {};
        break;
      case 'DTSTART':
      case 'DTEND': {
        if (!event) break;
        const day = dayOfCalendar(value);
        if (!day) return wrong;
        event[name.toUpperCase() === 'DTSTART' ? 'start' : 'end'] = day;
        break;
      }
      case 'RRULE':
        if (!event) break;
        if (!/^FREQ=YEARLY(;INTERVAL=1)?$/i.test(value)) return wrong;
        event.yearly = true;
        break;
      case 'END':
        if (value !== 'VEVENT' || !event) break;
        if (!event.start) return wrong;
        found.push(daysOfEvent(event.start, event.end, event.yearly === true));
        event = undefined;
    }
  }
  return joined(found);
}

/** The end of an event that takes whole days is the day after. */
function daysOfEvent(start: Day, end: Day | undefined, isYearly: boolean): Days {
  const last = end !== undefined && end > start ? addDays(end, -1) : start;
  const days = daysBetween(start, last);
  return isYearly ? { days: [], yearly: days.map((day) => day.slice(5)) } : { days, yearly: [] };
}

function dayOfCalendar(value: string): Day | undefined {
  const [, year, month, day] = /^(\d{4})(\d\d)(\d\d)(?:T\d{6}Z?)?$/.exec(value) ?? [];
  const written = `${year}-${month}-${day}`;
  return isDay(written) ? written : undefined;
}

/** Lines that begin with a space go on with the one before (RFC 5545, 3.1). */
function unfolded(text: string): readonly { readonly line: number; readonly text: string }[] {
  const lines: { line: number; text: string }[] = [];
  for (const [index, written] of text.split(/\r?\n/).entries()) {
    const last = lines.at(-1);
    if (/^[ \t]/.test(written) && last) last.text += written.slice(1);
    else lines.push({ line: index + 1, text: written });
  }
  return lines;
}

function joined(some: readonly Days[]): Days {
  return {
    days: [...new Set(some.flatMap(({ days }) => days))],
    yearly: [...new Set(some.flatMap(({ yearly }) => yearly))],
  };
}
