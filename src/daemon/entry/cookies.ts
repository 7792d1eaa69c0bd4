import type { IncomingMessage } from 'node:http';

/**
 * The cookie of a session (at the portal's name) and of a pass (at a publication's). Browsers take a `__Host-` cookie only from the very
 * name, over TLS (RFC 6265bis §4.1.3.2): no other name of the domain can plant one.
 */
export const entryCookie = '__Host-poterne';
/** What a browser got at a publication's name when it set out for the portal. */
export const stateCookie = '__Host-poterne-state';

/** What may stand around a name or a value (RFC 6265bis §5.6). `trim` takes more: another name of the domain may set `\xa0__Host-…`. */
const bare = (text: string): string => text.replace(/^[ \t]+|[ \t]+$/g, '');

/** The value of a cookie; the first where there are several. */
export function readCookie({ headers }: IncomingMessage, name: string): string | undefined {
  for (const part of (headers.cookie ?? '').split(';')) {
    const at = part.indexOf('=');
    if (at > 0 && bare(part.slice(0, at)) === name) return bare(part.slice(at + 1));
  }
  return undefined;
}

/** A pass, without the identity that may stand behind it (`src/lib/badge.ts`). */
export const readPass = (asked: IncomingMessage): string | undefined =>
  readCookie(asked, entryCookie)?.split('|', 1)[0];

/** The header that sets one of these cookies; without a lifetime (in seconds) until the browser ends. */
export const setCookie = (name: string, value: string, seconds?: number): string =>
  `${name}=${value}; Path=/; Secure; HttpOnly; SameSite=Lax${seconds === undefined ? '' : `; Max-Age=${seconds}`}`;

/** The header that takes one away. */
export const clearCookie = (name: string): string => setCookie(name, '', 0);
