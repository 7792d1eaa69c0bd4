import { z } from 'zod';
import { nearest } from '../../lib/hints.ts';

/** Whether the platform's copy of the IANA database knows this time zone. */
function isTimezone(name: string): boolean {
  try {
    return /^[A-Z]/i.test(name) && new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}

/** A time zone by its IANA name. */
export const timezone = () =>
  z.string().superRefine((name, context) => {
    if (isTimezone(name)) return;
    const meant = nearest(name, Intl.supportedValuesOf('timeZone'));
    const hint = meant === undefined ? {} : { hint: 'hint.nearest', nearest: meant };
    context.addIssue({ code: 'custom', params: { code: 'value.timezone', ...hint }, input: name });
  });
