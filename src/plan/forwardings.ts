import { isAddress } from '../lib/ip.ts';
import { deepFreeze } from '../model/freeze.ts';
import { message } from '../model/message.ts';
import type { Forwarding } from '../model/network.ts';
import { direct, type Host, type Site } from '../model/site.ts';
import { sameAddress } from './endpoints.ts';

/** The host that has public addresses of the gateway and forwards what comes there; `undefined` when there is none. */
export function publicRouter({ gateway, hosts }: Site): Host | undefined {
  return hosts.find(
    ({ name, roles, addresses }) =>
      name !== gateway.host &&
      roles.includes('router') &&
      addresses.some((own) => gateway.publicAddresses.some((shown) => sameAddress(own, shown))),
  );
}

/**
 * Who forwards ports of their own to services: the router that has the public addresses, through which replies come
 * back, else the gateway, which has to stand for the visitors.
 */
export function forwarderOf(site: Site): { readonly at: string; readonly masquerade: boolean } {
  const router = publicRouter(site);
  return router ? { at: router.name, masquerade: false } : { at: site.gateway.host, masquerade: true };
}

/** Every port that leads from one machine to another (destination NAT), in the description's order. */
export function forwardings(site: Site): readonly Forwarding[] {
  return deepFreeze([...toGateway(site), ...toServices(site)]);
}

/** Addresses of the gateway that are a router's: its ports lead to the gateway's own. */
function toGateway(site: Site): Forwarding[] {
  const router = publicRouter(site);
  const host = site.hosts.find(({ name }) => name === site.gateway.host);
  const own = (host?.addresses ?? []).filter(isAddress);
  if (!router || site.publications.length === 0) return [];
  const { publicAddresses, publicPort, httpsPort, httpPort, pointer } = site.gateway;
  const addresses = publicAddresses.filter((shown) => router.addresses.some((a) => sameAddress(a, shown)));
  const lead = (port: number, towards: number): Forwarding => ({
    at: router.name,
    addresses,
    protocol: 'tcp',
    port,
    to: onePerFamily(own).map((address) => ({ address, port: towards })),
    masquerade: false,
    reasons: [
      { say: message('flow.forward.gateway', { host: site.gateway.host }), because: `${pointer}/public` },
    ],
  });
  return [lead(publicPort, httpsPort), lead(httpPort, httpPort)];
}

function toServices(site: Site): Forwarding[] {
  const { at, masquerade } = forwarderOf(site);
  return direct(site).flatMap(({ name, port, routes, audience, pointer }): Forwarding[] => {
    const service = site.services.find((s) => s.name === routes[0]?.service);
    const to = (service?.upstreams ?? []).flatMap(({ address }) =>
      address.kind === 'tcp' && isAddress(address.host)
        ? [{ address: address.host, port: address.port }]
        : [],
    );
    if (port === undefined || !service || to.length === 0) return [];
    const say = message('flow.forward.service', { name, service: service.name });
    return [
      {
        at,
        addresses: at === site.gateway.host ? [] : site.gateway.publicAddresses,
        protocol: 'tcp',
        port,
        to,
        masquerade,
        ...(audience.networks ? { networks: audience.networks } : {}),
        reasons: [{ say, because: pointer }],
      },
    ];
  });
}

/** The first address of each family. */
function onePerFamily(addresses: readonly string[]): string[] {
  const isV6 = (address: string) => address.includes(':');
  return [addresses.find((a) => !isV6(a)), addresses.find(isV6)].filter((a) => a !== undefined);
}
