import { type Publication, proxied } from '../../model/site.ts';
import type { SignInSite } from './needs.ts';

/** A published port as it stands in a URL. */
const portOf = ({ gateway }: SignInSite): string =>
  gateway.publicPort === 443 ? '' : `:${gateway.publicPort}`;

/** Where the portal is, without a final slash. */
export const portalUrl = (site: SignInSite): string => `https://${site.signIn.at}${portOf(site)}`;

/** Where a publication is, with a final slash. */
export const publicationUrl = (site: SignInSite, { example }: Publication): string =>
  `https://${example}${portOf(site)}/`;

/** The publication that a name leads to. */
export function publicationAt(site: SignInSite, host: string): Publication | undefined {
  const all = proxied(site);
  return (
    all.find(({ match, name }) => match === 'exact' && name === host) ??
    // As nginx has it: the longest of those with a star, then the first of the regular expressions.
    all
      .filter(({ match, name }) => match === 'wildcard' && host.endsWith(name.slice(1)))
      .sort((a, b) => b.name.length - a.name.length)[0] ??
    all.find(({ match, name }) => match === 'regex' && matches(name.slice(1), host))
  );
}

/** Names come from the description, whose expressions nginx has accepted; one that only nginx understands matches nothing here. */
function matches(expression: string, host: string): boolean {
  try {
    return new RegExp(expression, 'i').test(host);
  } catch {
    return false;
  }
}

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
  if (url.protocol !== 'https:' || url.username || url.password) return undefined;
  if (url.port !== portOf(site).slice(1)) return undefined;
  // Of a name with a final dot, browsers keep cookies apart.
  if (url.origin === portal) return url;
  const publication = publicationAt(site, url.hostname);
  return publication ? url : undefined;
}

/** Where a browser is, below its origin. */
export const pathOf = (url: URL): string => `${url.pathname}${url.search}`;

/** Where a browser gets a pass for a publication, and goes on to where it wanted. */
export const enterUrl = (to: URL): URL =>
  new URL(`/.poterne/enter?${new URLSearchParams({ to: pathOf(to) })}`, to);
