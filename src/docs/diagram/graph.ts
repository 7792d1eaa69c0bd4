import { isPrivate, networkText } from '../../lib/ip.ts';
import type { Endpoint, Flow } from '../../model/flow.ts';
import { type Message, message } from '../../model/message.ts';
import type { DocumentedHost, Perimeter } from '../perimeter.ts';

/** A line of text in a box: a literal, an address, or words of the reader's language. */
export type Line = string | { readonly address: string } | Message;

/** A box: a machine, an address, or the people and systems of a network. */
export interface Node {
  readonly kind: 'visitors' | 'gateway' | 'host' | 'address';
  readonly title: Line;
  /** An address, set as such. */
  readonly address?: string;
  readonly lines: readonly Line[];
}

/** A zone, or what stands in none. */
export interface Panel {
  readonly title: Line;
  readonly networks: readonly string[];
  readonly nodes: readonly Node[];
  /** It is no zone of the description. */
  readonly implied: boolean;
}

/** The gateway is at one end of every flow that is drawn (the matrix has all of them); this is the other one. */
export interface Link {
  readonly node: Node;
  readonly direction: 'in' | 'out' | 'local';
  readonly ports: readonly (number | string)[];
  readonly reasons: readonly Message[];
}

/** What the diagram shows: who comes from outside, the gateway's zone, and the zones behind it. */
export interface Graph {
  readonly outside: readonly Panel[];
  readonly middle: Panel;
  readonly inside: readonly Panel[];
  readonly gateway: Node;
  readonly links: readonly Link[];
}

interface Draft {
  readonly title: Line;
  readonly networks: readonly string[];
  readonly implied: boolean;
  readonly sources: Node[];
  readonly hosts: Node[];
}

const shownNames = 8;

/** The graph of a perimeter, in the description's order. */
export function graphOf(perimeter: Perimeter): Graph {
  const zones = new Map<string, Draft>();
  for (const { name, networks } of perimeter.zones) zones.set(name, draft(name, networks, false));
  const internet = zones.get('internet') ?? draft(message('docs.diagram.internet'), [], true);
  const unplacedSources = draft(message('docs.diagram.nozone'), [], true);
  const unplaced = draft(message('docs.diagram.nozone'), [], true);
  const gatewayHost = perimeter.hosts.find(({ name }) => name === perimeter.gateway.host);
  const gateway = gatewayNode(perimeter, gatewayHost);
  const home = zones.get(gatewayHost?.zone ?? '') ?? draft(message('docs.diagram.nozone'), [], true);

  const nodes = new Map<string, Node>();
  const links = new Map<
    Node,
    { direction: Link['direction']; ports: (number | string)[]; reasons: Message[] }
  >();
  const link = (
    node: Node,
    direction: Link['direction'],
    port: number | string,
    reasons: Flow['reasons'],
  ) => {
    const known = links.get(node) ?? { direction, ports: [], reasons: [] };
    links.set(node, known);
    if (!known.ports.includes(port)) known.ports.push(port);
    known.reasons.push(...reasons.map(({ say }) => say));
  };
  const once = (key: string, make: () => Node, put: (node: Node) => void): Node => {
    const known = nodes.get(key);
    if (known) return known;
    const node = make();
    nodes.set(key, node);
    put(node);
    return node;
  };

  for (const host of perimeter.hosts) {
    if (host === gatewayHost) continue;
    const put = (node: Node) => (zones.get(host.zone ?? '') ?? unplaced).hosts.push(node);
    once(`host ${host.name}`, () => hostNode(perimeter, host), put);
  }
  for (const flow of perimeter.flows) {
    const { from, to, port, reasons } = flow;
    const isVisit = to.kind === 'host' && to.name === perimeter.gateway.host;
    if (isVisit) {
      const put = (node: Node) => sourcesOf(from).sources.push(node);
      link(
        once(`from ${endKey(from)}`, () => sourceNode(flow), put),
        'in',
        port,
        reasons,
      );
    } else if (from.kind === 'host' && from.name === perimeter.gateway.host) {
      const make = (): Node => ({
        kind: 'address',
        title: networkText(to.name),
        lines: servedBy(perimeter, reasons),
      });
      const place = to.kind === 'internet' ? internet : (zones.get(zoneOf(to) ?? '') ?? unplaced);
      const put = (node: Node) => place.hosts.push(node);
      link(once(`${to.kind} ${to.name}`, make, put), 'out', port, reasons);
    }
  }
  for (const { host, at, reasons } of perimeter.local) {
    const node = host === undefined ? undefined : nodes.get(`host ${host}`);
    const port = at.startsWith('unix:') ? 'unix' : (at.split(':').at(-1) as string);
    if (node && links.get(node)?.direction !== 'out') link(node, 'local', port, reasons);
  }

  /** Where those stand who come from an end. */
  function sourcesOf(from: Endpoint): Draft {
    if (from.kind === 'zone' && !isEveryone(from)) return zones.get(from.name) ?? internet;
    if (from.kind === 'zone') return internet;
    const zone = zones.get(zoneOf(from) ?? '');
    return zone ?? (from.kind === 'network' && isPrivate(from.name) ? unplacedSources : internet);
  }

  home.hosts.unshift(gateway);
  const isOutside = (d: Draft) => d === internet || (d.hosts.length === 0 && d.sources.length > 0);
  const others = [...zones.values()].filter((d) => d !== home && d !== internet);
  const filled = (d: Draft) => d.hosts.length + d.sources.length > 0 || !d.implied;
  return {
    outside: [internet, ...others.filter(isOutside), unplacedSources]
      .filter((d) => d !== home && filled(d))
      .map(panel),
    middle: panel(home),
    inside: [...others.filter((d) => !isOutside(d)), unplaced].filter(filled).map(panel),
    gateway,
    links: [...links].map(([node, rest]) => ({ node, ...rest })),
  };
}

