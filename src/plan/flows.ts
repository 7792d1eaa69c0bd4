import { bastionOf } from '../lib/access.ts';
import { networkText } from '../lib/ip.ts';
import type { Endpoint, Flow, LocalLink, Reason } from '../model/flow.ts';
import { deepFreeze } from '../model/freeze.ts';
import { message } from '../model/message.ts';
import {
  type Address,
  clientVerification,
  type DirectPublication,
  direct,
  isManaged,
  type Publication,
  type Service,
  type Site,
} from '../model/site.ts';
import { askAcme } from './acme-flows.ts';
import {
  endpointOf,
  gatewayEndpoint,
  hostEndpoint,
  networkEndpoint,
  partyEndpoint,
  upstreamEndpoint,
  visitorEndpoint,
} from './endpoints.ts';
import { forwarderOf } from './forwardings.ts';
import { askDirectories, askMail } from './outgoing-flows.ts';
import { partnerFlows } from './partner-flows.ts';

type Wanted = Omit<Flow, 'reasons'>;
type Ask = (wanted: Wanted, reason: Reason) => void;

/**
 * Every network flow that the description asks for, each once, with all its reasons, in the description's order:
 * visitors (and trusted fronts) to the gateway, then the gateway to what it publishes, callers to the gateway and it to partners, what services need of each other, what
 * was granted, and administration. Nothing else need be open.
 */
export function flows(site: Site): readonly Flow[] {
  const found = new Map<string, Wanted & { reasons: Reason[] }>();
  // A thousand publications are a thousand reasons of one flow.
  const told = new Set<string>();
  const ask: Ask = (wanted, reason) => {
    const key = JSON.stringify([wanted.from, wanted.to, wanted.protocol, wanted.port]);
    const known = found.get(key);
    const why = `${key} ${JSON.stringify(reason)}`;
    if (told.has(why)) return;
    told.add(why);
    if (known) known.reasons.push(reason);
    else found.set(key, { ...wanted, reasons: [reason] });
  };
  const gateway = gatewayEndpoint(site);
  const throughGateway = site.publications.filter((p) => !isForwarded(p));
  for (const publication of throughGateway) askVisitors(site, gateway, publication, ask);
  for (const publication of direct(site)) if (isForwarded(publication)) askDirect(site, publication, ask);
  if (throughGateway.length > 0) askFronts(site, gateway, ask);
  for (const [service, address, reason] of upstreamsUsed(site)) {
    const to = upstreamEndpoint(site, service, address);
    if (to && address.kind === 'tcp') ask({ from: gateway, to, protocol: 'tcp', port: address.port }, reason);
  }
  for (const [wanted, reason] of partnerFlows(site)) ask(wanted, reason);
  askAcme(site, ask);
  askDirectories(site, ask);
  askMail(site, ask);
  askNeeds(site, ask);
  askGrants(site, ask);
  askAdministration(site, ask);
  askBastion(site, ask);
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

function askVisitors(site: Site, gateway: Endpoint, publication: Publication, ask: Ask): void {
  const { name, scenario, audience, pointer } = publication;
  const { httpPort, httpsPort, publicPort } = site.gateway;
  const asked = askedOf(site, publication);
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
        say: audience.rules ? message('flow.guarded', { name }) : opened(name, who, asked),
        because: audience.pointer,
      },
    );
    // Only the proxy answers plain http.
    if (scenario === 'direct') continue;
    ask(
      { from, to: gateway, protocol: 'tcp', port: httpPort },
      { say: message('flow.redirect', { name }), because: pointer },
    );
  }
}

/** The configuration whose certificate all of a publication wants. */
function askedOf(site: Site, publication: Publication): string | undefined {
  const { everywhere, configuration } = clientVerification(site, publication) ?? {};
  return everywhere && configuration?.client === 'required' ? configuration.name : undefined;
}

function opened(name: string, who: string, configuration?: string): Reason['say'] {
  if (who === 'everyone')
    return configuration === undefined
      ? message('flow.everyone', { name })
      : message('flow.everyone.certificate', { name, configuration });
  return configuration === undefined
    ? message('flow.audience', { name, who })
    : message('flow.audience.certificate', { name, who, configuration });
}

/** Whether a port of its own leads visitors to the service, past the gateway's servers. */
function isForwarded(publication: Publication): publication is DirectPublication & { readonly port: number } {
  return publication.scenario === 'direct' && publication.port !== undefined;
}

