import { createHmac, timingSafeEqual } from 'node:crypto';
import { isWafQuestion } from './waf-question.ts';

/**
 * The attacks that a gateway is asked to see whether its firewall refuses them, by itself and by `verify`, have a mark at their end that only the
 * gateway can make, and that holds for some minutes. By it they are told from those of visitors who send the same, which count.
 */

/** How long a mark holds, in milliseconds: a large site is proved within it. */
export const ownMarkLasts = 15 * 60_000;

/** Times in the firewall's log are the machine's own, without their zone: the hour that comes twice in autumn is read as the first. */
const autumn = 3_600_000;

/** The key of a gateway's marks. */
export const ownKeyOf = (machineKey: string): string =>
  createHmac('sha256', machineKey).update('poterne: what is asked of itself').digest('base64url');

/** A mark that is made now. */
export function ownMark(key: string, now: Date): string {
  const until = Math.floor((now.getTime() + ownMarkLasts) / 1000).toString(36);
  return `${until}.${proofOf(key, until)}`;
}

/** A question's path and query with a mark. `at` is the id of the publication that is asked, for a log that tells no more of it. */
export const marked = (target: string, mark: string, at?: string): string =>
  `${target}${at === undefined ? '' : `&at=${at}`}&own=${mark}`;

/** Of which publication a question was asked that says so. */
export const askedAt = (target: string): string | undefined => /&at=([\w.-]+)&own=[^&]*$/.exec(target)?.[1];

/** Whether a path and query, as sent, is one of these questions and nothing else, with a mark that held at that time. */
export function isMarked(target: string, key: string, at: Date): boolean {
  const [, question = '', until = '', proof = ''] =
    /^(\/.*?)(?:&at=[\w.-]+)?&own=([0-9a-z]{1,9})\.([A-Za-z0-9_-]{32})$/.exec(target) ?? [];
  if (!isWafQuestion(question)) return false;
  const wanted = Buffer.from(proofOf(key, until));
  if (!timingSafeEqual(wanted, Buffer.from(proof))) return false;
  const left = Number.parseInt(until, 36) * 1000 - at.getTime();
  // The log tells whole seconds.
  return [left, left - autumn].some((each) => each >= -1000 && each <= ownMarkLasts + 1000);
}

const proofOf = (key: string, until: string): string =>
  createHmac('sha256', key).update(until).digest('base64url').slice(0, 32);
