import { inNetwork, isAddress } from '../lib/ip.ts';
import { commonPorts } from '../lib/ports.ts';
import type { Expectation, PortRange, Probe } from '../model/expectation.ts';
import type { Flow } from '../model/flow.ts';
import { deepFreeze } from '../model/freeze.ts';
import { type Message, message } from '../model/message.ts';
import type { Pointer } from '../model/pointer.ts';
import {
  type Assertion,
  type Host,
  isManaged,
  type Party,
  type Publication,
  type Site,
} from '../model/site.ts';
import { ruleText, touches } from './assertions.ts';
import { hostEndpoint, upstreamEndpoint } from './endpoints.ts';
import { flows } from './flows.ts';
import { publicRouter } from './forwardings.ts';

/** What the description promises of the network to whoever stands on one of its machines. */
interface Standpoint {
  readonly site: Site;
  readonly vantage: Host;
  /** The flows that this machine is among the beginnings of. */
  readonly allowed: readonly Flow[];
}

/**
 * What must be seen of the network from a described machine: which ports of every other one answer and which do not, what
 * the user asserts, and where names lead. That a host has no port but the promised ones is promised only where a firewall of
 * Poterne's stands in between.
 */
export function networkPromises(site: Site, vantage: Host): readonly Expectation[] {
  const allowed = flows(site).filter(({ from }) => isFrom(site, from, vantage));
  const from: Standpoint = { site, vantage, allowed };
  return deepFreeze([
    ...site.hosts.filter(({ name }) => name !== vantage.name).flatMap((host) => hostPromises(from, host)),
    ...servicePromises(from),
    ...site.assertions.flatMap((assertion, n) => assertionPromises(from, assertion, n)),
    ...dnsPromises(from),
  ]);
}

/** Whether some flow leads from a described machine to what is published, or to this publication alone. */
export function reachesGateway(site: Site, vantage: Host, at?: Pointer): boolean {
  return flows(site).some(
    ({ from, to, reasons }) =>
      to.kind === 'host' &&
      to.name === site.gateway.host &&
      isFrom(site, from, vantage) &&
      reasons.some(
        ({ because, say }) =>
          /^flow\.(guarded|(everyone|audience)(\.certificate)?)$/.test(say.code) &&
          (at === undefined || because === at || because.startsWith(`${at}/`)),
      ),
  );
}

function isFrom(site: Site, from: Flow['from'], { name }: Host): boolean {
  return touches(site, from, { kind: 'host', name }) === 'yes';
}

/** Every port of a described machine that this vantage may reach, and no other. */
function hostPromises(from: Standpoint, host: Host): Expectation[] {
  const { site, vantage, allowed } = from;
  const addresses = host.addresses.filter(isAddress);
  if (addresses.length === 0) return [];
  const here = allowed.filter(
    ({ to, protocol }) => protocol === 'tcp' && to.kind === 'host' && to.name === host.name,
  );
  const name = { vantage: vantage.name, host: host.name };
  const wanted = here.flatMap((flow) => connection(from, host, addresses, flow));
  if (!isGuarded(site, vantage, host)) return wanted;
  // What a router forwards answers at its public addresses as well.
  const forwarded =
    publicRouter(site)?.name === host.name && reachesGateway(site, vantage)
      ? [site.gateway.publicPort, site.gateway.httpPort]
      : [];
  const open = [
    ...new Set([...here.flatMap(({ port, forwardedTo }) => [port, forwardedTo ?? port]), ...forwarded]),
  ].sort((a, b) => a - b);
  const say =
    open.length > 0
      ? message('promise.scan', { ...name, ports: open.join(', ') })
      : message('promise.scan.none', name);
  return [
    ...wanted,
    promise(from, `${host.name}#scan`, host.name, say, host.pointer, {
      kind: 'scan',
      addresses,
      open,
      tried: tried(site),
    }),
  ];
}

/** Whether a firewall of Poterne's stands between two machines: on the second, or on a router between their zones. */
function isGuarded(site: Site, one: Host, other: Host): boolean {
  if (isManaged(other)) return true;
  const zone = (host: Host) => hostEndpoint(site, host).zone;
  return (
    zone(one) !== zone(other) && site.hosts.some((host) => host.roles.includes('router') && isManaged(host))
  );
}

