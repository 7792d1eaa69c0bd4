import { z } from 'zod';
import type { Code } from '../i18n/en.ts';
import { parseDuration } from './duration.ts';
import { parseHours } from './hours.ts';
import { parseNetwork } from './ip.ts';
import { parseRate } from './rate.ts';
import { parseSize, parseSpeed } from './size.ts';

/**
 * A schema for a value that people write as a word. What `parse` does not understand becomes a zod issue whose
 * `params.code` is a message code, so that describe reports it in the reader's language; what is no text at all becomes
 * one whose message is that code.
 */
export function word<T>(code: Code, parse: (text: string) => T | undefined) {
  const error = ({ code: what }: { code?: string }) => (what === 'invalid_type' ? code : undefined);
  return z.string({ error }).transform((text, context): T => {
    const value = parse(text);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', params: { code, value: text }, input: text });
    return z.NEVER;
  });
}

/** `30s`, `5m`, `12h`, `90d` → milliseconds. */
export const duration = () => word('value.duration', parseDuration);

/** `20MB`, `5GB` → bytes. */
export const size = () => word('value.size', parseSize);

/** `2MB/s` → bytes in a second. */
export const speed = () => word('value.speed', parseSpeed);

/** `10/s`, `300/m` → `{ count, per }`. */
export const rate = () => word('value.rate', parseRate);

/** `10.0.0.0/24`, `192.0.2.7` → canonical CIDR. */
export const network = () => word('value.network', parseNetwork);

/** `Mon-Fri 07:00-20:00` → hours of the week. */
export const hours = () => word('value.hours', parseHours);
