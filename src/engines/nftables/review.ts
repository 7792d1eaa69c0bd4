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
  for (const host of walled)
    for (const flow of network.flows)
      for (const end of nameless(site, host, flow)) found.set(end.name, unknown(end, flow));
  return [...found.values(), ...walled.filter((host) => isMute(network, host)).map(mute)];
}

/** The ends of a flow that concerns a host's firewall, and whose addresses the description does not tell. */
function nameless(site: Site, host: Host, { from, to }: Flow): Endpoint[] {
  const router = host.roles.includes('router');
  const source =
    sideOf(site, from, 'source') === undefined && (router || ownSide(to, host, 'target') !== undefined);
  const leaves = isClosed(site, host) && ownSide(from, host, 'source') !== undefined;
  const target = sideOf(site, to, 'target') === undefined && (router || leaves);
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
