import type { Finding } from '../../model/finding.ts';
import type { Endpoint, Flow } from '../../model/flow.ts';
import { message } from '../../model/message.ts';
import type { Network } from '../../model/network.ts';
import { type Host, isManaged, type Site } from '../../model/site.ts';
import { ownSide, sideOf } from './matches.ts';
import { isClosed } from './render/context.ts';
import { settingsOf } from './schema.ts';

const names = 53;

/** What the flows show: ends that no rule can name, and hosts that cannot ask a name server. */
export function examine(network: Network): Finding[] {
  const { site } = network;
  const walled = site.hosts.filter((host) => isManaged(host) && settingsOf(host));
  const found = new Map<string, Finding>();
  // Few flows have such an end, and which ones is the same for all hosts: there may be thousands of each.
  const blind = network.flows.map((flow) => blindOf(site, flow)).filter(({ from, to }) => from || to);
  for (const host of blind.length === 0 ? [] : walled) {
    const closed = isClosed(site, host);
    for (const one of blind)
      for (const end of nameless(host, closed, one)) found.set(end.name, unknown(end, one.flow));
  }
  return [...found.values(), ...walled.filter((host) => isMute(network, host)).map(mute)];
}

/** A flow, and which of its ends have addresses that the description does not tell. */
interface Blind {
  readonly flow: Flow;
  readonly from: boolean;
  readonly to: boolean;
}

function blindOf(site: Site, flow: Flow): Blind {
  const { from, to } = flow;
  return {
    flow,
    from: sideOf(site, from, 'source') === undefined,
    to: sideOf(site, to, 'target') === undefined,
  };
}

/** Those ends of such a flow that concern a host's firewall. */
function nameless(host: Host, closed: boolean, { flow, ...is }: Blind): Endpoint[] {
  const { from, to } = flow;
  const router = host.roles.includes('router');
  const source = is.from && (router || ownSide(to, host, 'target') !== undefined);
  const target = is.to && (router || (closed && ownSide(from, host, 'source') !== undefined));
  const isSelf = (end: Endpoint) => end.kind === 'host' && end.name === host.name;
  return [...(source ? [from] : []), ...(target ? [to] : [])].filter((end) => !isSelf(end));
}

function unknown({ name }: Endpoint, { reasons }: Flow): Finding {
  return {
    severity: 'error',
    code: 'firewall.address.unknown',
    params: { name },
    pointer: reasons[0]?.because ?? '',
    hint: message('firewall.address.unknown.hint', { name }),
  };
}

function isMute({ site, flows }: Network, host: Host): boolean {
  return (
    isClosed(site, host) &&
    !flows.some(({ from, port }) => port === names && ownSide(from, host, 'source') !== undefined)
  );
}

function mute({ name, pointer }: Host): Finding {
  return {
    severity: 'warning',
    code: 'firewall.mute',
    params: { name },
    pointer,
    onKey: true,
    hint: message('firewall.mute.hint', { name }),
  };
}