/** Visitors reach the service itself, unless the machine that forwards stands for them. */
function askDirect(site: Site, publication: DirectPublication & { readonly port: number }, ask: Ask): void {
  const { name, audience, port } = publication;
  const { at, masquerade } = forwarderOf(site);
  const forwarder = endpointOf(site, at);
  for (const [service, address] of upstreamsOf(site, publication)) {
    const to = upstreamEndpoint(site, service, address);
    if (!to || address.kind === 'unix') continue;
    for (const who of audience.from) {
      const from = visitorEndpoint(site, who);
      const reason = { say: opened(name, who), because: audience.pointer };
      ask({ from, to: forwarder, protocol: 'tcp', port }, reason);
      ask({ from: masquerade ? forwarder : from, to, protocol: 'tcp', port: address.port }, reason);
    }
  }
}

/** Visitors who come through a load balancer arrive from its address. */
function askFronts(site: Site, gateway: Endpoint, ask: Ask): void {
  const { trustedFronts, httpPort, httpsPort, pointer } = site.gateway;
  for (const front of trustedFronts)
    for (const port of [httpsPort, httpPort])
      ask(
        { from: networkEndpoint(site, front), to: gateway, protocol: 'tcp', port },
        { say: message('flow.front', { front: networkText(front) }), because: `${pointer}/trusted-fronts` },
      );
}

/** Each upstream of each service that the gateway reaches, once for each publication that leads there. */
function* upstreamsUsed(site: Site): Generator<readonly [Service, Address, Reason]> {
  for (const publication of site.publications.filter((p) => !isForwarded(p)))
    for (const [service, address, because] of upstreamsOf(site, publication)) {
      const say = message('flow.upstream', { name: publication.name, service: service.name });
      yield [service, address, { say, because }];
    }
}

/** Where a publication leads, each service once, with the route that leads there first. */
function* upstreamsOf(site: Site, { routes }: Publication): Generator<readonly [Service, Address, string]> {
  const services = new Map(site.services.map((service) => [service.name, service]));
  const told = new Set<string>();
  for (const route of routes) {
    const service = services.get(route.service);
    if (!service || told.has(service.name)) continue;
    told.add(service.name);
    for (const { address } of service.upstreams) yield [service, address, route.pointer];
  }
}

/** A service connects to those that it says it needs, from the machine that it runs on. */
function askNeeds(site: Site, ask: Ask): void {
  for (const { name, host, needs, pointer } of site.services)
    for (const needed of needs) {
      const service = site.services.find((s) => s.name === needed);
      if (!service || host === undefined) continue;
      const from = endpointOf(site, host);
      const reason = {
        say: message('flow.needs', { service: name, needed }),
        because: `${pointer}/needs`,
      };
      for (const { address } of service.upstreams) {
        // On the gateway's machine: everybody else reaches it by the machine's address.
        const to = upstreamEndpoint(site, service, address) ?? gatewayEndpoint(site);
        if (address.kind === 'tcp' && (to.kind !== 'host' || to.name !== host))
          ask({ from, to, protocol: 'tcp', port: address.port }, reason);
      }
    }
}

function askGrants(site: Site, ask: Ask): void {
  for (const { from, to, protocol, ports, why, pointer } of site.grants)
    for (const port of ports)
      ask(
        { from: partyEndpoint(site, from), to: partyEndpoint(site, to), protocol, port },
        { say: message('flow.grant', { why }), because: pointer },
      );
}

/** The machines that Poterne acts on are administered over SSH: through another one where they say so, else from the described places. */
function askAdministration(site: Site, ask: Ask): void {
  for (const host of site.hosts.filter(isManaged)) {
    const to = hostEndpoint(site, host);
    const { port, via, pointer } = host.ssh;
    if (via !== undefined)
      ask(
        { from: endpointOf(site, via), to, protocol: 'tcp', port },
        { say: message('flow.admin.via', { host: host.name, via }), because: pointer },
      );
    else
      for (const party of site.admin?.from ?? [])
        ask(
          { from: partyEndpoint(site, party), to, protocol: 'tcp', port },
          {
            say: message('flow.admin', { host: host.name, who: networkText(party.name) }),
            because: site.admin?.pointer ?? '',
          },
        );
  }
}

/** Sessions go on from the bastion, to those machines that somebody may enter. */
function askBastion(site: Site, ask: Ask): void {
  const bastion = bastionOf(site);
  if (!bastion) return;
  for (const host of site.hosts.filter(isManaged)) {
    if (host.name === bastion.host) continue;
    const rules = [...site.access, ...(bastion.breakGlass ? [bastion.breakGlass] : [])];
    const rule = rules.find(({ hosts, people }) => people.length > 0 && hosts.includes(host.name));
    if (!rule) continue;
    ask(
      {
        from: endpointOf(site, bastion.host),
        to: hostEndpoint(site, host),
        protocol: 'tcp',
        port: host.ssh.port,
      },
      { say: message('flow.bastion', { host: host.name }), because: rule.pointer },
    );
  }
}

function same(a: Reason, b: Reason): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
