import { contains, isAddress, isLoopback, networkText, parseNetwork } from '../lib/ip.ts';
import type { Endpoint, Flow, LocalLink, Reason } from '../model/flow.ts';
import { deepFreeze } from '../model/freeze.ts';
import { message } from '../model/message.ts';
import type { Address, Host, Publication, Service, Site } from '../model/site.ts';

/** Everyone, as an end of a flow. */
export const internet = {
  kind: 'zone',
  name: 'internet',
  networks: ['0.0.0.0/0', '::/0'],
} as const satisfies Endpoint;

type Wanted = Omit<Flow, 'reasons'>;

/**
 * Every network flow that the description asks for, each once, with all its reasons, in the description's order:
 * visitors (and trusted fronts) to the gateway, then the gateway to what it publishes. Nothing else need be open.
 */
export function flows(site: Site): readonly Flow[] {
  const found = new Map<string, Wanted & { reasons: Reason[] }>();
  const ask = (wanted: Wanted, reason: Reason) => {
    const key = JSON.stringify([wanted.from, wanted.to, wanted.protocol, wanted.port]);
    const known = found.get(key);
    if (!known) found.set(key, { ...wanted, reasons: [reason] });
    else if (!known.reasons.some((r) => same(r, reason))) known.reasons.push(reason);
  };
  const gateway = gatewayEndpoint(site);
  for (const publication of site.publications) askVisitors(site, gateway, publication, ask);
  if (site.publications.length > 0) askFronts(site, gateway, ask);
  for (const [service, address, reason] of upstreamsUsed(site)) {
    const to = upstreamEndpoint(site, service, address);
    if (to && address.kind === 'tcp') ask({ from: gateway, to, protocol: 'tcp', port: address.port }, reason);
  }
  return deepFreeze([...found.values()]);
}

/** What the gateway reaches without leaving its machine; no flow of a network. */
export function localLinks(site: Site): readonly LocalLink[] {
  const found = new Map<string, LocalLink & { reasons: Reason[] }>();
  for (const [service, address, reason] of upstreamsUsed(site)) {
    if (upstreamEndpoint(site, service, address)) continue;
    const at = addressText(address);
    const key = JSON.stringify([service.name, at]);
    const known = found.get(key);
    const host = service.host !== undefined && service.host !== site.gateway.host ? service.host : undefined;
    if (!known)
      found.set(key, {
        service: service.name,
        at,
        ...(host === undefined ? {} : { host }),
        reasons: [reason],
      });
    else if (!known.reasons.some((r) => same(r, reason))) known.reasons.push(reason);
  }
  return deepFreeze([...found.values()]);
}

/** A place where a service listens, as people write it: `10.0.0.15:8069`, `[fd00::1]:80`, `unix:/run/app.sock`. */
export function addressText(address: Address): string {
  if (address.kind === 'unix') return `unix:${address.path}`;
  return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}

/** The gateway's machine as an end of a flow. */
export function gatewayEndpoint(site: Site): Endpoint & { readonly kind: 'host' } {
  const host = site.hosts.find(({ name }) => name === site.gateway.host);
  return host ? hostEndpoint(site, host) : { kind: 'host', name: site.gateway.host };
}

/** A described machine as an end of a flow. */
export function hostEndpoint(site: Site, host: Host): Endpoint & { readonly kind: 'host' } {
  const { name, address } = host;
  const network = address === undefined ? undefined : parseNetwork(address);
  const zone = host.zone ?? (network && zoneOf(site, network));
  return {
    kind: 'host',
    name,
    ...(address === undefined ? {} : { address }),
    ...(zone === undefined ? {} : { zone }),
  };
}

