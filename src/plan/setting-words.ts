import { writtenDuration } from '../lib/duration.ts';
import { writtenSize } from '../lib/size.ts';

/** Settings that are milliseconds, and bytes, by the last of their name as the model has it. */
const durations =
  /(?:^|\.)(?:idle|longest|remember|hsts|within|lifetime|hookLimit|late|timeouts\.(?:connect|read|send))$/;
const sizes = /(?:^|\.)(?:uploads|requestBody|responseBody|download\.after|size)$/;

/** The value of a setting as people write it in a description; `key` is its path in the model. */
export function settingValue(key: string, value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? '–' : value.join(', ');
  if (typeof value !== 'number') return String(value);
  if (durations.test(key)) return writtenDuration(value);
  return sizes.test(key) ? writtenSize(value) : String(value);
}

/** The name of a setting as the description writes it: `requestBody` is `request-body` there. */
export const settingName = (key: string): string =>
  key.replace(/[a-z0-9](?=[A-Z])/g, '$&-').replace(/[A-Z]+/g, (capitals) => capitals.toLowerCase());
