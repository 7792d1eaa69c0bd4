import { contains, inNetwork, isAddress, parseNetwork } from '../../lib/ip.ts';
import type { Endpoint } from '../../model/flow.ts';
import type { Host, Site } from '../../model/site.ts';
import { oneOf, type Word } from './syntax.ts';

/** One end of a rule: anybody, those outside of every zone and private range, or these CIDR blocks. */
export type Side = 'anybody' | 'outside' | readonly string[];

export const families = [4, 6] as const;
export type Family = (typeof families)[number];

export const familyOf = (address: string): Family => (address.includes(':') ? 6 : 4);

/** nft's word for the header of a family. */
export const header = (family: Family) => (family === 4 ? 'ip' : 'ip6');

/** The IP addresses of a machine as CIDR blocks. */
export function ownNetworks({ addresses }: Pick<Host, 'addresses'>): readonly string[] {
  return addresses.flatMap((address) => parseNetwork(address) ?? []);
}

/** The addresses that an end of a flow has; `undefined` when the description does not tell them. */
export function sideOf(site: Site, end: Endpoint, as: 'source' | 'target'): Side | undefined {
  switch (end.kind) {
    case 'zone':
      return end.networks.some((network) => network.endsWith('/0'))
        ? everyone(end.networks)
        : pruned(end.networks);
    case 'network':
      return [end.name];
    case 'internet':
      return 'outside';
    case 'name':
      return undefined;
    case 'host': {
      const own = ownNetworks(end);
      if (own.length === 0) return undefined;
      // Who connects to the gateway may do so at the address that a router has for it.
      const shown = as === 'target' && end.name === site.gateway.host ? site.gateway.publicAddresses : [];
      return pruned([...own, ...shown.flatMap((address) => parseNetwork(address) ?? [])]);
    }
  }
}

/** All addresses, or all of one family beside blocks of the other. */
function everyone(networks: readonly string[]): Side {
  return networks.includes('0.0.0.0/0') && networks.includes('::/0') ? 'anybody' : pruned(networks);
}

/**
 * Those of a machine's own addresses that an end of a flow names: `anybody` when it means all of them; `undefined` when
 * it means none.
 */
export function ownSide(end: Endpoint, host: Host, as: 'source' | 'target'): Side | undefined {
  // Who may go to the internet is not let in by the site's own machines for it.
  if (end.kind === 'internet' && as === 'target') return undefined;
  if (end.kind === 'name') return undefined;
  if (end.kind === 'host') return end.name === host.name ? 'anybody' : undefined;
  if (end.kind === 'zone') {
    if (everyone(end.networks) === 'anybody') return 'anybody';
    // Where a DNS name leads nobody knows here, but the machine says in which zone it stands.
    if (host.zone === end.name && !host.addresses.some(isAddress)) return 'anybody';
  }
  const own = ownNetworks(host);
  const meant = own.filter((address) => {
    if (end.kind === 'internet') return !end.except.some((network) => contains(network, address));
    const networks = end.kind === 'zone' ? end.networks : [end.name];
    return networks.some((network) => contains(network, address));
  });
  if (meant.length === 0) return undefined;
  return meant.length === own.length ? 'anybody' : meant;
}

/** Blocks that lie in no other one of them, each once: nft refuses sets whose blocks overlap. */
export function pruned(networks: readonly string[]): readonly string[] {
  const unique = [...new Set(networks)];
  return unique.filter((one) => !unique.some((other) => other !== one && contains(other, one)));
}

/** The blocks of one family, single addresses without their length. */
export function ofFamily(networks: readonly string[], family: Family): string[] {
  return networks
    .filter((n) => familyOf(n) === family)
    .map((n) => n.replace(family === 4 ? /\/32$/ : /\/128$/, ''));
}

/** What a rule must match of one end in one family; `undefined` when that end has no address of the family. */
export function match(side: Side, field: 'saddr' | 'daddr', family: Family): readonly Word[] | undefined {
  if (side === 'anybody') return [];
  if (side === 'outside') return [header(family), field, '!=', `@inside${family}`];
  const networks = ofFamily(side, family);
  if (networks.length === 0) return undefined;
  return networks.some((n) => n.endsWith('/0'))
    ? ['meta', 'nfproto', family === 4 ? 'ipv4' : 'ipv6']
    : [header(family), field, oneOf(networks)];
}

/** The smallest described network in which an address lies. */
export function networkAround({ zones }: Site, address: string): string | undefined {
  const bits = (network: string) => Number(network.split('/')[1]);
  return zones
    .flatMap(({ networks }) => networks)
    .filter((network) => inNetwork(address, network))
    .sort((a, b) => bits(b) - bits(a))[0];
}
