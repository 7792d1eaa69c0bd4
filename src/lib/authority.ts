import type { AuthorityPolicy } from '../model/authority.ts';
import { proxied, type Site } from '../model/site.ts';

/** How long a certificate of a publication is valid when the description does not say, in days. */
export const defaultDays = 90;

/**
 * What the authority of a site may sign: what the description says, else the names that are published and those shown to partners, each with all below it. Where
 * the root is at hand that follows the description by itself.
 */
export function policyOf(site: Site): AuthorityPolicy {
  const published = proxied(site);
  const names = published.flatMap(({ name, match, example, tls }) => [
    ...(match === 'regex' ? [example] : [name, example]),
    ...(tls.kind === 'internal' ? tls.names : []),
  ]);
  const portal = site.signIn?.tls.kind === 'internal' ? [site.signIn.at, ...site.signIn.tls.names] : [];
  const shown = site.partners.flatMap(({ tls }) => (tls?.shows.kind === 'internal' ? tls.shows.names : []));
  const { httpPort } = site.gateway;
  const { authority } = site;
  const at = publishedAt(site);
  return {
    names:
      authority?.names ??
      few(shortest([...names, ...portal, ...shown].map((name) => name.replace(/^\*\./, '')))),
    described: authority?.names !== undefined,
    networks: authority?.networks ?? [],
    key: authority?.key ?? 'ecdsa-p256',
    days: authority?.days ?? defaultDays,
    ...(at === undefined ? {} : { base: `http://${at}${httpPort === 80 ? '' : `:${httpPort}`}` }),
    pointer: authority?.pointer ?? '',
  };
}

/** The published name under which revocations are fetched; none where nothing has a name of its own. */
export function publishedAt(site: Site): string | undefined {
  return site.authority?.at ?? proxied(site).find(({ match }) => match === 'exact')?.name;
}

/** What is permitted travels in every handshake, and so is told in a few names. */
const most = 20;

/** Names, with the domains that most of them are in instead of these, where there are too many. */
function few(names: readonly string[]): readonly string[] {
  if (names.length <= most) return names;
  const children = new Map<string, number>();
  for (const name of names) {
    const domain = name.slice(name.indexOf('.') + 1);
    // A whole top-level domain is no limit.
    if (domain.includes('.')) children.set(domain, (children.get(domain) ?? 0) + 1);
  }
  const [largest, count = 0] = [...children].sort(([, a], [, b]) => b - a)[0] ?? [];
  if (largest === undefined || count < 2) return names;
  return few(shortest([...names, largest]));
}

/** Whether a DNS name, also one with `*.`, is a suffix or below it. */
export function isBelow(name: string, suffix: string): boolean {
  const bare = name.replace(/^\*\./, '').toLowerCase();
  return bare === suffix || bare.endsWith(`.${suffix}`);
}

/** Names that none of the others stands for, in order. */
function shortest(names: readonly string[]): readonly string[] {
  const all = [...new Set(names)].sort();
  return all.filter((name) => !all.some((other) => name.endsWith(`.${other}`)));
}
