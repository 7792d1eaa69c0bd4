import { type Message, message } from '../model/message.ts';
import { parsePhrase } from './phrases.ts';
import { cronComplaint } from './recurrence.ts';

/** A schedule as it was written, and as cron expressions. */
export interface WrittenSchedule {
  readonly written: string;
  readonly patterns: readonly string[];
}

/** Whether this was meant as a cron expression: five words, the first of signs and digits alone. */
const cronLike = /^[\d*?/,-]+(?:\s+\S+){4}$/;

/** A schedule in plain words or as cron, or what to do about it. */
export function parseSchedule(text: string): WrittenSchedule | { readonly hint: Message } {
  const written = text.trim();
  if (!cronLike.test(written)) {
    const read = parsePhrase(written);
    return 'hint' in read ? read : { written, patterns: read.patterns };
  }
  const complaint = cronComplaint(written);
  if (complaint !== undefined) return { hint: message('schedule.cron', { reason: complaint }) };
  return { written, patterns: [written.replace(/\s+/g, ' ')] };
}
