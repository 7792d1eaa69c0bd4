import { parseDuration } from '../lib/duration.ts';
import { WrongRequest } from './exit.ts';

/** ISO 8601, from a duration before now (`7d`) or a date. Throws `audit.since`. */
export function sinceOf(text: string): string {
  const ago = parseDuration(text);
  if (ago !== undefined) return new Date(Date.now() - ago).toISOString();
  const time = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(time)) return new Date(time).toISOString();
  throw new WrongRequest('audit.since.form', { value: text });
}
