import { isAddress } from '../lib/ip.ts';
import { message } from '../model/message.ts';
import { type Pointer, pointer } from '../model/pointer.ts';
import type { Checking } from './checking.ts';
import type { PublicationEntry, ServiceEntry } from './schema.ts';

/** What a scenario can carry: a proxy speaks http, and what is direct is passed on unread. */
export function checkScenarios(checking: Checking): void {
  const ports = new Map<number, string>();
  for (const [name, publication] of checking.parsed.publications) {
    const at = pointer('publications', name);
    if (publication.scenario === 'direct') {
      checkDirect(checking, name, publication, at);
      checkPort(checking, name, publication, at, ports);
    } else checkProxied(checking, name, publication, at);
  }
}

function upstreamsOf({ url, upstreams }: ServiceEntry) {
  return url ? [url] : (upstreams ?? []).map((upstream) => upstream.url);
}

function checkProxied(
  { parsed, report }: Checking,
  name: string,
  entry: PublicationEntry,
  at: Pointer,
): void {
  if (entry.port !== undefined)
    report('error', {
      code: 'publication.port.proxy',
      params: { name },
      pointer: `${at}/port`,
      onKey: true,
      hint: message('publication.port.proxy.hint'),
    });
  const named =
    entry.service === undefined ? Object.values(entry.routes ?? {}) : [{ service: entry.service }];
  for (const { service } of named) {
    const target = parsed.services.get(service);
    if (target && upstreamsOf(target).some(({ scheme }) => scheme === 'tcp'))
      report('error', {
        code: 'publication.proxy.tcp',
        params: { name, service },
        pointer: at,
        onKey: true,
        hint: message('publication.proxy.tcp.hint'),
      });
  }
}

function checkDirect(checking: Checking, name: string, entry: PublicationEntry, at: Pointer): void {
  const { parsed, report } = checking;
  const refuse = (code: 'publication.direct.routes' | 'publication.direct.tls', key: string) =>
    report('error', { code, params: { name }, pointer: `${at}/${key}`, onKey: true });
  if (entry.routes) refuse('publication.direct.routes', 'routes');
  if (entry.tls !== undefined) refuse('publication.direct.tls', 'tls');
  const service = entry.service === undefined ? undefined : parsed.services.get(entry.service);
  if (!service || entry.service === undefined) return;
  const upstreams = upstreamsOf(service);
  const at2 = `${at}/service`;
  const params = { name, service: entry.service };
  if (entry.port === undefined) {
    // Only TLS says a name before anything else is sent.
    if (upstreams.some(({ scheme }) => scheme === 'http'))
      report('error', {
        code: 'publication.direct.http',
        params,
        pointer: at2,
        hint: message('publication.direct.http.hint'),
      });
  } else if (upstreams.some(({ address }) => address.kind === 'unix' || !isAddress(address.host)))
    report('error', {
      code: 'publication.direct.address',
      params,
      pointer: at2,
      hint: message('publication.direct.address.hint'),
    });
  else if (upstreams.length > 1)
    report('error', { code: 'publication.direct.several', params, pointer: at2 });
}

function checkPort(
  { parsed, report, other }: Checking,
  name: string,
  { port }: PublicationEntry,
  at: Pointer,
  ports: Map<number, string>,
): void {
  if (port === undefined) return;
  const twin = ports.get(port);
  ports.set(port, twin ?? name);
  const { gateway } = parsed;
  const own = [gateway?.['http-port'] ?? 80, gateway?.['public-port'] ?? gateway?.['https-port'] ?? 443];
  if (twin !== undefined)
    report('error', {
      code: 'publication.port.twice',
      params: { port },
      pointer: `${at}/port`,
      hint: other(pointer('publications', twin, 'port')),
    });
  else if (own.includes(port))
    report('error', { code: 'publication.port.gateway', params: { port }, pointer: `${at}/port` });
}
