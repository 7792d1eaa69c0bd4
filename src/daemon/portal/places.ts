import { publicationAt } from '../../lib/publication-at.ts';
import { originOf, portalUrl } from '../entry/passage.ts';
import type { SignInSite } from './needs.ts';

/** Longer ones no browser sends. */
const longest = 8000;

/**
 * Where somebody may be sent after signing in: to a page of the portal (`/sessions`, or in full), or to a published name over https on its
 * port. Everything else, however it is written, is `undefined`. What comes back is to be used as it is, never what was given.
 */
export function destinationOf(site: SignInSite, given: string | undefined): URL | undefined {
  // A browser drops tabs and line breaks, and takes a backslash for a slash: nobody writes them in good faith.
  if (!given || given.length > longest || /[\p{Cc}\\\s]/u.test(given)) return undefined;
  if (!/^(?:https:\/\/[^/?#@]+(?:[/?#]|$)|\/(?!\/))/i.test(given)) return undefined;
  const portal = portalUrl(site);
  if (!URL.canParse(given, portal)) return undefined;
  const url = new URL(given, portal);
  // Its path alone is what a browser of the portal is sent to, where `//other` is another host.
  if (url.origin === portal) return url.pathname.startsWith('//') ? undefined : url;
  return url.origin === originOf(site, url.hostname) && publicationAt(site, url.hostname) ? url : undefined;
}

/** What a server is asked for at a place, below its origin. */
export const pathOf = (url: URL): string => `${url.pathname}${url.search}`;

/** Where a browser is, below its origin: with the end of a link, that is the browser's alone. */
export const linkOf = (url: URL): string => `${pathOf(url)}${url.hash}`;
