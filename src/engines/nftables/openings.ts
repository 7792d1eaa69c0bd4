import { say } from '../../i18n/index.ts';
import { parseNetwork } from '../../lib/ip.ts';
import type { Endpoint, Flow, Reason } from '../../model/flow.ts';
import { message } from '../../model/message.ts';
import type { Network } from '../../model/network.ts';
import type { Pointer } from '../../model/pointer.ts';
import type { Host, Language, Site } from '../../model/site.ts';
import {
  families,
  match,
  networkAround,
  ofFamily,
  ownNetworks,
  ownSide,
  pruned,
  type Side,
  sideOf,
} from './matches.ts';
import { type Node, oneOf, rule, type Word } from './syntax.ts';

/** Connections that one rule (or one for each family) lets through. */
export interface Opening {
  readonly from: Side;
  readonly to: Side;
  readonly protocol: Flow['protocol'];
  readonly ports: readonly number[];
  readonly comment: string;
  readonly origin: Pointer;
}

/** What others may open to this host: administration first, so that no other rule can come before it. */
export function incoming(network: Network, host: Host): readonly Opening[] {
  const { site } = network;
  const wanted = network.flows.flatMap((flow): Opening[] => {
    const to = ownSide(flow.to, host, 'target');
    const from = sideOf(site, flow.from, 'source');
    // What is led elsewhere never arrives here.
    if (to === undefined || from === undefined || isForwarder(network, flow, host)) return [];
    return [opening(site, flow, from, to, [flow.forwardedTo ?? flow.port])];
  });
  const isAdmin = ({ origin }: Opening) => administers(network, origin);
  return merged([...wanted.filter(isAdmin), ...wanted.filter((one) => !isAdmin(one))]);
}

/** What this host may open to others. */
export function outgoing(network: Network, host: Host): readonly Opening[] {
  const { site } = network;
  return merged(
    network.flows.flatMap((flow): Opening[] => {
      const from = ownSide(flow.from, host, 'source');
      const shown = sideOf(site, flow.to, 'target');
      if (from === undefined || shown === undefined) return [];
      // What it says to itself leaves it only by an address that a router has for it.
      const to = isHost(flow.to, host) && typeof shown !== 'string' ? others(shown, host) : shown;
      if (to.length === 0) return [];
      return [opening(site, flow, from, to, portsAsked(flow))];
    }),
  );
}

/** What may pass through this host from one network to another. */
export function passing(network: Network, host: Host): readonly Opening[] {
  const { site } = network;
  return merged(
    network.flows.flatMap((flow): Opening[] => {
      if (isHost(flow.from, host) || isHost(flow.to, host)) return [];
      const from = sideOf(site, flow.from, 'source');
      const shown = sideOf(site, flow.to, 'target');
      if (from === undefined || shown === undefined) return [];
      const led = ledTo(network, flow, host);
      // What this host led elsewhere passes with the address and the port that it was led to.
      const to = led ?? shown;
      if (!led && stayInside(site, from, to)) return [];
      return [opening(site, flow, from, to, led ? [flow.forwardedTo ?? flow.port] : portsAsked(flow))];
    }),
  );
}

/** The rules of an opening: one, or one for each family when addresses are named. `ports` matches them otherwise. */
export function rulesOf(
  { from, to, protocol, ports, comment, origin }: Opening,
  verdict: readonly Word[],
  before: readonly Word[] = [],
  asked: (protocol: Flow['protocol'], ports: Word) => readonly Word[] = (proto, word) => [
    proto,
    'dport',
    word,
  ],
): Node[] {
  const tail = [...asked(protocol, oneOf(ports)), 'counter', ...verdict];
  if (from === 'anybody' && to === 'anybody') return [rule(origin, [...before, ...tail], comment)];
  return families.flatMap((family) => {
    const source = match(from, 'saddr', family);
    const target = match(to, 'daddr', family);
    return source && target ? [rule(origin, [...before, ...source, ...target, ...tail], comment)] : [];
  });
}

