import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { getCookie, setCookie } from 'hono/cookie';
import { type Asked, cookieOptions, sessionCookie } from './asked.ts';

/** The field that every form has. */
export const tokenField = 'form';
const formCookie = 'poterne-form';

/** What a form's token stems from: the session, or before there is one, a cookie of this browser. */
function secretOf(asked: Asked): string | undefined {
  return (
    asked.get('formSecret') ?? getCookie(asked, asked.get('session') ? sessionCookie : formCookie, 'host')
  );
}

const derived = (secret: string): Buffer => createHash('sha256').update(`poterne form\n${secret}`).digest();

const masked = (bytes: Buffer, mask: Buffer): Buffer =>
  Buffer.from(bytes.map((byte, i) => byte ^ (mask[i] as number)));

/**
 * The token of the forms of this page. Nobody knows it who has not this browser's cookies, which no other host can set (`__Host-`); it
 * looks different each time, so that the length of what is compressed tells nothing of it (BREACH).
 */
export function formToken(asked: Asked): string {
  let secret = secretOf(asked);
  if (secret === undefined) {
    secret = randomBytes(32).toString('base64url');
    setCookie(asked, formCookie, secret, cookieOptions);
    asked.set('formSecret', secret);
  }
  const mask = randomBytes(32);
  return Buffer.concat([mask, masked(derived(secret), mask)]).toString('base64url');
}

/** Whether a token is one of this browser's. */
export function isFormToken(asked: Asked, text: unknown): boolean {
  const secret = secretOf(asked);
  if (typeof text !== 'string' || secret === undefined) return false;
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length !== 64) return false;
  return timingSafeEqual(masked(bytes.subarray(32), bytes.subarray(0, 32)), derived(secret));
}
