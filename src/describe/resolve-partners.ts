import { isLoopback, isPrivate, parseNetwork } from '../lib/ip.ts';
import type { Partner, PartnerDoor } from '../model/partner.ts';
import { pointer } from '../model/pointer.ts';
import type { Host } from '../model/site.ts';
import type { TlsConfiguration } from '../model/tls.ts';
import type { Parsed } from './parse.ts';
import type { PartnerEntry } from './schema/partners.ts';

type File = (name: string, at: string) => string;

/**
 * The identifier of a partner in engines: its name has no underscore. Three of them in a row stand in no publication's (see
 * `publicationId`): `partner_lan` is that of a publication `partner.lan`, whose certificate a partner would share.
 */
const partnerId = (name: string): string => `partner___${name.replaceAll('-', '_')}`;

/** What internal applications call outside. */
export function resolvePartners(
  parsed: Parsed,
  configurations: readonly TlsConfiguration[],
  file: File,
): readonly Partner[] {
  return [...parsed.partners].map(([name, entry]) => {
    const at = pointer('partners', name);
    const { url, trust, callers, paths, methods, socket, pins, size, timeouts, healthy } = entry;
    const tls = configurations.find(
      (one) => one.kind === 'client' && one.name === entry['tls-configuration'],
    );
    return {
      id: partnerId(name),
      name,
      ...url,
      ...(tls?.kind === 'client' ? { tls } : {}),
      trust: {
        ...(trust.ca === undefined ? {} : { ca: file(trust.ca, at) }),
        name: trust.name ?? url.host,
      },
      pins,
      callers: [...new Set(callers)],
      networks: callerNetworks(parsed, callers),
      ...(socket === undefined ? {} : { socket }),
      paths: [...new Set(paths)].map((path) => ({ path, pointer: `${at}/paths/${paths.indexOf(path)}` })),
      methods: [...new Set(methods)],
      size,
      timeouts,
      ...(healthy === undefined ? {} : { healthy }),
      pointer: at,
    };
  });
}

/** The CIDR blocks of zones, hosts and networks. */
export function callerNetworks(parsed: Parsed, callers: PartnerEntry['callers']): readonly string[] {
  const networks = callers.flatMap((who) => {
    const host = parsed.hosts.get(who);
    const addresses = [host?.address ?? []].flat();
    if (host) return addresses.flatMap((address) => parseNetwork(address) ?? []);
    return parsed.zones.get(who)?.networks ?? parseNetwork(who) ?? [];
  });
  return [...new Set(networks)];
}

/** Where partners are called over the network: on the inner side, as far as the description tells which that is. */
export function resolvePartnerDoor(
  parsed: Parsed,
  partners: readonly Partner[],
  hosts: readonly Host[],
): PartnerDoor | undefined {
  if (partners.every(({ networks }) => networks.length === 0)) return undefined;
  const { listen, port = 8180 } = parsed.gateway?.partners ?? {};
  const gateway = hosts.find(({ roles }) => roles.includes('gateway'));
  return {
    listen: [...new Set(listen ?? innerAddresses(gateway?.addresses ?? []))],
    port,
    pointer: '/gateway/partners',
  };
}

/** Those addresses of a machine that nobody reaches from the internet; its loopback when there is none. */
export function innerAddresses(addresses: readonly string[]): readonly string[] {
  const inner = addresses.filter((address) => {
    const network = parseNetwork(address);
    return network !== undefined && isPrivate(network) && !isLoopback(address);
  });
  return inner.length > 0 ? inner : ['127.0.0.1'];
}