function askVisitors(
  site: Site,
  gateway: Endpoint,
  { name, audience, pointer }: Publication,
  ask: (wanted: Wanted, reason: Reason) => void,
): void {
  const { httpPort, httpsPort, publicPort } = site.gateway;
  for (const who of audience.from) {
    const from = visitorEndpoint(site, who);
    ask(
      {
        from,
        to: gateway,
        protocol: 'tcp',
        port: publicPort,
        ...(publicPort === httpsPort ? {} : { forwardedTo: httpsPort }),
      },
      {
        say:
          who === 'everyone' ? message('flow.everyone', { name }) : message('flow.audience', { name, who }),
        because: audience.pointer,
      },
    );
    ask(
      { from, to: gateway, protocol: 'tcp', port: httpPort },
      { say: message('flow.redirect', { name }), because: pointer },
    );
  }
}

/** Visitors who come through a load balancer arrive from its address. */
function askFronts(site: Site, gateway: Endpoint, ask: (wanted: Wanted, reason: Reason) => void): void {
  const { trustedFronts, httpPort, httpsPort, pointer } = site.gateway;
  for (const front of trustedFronts)
    for (const port of [httpsPort, httpPort])
      ask(
        { from: networkEndpoint(site, front), to: gateway, protocol: 'tcp', port },
        { say: message('flow.front', { front: networkText(front) }), because: `${pointer}/trusted-fronts` },
      );
}

/** Each upstream of each published service, once for each publication that leads there. */
function* upstreamsUsed(site: Site): Generator<readonly [Service, Address, Reason]> {
  const services = new Map(site.services.map((service) => [service.name, service]));
  for (const { name, routes } of site.publications) {
    const told = new Set<string>();
    for (const route of routes) {
      const service = services.get(route.service);
      if (!service || told.has(service.name)) continue;
      told.add(service.name);
      const say = message('flow.upstream', { name, service: service.name });
      for (const { address } of service.upstreams) yield [service, address, { say, because: route.pointer }];
    }
  }
}

function visitorEndpoint(site: Site, who: string): Endpoint {
  if (who === 'everyone') return internet;
  const zone = site.zones.find(({ name }) => name === who);
  if (zone) return { kind: 'zone', name: zone.name, networks: zone.networks };
  return networkEndpoint(site, parseNetwork(who) ?? who);
}

/** Where an upstream is reached over a network; `undefined` when that is the gateway's own machine. */
function upstreamEndpoint(site: Site, service: Service, address: Address): Endpoint | undefined {
  if (address.kind === 'unix') return undefined;
  const { host: wanted } = address;
  if (isLoopback(wanted) || /(^|\.)localhost$/.test(wanted)) return undefined;
  const network = parseNetwork(wanted);
  const declared = site.hosts.find(({ name }) => name === service.host);
  const host =
    (declared && mayHave(declared, wanted) ? declared : undefined) ??
    site.hosts.find((h) => h.address !== undefined && sameAddress(h.address, wanted));
  if (host) return host.name === site.gateway.host ? undefined : hostEndpoint(site, host);
  if (!network) return { kind: 'name', name: wanted };
  const own = site.gateway.listen.some((listened) => sameAddress(listened, wanted));
  return own ? undefined : networkEndpoint(site, network);
}

/** The host that a service names has the upstream's address, unless both are addresses and differ. */
function mayHave({ address }: Host, wanted: string): boolean {
  return address === undefined || !isAddress(address) || !isAddress(wanted) || sameAddress(address, wanted);
}

function sameAddress(a: string, b: string): boolean {
  return (parseNetwork(a) ?? a.toLowerCase()) === (parseNetwork(b) ?? b.toLowerCase());
}

function networkEndpoint(site: Site, network: string): Endpoint {
  const zone = zoneOf(site, network);
  return { kind: 'network', name: network, ...(zone === undefined ? {} : { zone }) };
}

/** The zone of the smallest network that holds another one. */
function zoneOf(site: Site, network: string): string | undefined {
  const bits = (cidr: string) => Number(cidr.split('/')[1]);
  return site.zones
    .flatMap((zone) => zone.networks.map((held) => ({ zone: zone.name, held })))
    .filter(({ held }) => contains(held, network))
    .sort((a, b) => bits(b.held) - bits(a.held))[0]?.zone;
}

function same(a: Reason, b: Reason): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