function draft(title: Line, networks: readonly string[], implied: boolean): Draft {
  return { title, networks, implied, sources: [], hosts: [] };
}

/** The gateway first in its own zone; elsewhere those who come, then the machines. */
function panel({ title, networks, implied, sources, hosts }: Draft): Panel {
  const [first, ...rest] = hosts;
  const nodes = first?.kind === 'gateway' ? [first, ...sources, ...rest] : [...sources, ...hosts];
  return { title, networks, implied, nodes };
}

function zoneOf(end: Endpoint): string | undefined {
  return end.kind === 'host' || end.kind === 'network' ? end.zone : undefined;
}

function isEveryone(end: Endpoint): boolean {
  return end.kind === 'zone' && end.networks.includes('0.0.0.0/0');
}

function endKey(end: Endpoint): string {
  return `${end.kind} ${isEveryone(end) ? '*' : ''}${end.name}`;
}

function sourceNode({ from, reasons }: Flow): Node {
  if (isEveryone(from)) return { kind: 'visitors', title: message('docs.diagram.everyone'), lines: [] };
  if (from.kind === 'zone') return { kind: 'visitors', title: message('docs.diagram.visitors'), lines: [] };
  const isFront = reasons.every(({ say }) => say.code === 'flow.front');
  const kind = isFront ? 'address' : 'visitors';
  return { kind, title: networkText(from.name), lines: isFront ? [message('docs.diagram.front')] : [] };
}

function gatewayNode(perimeter: Perimeter, host: DocumentedHost | undefined): Node {
  const names = perimeter.publications.map(({ name }) => name);
  const local = perimeter.local.filter((l) => l.host === undefined);
  return {
    kind: 'gateway',
    title: perimeter.gateway.host,
    ...shownAddress(host),
    lines: [
      ...(names.length > 0 ? [message('docs.diagram.publishes'), ...few(names)] : []),
      ...(local.length > 0
        ? [
            message('docs.diagram.local'),
            ...few(
              local.flatMap(({ service, at }): Line[] => [titleOf(perimeter, service), { address: at }]),
            ),
          ]
        : []),
    ],
  };
}

/** A box has room for one. */
function shownAddress(host: DocumentedHost | undefined): { readonly address?: string } {
  const [address] = host?.addresses ?? [];
  return address === undefined ? {} : { address };
}

function hostNode(perimeter: Perimeter, host: DocumentedHost): Node {
  const { name, services } = host;
  const lines = services.map((service) => [...service.ports, titleOf(perimeter, service.name)].join(' · '));
  return { kind: 'host', title: name, ...shownAddress(host), lines: few(lines) };
}

function servedBy(perimeter: Perimeter, reasons: Flow['reasons']): Line[] {
  const services = reasons.flatMap(({ say: { params } }) =>
    params.service === undefined ? [] : [String(params.service)],
  );
  return few([...new Set(services)].map((service) => titleOf(perimeter, service)));
}

function titleOf(perimeter: Perimeter, service: string): string {
  return perimeter.services.find(({ name }) => name === service)?.title ?? service;
}

function few(lines: readonly Line[]): Line[] {
  if (lines.length <= shownNames) return [...lines];
  const more = message('docs.diagram.more', { count: lines.length - shownNames + 1 });
  return [...lines.slice(0, shownNames - 1), more];
}