/**
 * The answers of TCP connections that stood before the firewall came: the kernel may see one of them first, and takes it
 * for a connection of its own. Nothing can be opened by what asks for no connection (SYN, RFC 9293, 3.5).
 */
export function answersTo({ from, to, ...opening }: Opening): Node[] {
  if (opening.protocol !== 'tcp') return [];
  const answer = {
    ...opening,
    from: to,
    to: from,
    comment: 'answers on connections that stood before this firewall',
  };
  return rulesOf(answer, ['accept'], [], (protocol, ports) => [
    ...[protocol, 'sport', ports],
    ...['tcp', 'flags', '&', 'syn', '==', 0],
  ]);
}

/** Why something is open, in the site's language: the first reason, and how many more there are. */
export function reasonText(language: Language, reasons: readonly Reason[]): string {
  const [first, ...more] = reasons;
  const reason = first ? say(language, first.say) : '';
  return more.length === 0 ? reason : say(language, message('firewall.more', { reason, count: more.length }));
}

function opening(site: Site, flow: Flow, from: Side, to: Side, ports: readonly number[]): Opening {
  return {
    from,
    to,
    protocol: flow.protocol,
    ports,
    comment: reasonText(site.language, flow.reasons),
    origin: flow.reasons[0]?.because ?? '',
  };
}

/** Openings that differ in their ports only are one. */
function merged(openings: readonly Opening[]): readonly Opening[] {
  const found = new Map<string, Opening>();
  for (const one of openings) {
    const key = JSON.stringify([one.from, one.to, one.protocol, one.comment, one.origin]);
    const known = found.get(key);
    found.set(key, known ? { ...known, ports: [...new Set([...known.ports, ...one.ports])] } : one);
  }
  return [...found.values()];
}

/** The port that is asked for, and the one behind it where somebody in front forwards. */
const portsAsked = ({ port, forwardedTo }: Flow) => [...new Set([port, forwardedTo ?? port])];

const isHost = (end: Endpoint, host: Host) => end.kind === 'host' && end.name === host.name;

const others = (networks: readonly string[], host: Host) =>
  networks.filter((network) => !ownNetworks(host).includes(network));

/** Whether the flow ends at a port of this host that leads to another machine. */
function isForwarder({ forwardings }: Network, { to, protocol, port }: Flow, host: Host): boolean {
  return (
    isHost(to, host) &&
    forwardings.some((f) => f.at === host.name && f.protocol === protocol && f.port === port)
  );
}

/** The addresses to which this host leads the flow, when it leads any of it to where it ends. */
function ledTo(
  { forwardings }: Network,
  { to, protocol, port, forwardedTo }: Flow,
  host: Host,
): Side | undefined {
  if (to.kind !== 'host') return undefined;
  const ends = ownNetworks(to);
  const led = forwardings
    .filter((f) => f.at === host.name && f.protocol === protocol)
    .flatMap((f) => f.to.filter((target) => target.port === (forwardedTo ?? port)))
    .flatMap(({ address }) => parseNetwork(address) ?? [])
    .filter((network) => ends.includes(network));
  return led.length === 0 ? undefined : pruned(led);
}

/** Whether all of it stays in one network, where no router sees it. */
function stayInside(site: Site, from: Side, to: Side): boolean {
  if (typeof from === 'string' || typeof to === 'string') return false;
  return families.every((family) => {
    const ends = [...ofFamily(from, family), ...ofFamily(to, family)];
    const around = ends.map((end) => (end.includes('/') ? end : (networkAround(site, end) ?? end)));
    return new Set(around).size <= 1;
  });
}

function administers({ site }: Network, origin: Pointer): boolean {
  return (
    origin === site.admin?.pointer ||
    site.hosts.some(({ ssh }) => ssh !== undefined && ssh.pointer === origin)
  );
}
