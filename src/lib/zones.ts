import type { Host, Zone } from '../model/site.ts';
import { contains, parseNetwork, privateBlocks, without } from './ip.ts';

interface Zones {
  readonly zones: readonly Pick<Zone, 'name' | 'networks'>[];
}

/** The zone of the smallest network that holds another one (a canonical CIDR block). */
export function zoneOf({ zones }: Zones, network: string): string | undefined {
  const bits = (cidr: string) => Number(cidr.split('/')[1]);
  return zones
    .flatMap((zone) => zone.networks.map((held) => ({ zone: zone.name, held })))
    .filter(({ held }) => contains(held, network))
    .sort((a, b) => bits(b.held) - bits(a.held))[0]?.zone;
}

/** The zone that a machine names, or the smallest that holds its (first) address. */
export function zoneOfHost(
  zones: Zones,
  { zone, address }: Pick<Host, 'zone' | 'address'>,
): string | undefined {
  const network = address === undefined ? undefined : parseNetwork(address);
  return zone ?? (network && zoneOf(zones, network));
}

/** What `internet` leaves out: the zones (but one that holds everything) and what is not routed there. */
export function notInternet({ zones }: Zones): readonly string[] {
  const held = zones.flatMap(({ networks }) => networks).filter((network) => !network.endsWith('/0'));
  return [...new Set([...held, ...privateBlocks])];
}

/** `internet` as CIDR blocks. */
export function internetNetworks(zones: Zones): readonly string[] {
  return without(['0.0.0.0/0', '::/0'], notInternet(zones));
}