const connectionCodes = {
  'flow.upstream': 'promise.connects.upstream',
  'flow.needs': 'promise.connects.needs',
  'flow.admin': 'promise.connects.admin',
  'flow.admin.via': 'promise.connects.admin',
} as const;

/** That what something depends on answers. What visitors may reach is proved by the promises of each publication. */
function connection(from: Standpoint, host: Host, addresses: readonly string[], flow: Flow): Expectation[] {
  const reason = flow.reasons.find(({ say }) => say.code in connectionCodes);
  if (!reason) return [];
  const { port } = flow;
  const code = connectionCodes[reason.say.code as keyof typeof connectionCodes];
  const params = { ...reason.say.params, vantage: from.vantage.name, host: host.name, port };
  const served = code === 'promise.connects.admin' ? addresses.slice(0, 1) : servedAt(from.site, host, port);
  return [
    promise(from, `${host.name}:${port}#connects`, host.name, message(code, params), reason.because, {
      kind: 'connects',
      addresses: served.length > 0 ? served : addresses.slice(0, 1),
      port,
    }),
  ];
}

/** The addresses of a machine at which services are said to listen on a port. */
function servedAt(site: Site, host: Host, port: number): string[] {
  const addresses = site.services.flatMap(({ upstreams }) =>
    upstreams.flatMap(({ address }) =>
      address.kind === 'tcp' && address.port === port && host.addresses.includes(address.host)
        ? [address.host]
        : [],
    ),
  );
  return [...new Set(addresses)];
}

/** The ports of the services themselves, and of SSH servers, are shut to whoever nothing leads there. */
function servicePromises(from: Standpoint): Expectation[] {
  const { site, vantage, allowed } = from;
  const isOpen = (host: string, port: number) =>
    allowed.some(
      ({ to, port: p, forwardedTo }) =>
        to.kind === 'host' && to.name === host && (p === port || forwardedTo === port),
    );
  const found = new Map<string, Expectation>();
  const shut = (host: Host, port: number, say: Message, because: Pointer) => {
    const addresses = host.addresses.filter(isAddress);
    const id = `${host.name}:${port}#shut`;
    if (host.name === vantage.name || addresses.length === 0 || found.has(id)) return;
    if (isOpen(host.name, port) || !isGuarded(site, vantage, host)) return;
    found.set(
      id,
      promise(from, id, host.name, say, because, { kind: 'refuses-connection', addresses, port }),
    );
  };
  for (const service of site.services)
    for (const { address, pointer } of service.upstreams) {
      const to = upstreamEndpoint(site, service, address);
      const host = site.hosts.find(({ name }) => to?.kind === 'host' && name === to.name);
      if (!host || address.kind !== 'tcp') continue;
      const params = {
        vantage: vantage.name,
        service: service.title ?? service.name,
        host: host.name,
        port: address.port,
      };
      shut(host, address.port, message('promise.shut.service', params), pointer);
    }
  for (const host of site.hosts.filter(isManaged))
    shut(
      host,
      host.ssh.port,
      message('promise.shut.ssh', { vantage: vantage.name, host: host.name }),
      host.ssh.pointer,
    );
  return [...found.values()];
}

/** The user's own assertions, as far as this vantage is whom they speak of. */
function assertionPromises(from: Standpoint, assertion: Assertion, n: number): Expectation[] {
  const { site, vantage } = from;
  const { verdict, to, port } = assertion;
  if (touches(site, hostEndpoint(site, vantage), assertion.from) !== 'yes') return [];
  const say = message('promise.assertion', { rule: ruleText(assertion), vantage: vantage.name });
  if (to.kind === 'publication') {
    const publication = site.publications.find(({ name }) => name === to.name);
    const probe = publication && publicationProbe(from, assertion, publication);
    return probe ? [promise(from, `expect/${n}`, to.name, say, assertion.pointer, probe)] : [];
  }
  const targets = site.hosts.filter(
    (host) => host.name !== vantage.name && touches(site, hostEndpoint(site, host), to) === 'yes',
  );
  return targets.flatMap((host) => {
    const addresses = meant(site, host, to);
    if (addresses.length === 0) return [];
    const probe = assertionProbe(site, verdict, addresses, port);
    return probe ? [promise(from, `expect/${n}/${host.name}`, host.name, say, assertion.pointer, probe)] : [];
  });
}

