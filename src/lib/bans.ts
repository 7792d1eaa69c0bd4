import ipaddr from 'ipaddr.js';
import type { Ban, Never, NeverWhy, Threshold } from '../model/bans.ts';
import type { Party, Site } from '../model/site.ts';
import { contains, isAddress, overlaps, parseNetwork } from './ip.ts';

/** What is counted and banned for an address: an IPv4 address by itself, of IPv6 the /64 that a household or a server has. */
export function banNetwork(address: string): string | undefined {
  if (!isAddress(address)) return undefined;
  const parsed = ipaddr.process(address);
  return parseNetwork(parsed.kind() === 'ipv4' ? `${parsed}` : `${parsed}/64`);
}

/** What a person asks to be banned: a network as it is, an IPv6 address as its /64. */
export function askedNetwork(text: string): string | undefined {
  return text.includes('/') ? parseNetwork(text) : banNetwork(text);
}

/** How long somebody is banned who was so often before: twice as long each time. */
export function banTime({ for: first, longest }: Threshold, before: number): number {
  return Math.min(first * 2 ** Math.min(before, 20), longest);
}

/** So many /64 of one /56 that are banned at once have all of it banned: one customer's. */
const together = 4;

/** The network that a new ban is of, among those that are banned: a customer who goes from one /64 to the next is banned whole. */
export function grown(network: string, banned: readonly string[]): string {
  if (!network.endsWith('/64')) return network;
  const wide = parseNetwork(network.replace(/\/64$/, '/56')) as string;
  const near = new Set([network, ...banned.filter((other) => contains(wide, other))]);
  return near.size >= together ? wide : network;
}

/** Whose addresses are never banned. */
export function neverBanned(site: Site): readonly Never[] {
  const of = (why: NeverWhy, networks: readonly (string | undefined)[]): readonly Never[] =>
    networks.flatMap((network) => (network === undefined ? [] : [{ network, why }]));
  const gateway = site.hosts.find(({ name }) => name === site.gateway.host);
  const own = [...(gateway?.addresses ?? []), ...site.gateway.publicAddresses];
  const all = [
    ...of('loopback', ['127.0.0.0/8', '::1/128']),
    ...of(
      'admin',
      (site.admin?.from ?? []).flatMap((party) => networksOf(site, party)),
    ),
    ...of(
      'described',
      (site.bans?.never ?? []).flatMap((party) => networksOf(site, party)),
    ),
    ...of('gateway', own.map(parseNetwork)),
    ...of('front', site.gateway.trustedFronts),
    // What is described looks after the others, or is looked after: its own mistakes are somebody's to see.
    ...of(
      'host',
      site.hosts.flatMap(({ addresses }) => addresses.map(parseNetwork)),
    ),
  ];
  return [...new Map(all.map((each) => [each.network, each])).values()];
}

/** The networks that are meant; none where that is everyone, whom nobody could ban then. */
function networksOf({ zones, hosts }: Site, { kind, name }: Party): readonly (string | undefined)[] {
  if (kind === 'network') return name.endsWith('/0') ? [] : [name];
  if (kind === 'zone')
    return zones
      .filter((zone) => zone.name === name)
      .flatMap(({ networks }) => networks.filter((n) => !n.endsWith('/0')));
  if (kind === 'host')
    return hosts.filter((host) => host.name === name).flatMap(({ addresses }) => addresses.map(parseNetwork));
  return [];
}

/** Why a network cannot be banned, if it cannot: some address of it never is. */
export function neverOf(network: string, never: readonly Never[]): Never | undefined {
  return never.find((each) => overlaps(each.network, network));
}

/** The bans that are in force at a time, by network the one that lasts longest. */
export function inForce(bans: readonly Ban[], at: string): readonly Ban[] {
  const found = new Map<string, Ban>();
  for (const ban of bans) {
    if (ban.until !== undefined && ban.until <= at) continue;
    const known = found.get(ban.network);
    if (!known || known.until !== undefined) {
      if (!known || ban.until === undefined || ban.until > (known.until as string))
        found.set(ban.network, ban);
    }
  }
  return [...found.values()];
}
