import { createHash } from 'node:crypto';
import type { Advice, Attempts, Span } from './types.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
/** Nobody means to shut a client out for longer than the longest limit that is known (Let's Encrypt's, of a week). */
const longest = 7 * day;

/**
 * When a certificate should be renewed: as its authority advises (RFC 9773), else from when a third of its life is left
 * until a quarter is. Advice that makes no sense for this certificate is not followed.
 */
export function renewalWindow(valid: Span, advice?: Advice): Span {
  if (advice && advice.window.start < advice.window.end && advice.window.start < valid.end)
    return advice.window;
  const life = Math.max(0, valid.end - valid.start);
  return { start: valid.end - life / 3, end: valid.end - life / 4 };
}

/**
 * The moment in the window when this certificate is renewed. It is drawn from what identifies the certificate: uniform over
 * all, so that they do not come at once, and the same each time for one, also after a restart.
 */
export function renewalMoment(window: Span, identity: string): number {
  return window.start + Math.floor(fraction(identity) * (window.end - window.start));
}

/**
 * When it may be tried again after a failure: not before the authority allows, and at least five minutes later, three times as long
 * after each failure, half a day at most. So no hour sees more than four attempts, of the five failed validations that Let's
 * Encrypt takes, and a certificate that lives six days still has several days of attempts.
 */
export function nextTry(attempts: Attempts | undefined, identity: string): number {
  if (!attempts || attempts.failures === 0) return 0;
  const { failures, last, notBefore = 0 } = attempts;
  const pause = Math.min(hour * 12, 5 * minute * 3 ** Math.min(failures - 1, 10));
  const spread = pause * 0.2 * fraction(`${identity} ${failures}`);
  return Math.max(last + Math.round(pause + spread), Math.min(notBefore, last + longest));
}

/** A number from 0 to 1 that a text always gives, and texts give evenly. */
function fraction(text: string): number {
  return createHash('sha256').update(text).digest().readUIntBE(0, 6) / 2 ** 48;
}
