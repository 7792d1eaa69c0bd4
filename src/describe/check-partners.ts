import { isAddress, isLoopback, isPrivate, parseNetwork } from '../lib/ip.ts';
import { message } from '../model/message.ts';
import { pointer } from '../model/pointer.ts';
import { checkParty, partiesNamed } from './check-assertions.ts';
import type { Checking } from './checking.ts';
import { callerNetworks, innerAddresses } from './resolve-partners.ts';
import type { PartnerEntry } from './schema/partners.ts';
import { wordsOf } from './schema/tls.ts';

/** Partners: who may call them, for what, with which certificate, and where; nothing of it open to the internet. */
export function checkPartners(checking: Checking): void {
  for (const [name, entry] of checking.parsed.partners) {
    checkPartner(checking, name, entry);
    for (const [i, caller] of entry.callers.entries())
      checkCaller(checking, caller, pointer('partners', name, 'callers', i));
  }
  checkSockets(checking);
  checkDoor(checking);
}

function checkPartner(
  { parsed, report, reference, whole }: Checking,
  name: string,
  entry: PartnerEntry,
): void {
  const at = pointer('partners', name);
  if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name))
    report('error', { code: 'partner.name', params: { value: name }, pointer: at, onKey: true });
  const configuration = entry['tls-configuration'];
  if (configuration !== undefined) {
    const here = `${at}/tls-configuration`;
    reference('tls-configurations', configuration, here);
    const named = parsed['tls-configurations'].get(configuration);
    if (named && wordsOf(named).server.length > 0)
      report('error', {
        code: 'tls-configuration.server',
        params: { name: configuration },
        pointer: here,
        hint: message('tls-configuration.server.hint'),
      });
  }
  if (entry.callers.length === 0 && entry.socket === undefined && whole(at))
    report('error', {
      code: 'partner.callers.missing',
      params: { name },
      pointer: at,
      onKey: true,
      hint: message('partner.callers.missing.hint'),
    });
  // nginx compares a certificate's DNS names only.
  const expected = entry.trust.name ?? entry.url.host;
  if (isAddress(expected))
    report('error', {
      code: 'nginx.trust.address',
      params: { value: expected },
      pointer: entry.trust.name === undefined ? `${at}/url` : `${at}/trust/name`,
    });
  const { healthy, paths, methods } = entry;
  if (healthy && !(methods.includes('GET') && isBelow(healthy.path, paths)))
    report('error', { code: 'partner.healthy.path', params: { name }, pointer: `${at}/healthy/path` });
}

/** Whether a path is one of those that may be asked for. */
function isBelow(asked: string, paths: readonly string[]): boolean {
  const path = asked.replace(/\?.*$/s, '');
  return paths.some((one) => path === one || path.startsWith(one.endsWith('/') ? one : `${one}/`));
}

function checkCaller(checking: Checking, caller: string, at: string): void {
  const { parsed, report } = checking;
  checkParty(checking, caller, 'machine', at);
  const [party] = partiesNamed(parsed, caller);
  const everyone = party?.kind === 'everyone' || party?.kind === 'internet';
  if (everyone || callerNetworks(parsed, [caller]).some((network) => network.endsWith('/0')))
    report('error', {
      code: 'partner.callers.everyone',
      params: { name: caller },
      pointer: at,
      hint: message('partner.callers.everyone.hint'),
    });
  else if (party?.kind === 'host' && callerNetworks(parsed, [caller]).length === 0)
    report('error', {
      code: 'partner.callers.address',
      params: { name: caller },
      pointer: at,
      hint: message('partner.callers.address.hint'),
    });
}

function checkSockets({ parsed, report, other }: Checking): void {
  const seen = new Map<string, string>();
  for (const [name, { socket }] of parsed.partners) {
    if (socket === undefined) continue;
    const at = pointer('partners', name, 'socket');
    const first = seen.get(socket);
    if (first === undefined) seen.set(socket, at);
    else report('error', { code: 'value.twice', params: { value: socket }, pointer: at, hint: other(first) });
  }
}

/** It must stand inside: on no address that the internet reaches, and not on every one. */
function checkDoor({ parsed, report }: Checking): void {
  const networks = [...parsed.partners.values()].flatMap(({ callers }) => callerNetworks(parsed, callers));
  const gateway = parsed.gateway;
  const door = gateway?.partners;
  for (const [i, address] of (door?.listen ?? []).entries())
    if (!isInner(address))
      report('error', {
        code: 'partner.listen.public',
        params: { address },
        pointer: pointer('gateway', 'partners', 'listen', i),
        hint: message('partner.listen.public.hint'),
      });
  const { port } = door ?? { port: undefined };
  if (
    port !== undefined &&
    networks.length > 0 &&
    [gateway?.['http-port'], gateway?.['https-port']].includes(port)
  )
    report('error', { code: 'partner.port', params: { port }, pointer: '/gateway/partners/port' });
  if (door?.listen !== undefined) return;
  const host = [...parsed.hosts].find(([, { roles }]) => roles.includes('gateway'));
  const listen = innerAddresses([host?.[1].address ?? []].flat());
  const far = networks.find((network) => !isLoopback(network.split('/')[0] as string));
  if (far !== undefined && listen.every(isLoopback))
    report('error', {
      code: 'partner.listen.missing',
      params: { network: far },
      pointer: pointer('partners', [...parsed.partners.keys()][0] ?? ''),
      onKey: true,
      hint: message('partner.listen.missing.hint'),
    });
}

/** An address of the inside, and not all of them at once. */
function isInner(address: string): boolean {
  const network = parseNetwork(address);
  return network !== undefined && (isPrivate(network) || isLoopback(address));
}