/** The addresses of a machine that a party means: a router stands in several zones. */
function meant({ zones }: Site, { addresses }: Host, { kind, name }: Party): readonly string[] {
  const own = addresses.filter(isAddress);
  const networks =
    kind === 'network'
      ? [name]
      : kind === 'zone'
        ? zones.find((zone) => zone.name === name)?.networks
        : undefined;
  const within = own.filter((address) => networks?.some((network) => inNetwork(address, network)));
  // A machine may be said to stand in a zone that holds none of its addresses.
  return within.length > 0 ? within : own;
}

/** Who must be let in can connect; who must not gets the refusal that is for nobody's eyes but theirs, or is hung up on. */
function publicationProbe(
  { site, vantage }: Standpoint,
  { verdict, port }: Assertion,
  { example, scenario }: Publication,
): Probe | undefined {
  const { publicPort, proxyProtocol } = site.gateway;
  if (verdict === 'allow') return { kind: 'resolves', name: example, port: port ?? publicPort };
  if (!reachesGateway(site, vantage)) return undefined;
  const door = { name: example, port: publicPort, proxyProtocol };
  return scenario === 'direct'
    ? { kind: 'answers', door: { ...door, from: [] }, path: '/' }
    : { kind: 'answers', door, path: '/', from: [] };
}

function assertionProbe(
  site: Site,
  verdict: Assertion['verdict'],
  addresses: readonly string[],
  port: number | undefined,
): Probe | undefined {
  if (verdict === 'deny')
    return port === undefined
      ? { kind: 'scan', addresses, open: [], tried: tried(site) }
      : { kind: 'refuses-connection', addresses, port };
  return port === undefined ? undefined : { kind: 'connects', addresses: addresses.slice(0, 1), port };
}

/** Where names lead, asked from a machine of a zone (or from outside all of them). */
function dnsPromises(from: Standpoint): Expectation[] {
  const { site, vantage } = from;
  const end = hostEndpoint(site, vantage);
  const stands = (zone: string) =>
    site.zones.some(({ name }) => name === zone)
      ? end.zone === zone
      : touches(site, end, { kind: 'internet', name: 'internet' }) === 'yes';
  return site.publications.flatMap(({ name, example, dns }) =>
    dns
      .filter(({ zone }) => stands(zone))
      .map(({ zone, addresses, pointer }) =>
        promise(
          from,
          `${name}#dns/${zone}`,
          name,
          message('promise.dns', { vantage: vantage.name, name: example, addresses: addresses.join(', ') }),
          pointer,
          { kind: 'resolves', name: example, addresses },
        ),
      ),
  );
}

function promise(
  { vantage }: Standpoint,
  id: string,
  about: string,
  say: Message,
  because: Pointer,
  probe: Probe,
): Expectation {
  return { id: `${vantage.name}→${id}`, about, promise: say, because, probe, vantages: [vantage.name] };
}

/** The usual ports, and every one that the description names. */
function tried({ services, gateway, hosts, publications }: Site): PortRange[] {
  const named = [
    ...services.flatMap(({ upstreams }) =>
      upstreams.flatMap(({ address }) => (address.kind === 'tcp' ? [address.port] : [])),
    ),
    ...publications.flatMap((p) => (p.scenario === 'direct' && p.port !== undefined ? [p.port] : [])),
    ...hosts.flatMap(({ ssh }) => (ssh ? [ssh.port] : [])),
    ...[gateway.httpPort, gateway.httpsPort, gateway.publicPort],
    ...(gateway.partners ? [gateway.partners.port] : []),
  ];
  return [...commonPorts, ...[...new Set(named)].map((port): PortRange => [port, port])];
}
