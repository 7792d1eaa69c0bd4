import { isAddress } from '../../../lib/ip.ts';
import type { Publication, Route, Service, Upstream } from '../../../model/site.ts';
import { serviceOf } from '../routes.ts';
import { defaults, serviceOptions } from '../schema.ts';
import { block, line, type Node, note, time } from '../syntax.ts';
import type { Context } from './common.ts';

/** The services of a publication, each once, in the order of its routes, with the name of its upstream group. */
export function groupsOf(context: Context, publication: Publication): Map<Service, string> {
  const services = new Set(publication.routes.map((route: Route) => serviceOf(context.site, route)));
  return new Map([...services].map((service, n) => [service, `${publication.id}_service_${n + 1}`]));
}

/** One group of servers: the places that serve a service. */
export function upstreamBlock(context: Context, service: Service, group: string): Node[] {
  const { 'keep-alive': keepAlive = defaults.keepAlive } = serviceOptions(service);
  return groupBlock(
    context,
    service,
    group,
    keepAlive > 0 ? [line(`${service.pointer}/keep-alive`, 'keepalive', `${keepAlive}`)] : [],
  );
}

/** The same for connections that are passed through: they are visitors' own, and none is kept. */
export function groupBlock(
  context: Context,
  service: Service,
  group: string,
  more: readonly Node[] = [],
): Node[] {
  const { failover } = serviceOptions(service);
  const watched = [
    `max_fails=${failover?.attempts ?? defaults.attempts}`,
    `fail_timeout=${time(failover?.within ?? defaults.within)}`,
  ];
  const servers = service.upstreams.flatMap((upstream) => serverLines(context, upstream, watched));
  const several = servers.filter((s) => s.kind === 'directive').length > 1;
  return [
    note(service.pointer, `Service "${service.name}"${service.title ? `: ${service.title}` : ''}`),
    block(
      service.pointer,
      ['upstream', group],
      [
        // Shared by the workers, so that weights and failures count for all of them.
        ...(several ? [line(service.pointer, 'zone', group, '64k')] : []),
        ...servers,
        ...more,
      ],
    ),
  ];
}

function serverLines({ facts }: Context, upstream: Upstream, watched: readonly string[]): Node[] {
  const at = upstream.pointer;
  const words = [
    ...(upstream.weight === 1 ? [] : [`weight=${upstream.weight}`]),
    ...watched,
    ...(upstream.backup ? ['backup'] : []),
  ];
  const { address } = upstream;
  if (address.kind === 'unix') return [line(at, 'server', `unix:${address.path}`, ...words)];
  const host = address.host.replace(/^\[(.*)\]$/, '$1');
  const addresses = isAddress(host) ? [host] : (facts.addresses[host] ?? []);
  if (addresses.length === 0)
    return [
      note(at, `${host}:${address.port} does not resolve.`),
      line(at, 'server', '127.0.0.1:9', ...(upstream.backup ? ['backup'] : []), 'down'),
    ];
  return [
    ...(isAddress(host) ? [] : [note(at, `${host}:${address.port}`)]),
    ...addresses.map((a) => line(at, 'server', `${bracketed(a)}:${address.port}`, ...words)),
  ];
}

const bracketed = (address: string): string => (address.includes(':') ? `[${address}]` : address);

/** A host and port as they stand in a URL of this scheme; a unix socket has none and is called localhost. */
export function authority({ scheme, address }: Upstream): string {
  if (address.kind === 'unix') return 'localhost';
  const host = isAddress(address.host) ? bracketed(address.host) : address.host;
  return address.port === (scheme === 'https' ? 443 : 80) ? host : `${host}:${address.port}`;
}
