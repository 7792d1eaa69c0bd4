import { contains, isPrivate, privateBlocks } from '../../../lib/ip.ts';
import { zoneOfHost } from '../../../lib/zones.ts';
import type { Forwarding, Network } from '../../../model/network.ts';
import type { Host, Site } from '../../../model/site.ts';
import { type Family, families, familyOf, ofFamily, ownNetworks, pruned } from '../matches.ts';
import { incoming, type Opening, outgoing, passing } from '../openings.ts';
import type { Settings } from '../schema.ts';
import { oneOf, quoted, type Word } from '../syntax.ts';

type PerFamily = Readonly<Record<Family, readonly string[]>>;

/** What the chains of one host are written from. */
export interface Context {
  readonly network: Network;
  readonly site: Site;
  readonly host: Host;
  readonly settings: Settings;
  /** Interfaces that other software filters, as a word for `iifname`; absent when there are none. */
  readonly left: Word | undefined;
  readonly incoming: readonly Opening[];
  readonly outgoing: readonly Opening[];
  /** What it forwards between networks; nothing when it is no router. */
  readonly passing: readonly Opening[];
  /** The ports of it that lead to other machines. */
  readonly forwardings: readonly Forwarding[];
  /** Nothing leaves it that nothing asks for. */
  readonly closed: boolean;
  /** Networks of the described zones, and with the private ranges. */
  readonly zones: PerFamily;
  readonly inside: PerFamily;
  /** Families in which there are zones. */
  readonly zoned: readonly Family[];
  readonly usesInside: boolean;
  /** What passes to the internet from private IPv4 addresses, for which this host's own stands. */
  readonly masqueraded: readonly Opening[];
}

export function contextOf(network: Network, host: Host, settings: Settings): Context {
  const { site } = network;
  const described = site.zones.flatMap(({ networks }) => networks).filter((n) => !n.endsWith('/0'));
  const zones = perFamily(pruned(described));
  const asked = {
    incoming: incoming(network, host),
    outgoing: outgoing(network, host),
    passing: host.roles.includes('router') ? passing(network, host) : [],
  };
  const closed = isClosed(site, host);
  const inside = perFamily(pruned([...described, ...privateBlocks]));
  const masqueraded = masquerades(site, host) ? asked.passing.flatMap((o) => toInternet(o, inside[4])) : [];
  const used = [...masqueraded, ...asked.incoming, ...asked.passing, ...(closed ? asked.outgoing : [])];
  return {
    network,
    site,
    host,
    settings,
    left: settings.leave.length === 0 ? undefined : oneOf(settings.leave.map(quoted)),
    ...asked,
    forwardings: network.forwardings.filter(({ at }) => at === host.name),
    closed,
    zones,
    inside,
    zoned: families.filter((family) => zones[family].length > 0),
    usesInside: used.some((o) => o.from === 'outside' || o.to === 'outside'),
    masqueraded,
  };
}

/** Whether nothing leaves a machine that nothing asks for: its zone says so, and the gateway does where none speaks of it. */
export function isClosed(site: Site, host: Host): boolean {
  const zone = zoneOfHost(site, host);
  const described = site.zones.find(({ name }) => name === zone);
  return (described?.outgoing ?? (host.name === site.gateway.host ? 'described' : 'free')) === 'described';
}

/**
 * Whether a router stands for machines with private addresses on the internet: one with a public address does, or every
 * router where none has any.
 */
function masquerades(site: Site, host: Host): boolean {
  const isPublic = (one: Host) =>
    ofFamily(ownNetworks(one), 4).some((address) => !isPrivate(`${address}/32`));
  const routers = site.hosts.filter(({ roles }) => roles.includes('router'));
  return host.roles.includes('router') && (isPublic(host) || !routers.some(isPublic));
}

/** The part of an opening that leads from private IPv4 addresses to the internet. */
function toInternet(opening: Opening, inside: readonly string[]): Opening[] {
  const { from, to } = opening;
  if (from === 'outside') return [];
  const sources =
    from === 'anybody'
      ? privateBlocks.filter((block) => familyOf(block) === 4)
      : from.filter((network) => familyOf(network) === 4 && isPrivate(network));
  if (sources.length === 0) return [];
  if (typeof to === 'string') return [{ ...opening, from: sources, to: 'outside' }];
  const targets = to.filter(
    (network) => familyOf(network) === 4 && !inside.some((block) => contains(cidr(block), network)),
  );
  return targets.length === 0 ? [] : [{ ...opening, from: sources, to: targets }];
}

const cidr = (text: string) => (text.includes('/') ? text : `${text}/32`);

function perFamily(networks: readonly string[]): PerFamily {
  return { 4: ofFamily(networks, 4), 6: ofFamily(networks, 6) };
}
