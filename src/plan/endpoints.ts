import { isAddress, isLoopback, parseNetwork } from '../lib/ip.ts';
import { notInternet, zoneOf, zoneOfHost } from '../lib/zones.ts';
import type { Endpoint } from '../model/flow.ts';
import type { Address, Host, Party, Service, Site } from '../model/site.ts';

/** Everyone, as an end of a flow. */
export const internet = {
  kind: 'zone',
  name: 'internet',
  networks: ['0.0.0.0/0', '::/0'],
} as const satisfies Endpoint;

type HostEndpoint = Endpoint & { readonly kind: 'host' };

/** A described machine as an end of a flow. */
export function hostEndpoint(site: Site, host: Host): HostEndpoint {
  const { name, address, addresses } = host;
  const zone = zoneOfHost(site, host);
  return {
    kind: 'host',
    name,
    ...(address === undefined ? {} : { address }),
    addresses,
    ...(zone === undefined ? {} : { zone }),
  };
}

/** The machine of this name as an end of a flow; one that is not described has a name alone. */
export function endpointOf(site: Site, name: string): HostEndpoint {
  const host = site.hosts.find((h) => h.name === name);
  return host ? hostEndpoint(site, host) : { kind: 'host', name, addresses: [] };
}

/** The gateway's machine as an end of a flow. */
export function gatewayEndpoint(site: Site): HostEndpoint {
  return endpointOf(site, site.gateway.host);
}

/** Those whom an audience names: a zone, a network, or everyone. */
export function visitorEndpoint(site: Site, who: string): Endpoint {
  if (who === 'everyone') return internet;
  const zone = site.zones.find(({ name }) => name === who);
  if (zone) return { kind: 'zone', name: zone.name, networks: zone.networks };
  if (who === 'internet') return outside(site);
  return networkEndpoint(site, parseNetwork(who) ?? who);
}

/** Every address outside of the zones and the private ranges. */
const outside = (site: Site): Endpoint => ({
  kind: 'internet',
  name: 'internet',
  except: notInternet(site),
});

/** Whom or what the description means by a name. */
export function partyEndpoint(site: Site, party: Party): Endpoint {
  switch (party.kind) {
    case 'everyone':
      return internet;
    case 'internet':
      return outside(site);
    case 'host':
      return endpointOf(site, party.name);
    case 'publication':
      return gatewayEndpoint(site);
    default:
      return visitorEndpoint(site, party.name);
  }
}

/** Where an upstream is reached over a network; `undefined` when that is the gateway's own machine. */
export function upstreamEndpoint(
  site: Site,
  service: Pick<Service, 'host'>,
  address: Address,
): Endpoint | undefined {
  if (address.kind === 'unix') return undefined;
  const { host: wanted } = address;
  if (isLoopback(wanted) || /(^|\.)localhost$/.test(wanted)) return undefined;
  const network = parseNetwork(wanted);
  const declared = site.hosts.find(({ name }) => name === service.host);
  const host =
    (declared && mayHave(declared, wanted) ? declared : undefined) ??
    site.hosts.find(({ addresses }) => addresses.some((own) => sameAddress(own, wanted)));
  if (host) return host.name === site.gateway.host ? undefined : hostEndpoint(site, host);
  if (!network) return { kind: 'name', name: wanted };
  const own = site.gateway.listen.some((listened) => sameAddress(listened, wanted));
  return own ? undefined : networkEndpoint(site, network);
}

/** The host that a service names has the upstream's address, unless both are addresses and differ. */
function mayHave({ addresses }: Host, wanted: string): boolean {
  return (
    addresses.length === 0 ||
    !isAddress(wanted) ||
    addresses.some((own) => !isAddress(own) || sameAddress(own, wanted))
  );
}

/** Whether two addresses (or names) are the same, however they are written. */
export function sameAddress(a: string, b: string): boolean {
  return (parseNetwork(a) ?? a.toLowerCase()) === (parseNetwork(b) ?? b.toLowerCase());
}

/** A network as an end of a flow, with the smallest zone that holds it. */
export function networkEndpoint(site: Site, network: string): Endpoint {
  const zone = zoneOf(site, network);
  return { kind: 'network', name: network, ...(zone === undefined ? {} : { zone }) };
}
