import type { Door, Expectation, Probe } from '../../model/expectation.ts';
import { type Message, message } from '../../model/message.ts';
import type { ProxiedPublication, Publication, Site } from '../../model/site.ts';
import { portSuffix } from './render/common.ts';

/** A name that the DNS promises never to know (RFC 2606). */
export const unknown = 'unknown.invalid';

/** How long before its end a certificate must have been renewed. */
export const minDays = 14;

interface Doors {
  readonly http: Door;
  readonly https: Door;
}

/** Where a publication is reached, over http and over https. */
export function doorsOf({ gateway }: Site, { example }: Publication): Doors {
  const { proxyProtocol } = gateway;
  return {
    http: { name: example, port: gateway.httpPort, proxyProtocol },
    https: { name: example, port: gateway.publicPort, proxyProtocol },
  };
}

/** Visitors find the gateway. */
export function arrivals(
  https: Door,
  promise: (what: string, text: Message, probe: Probe) => Expectation,
  http?: Door,
): Expectation[] {
  const listens = (scheme: string, door: Door) =>
    promise(`listens-${scheme}`, message('promise.listens', { name: door.name, port: door.port }), {
      kind: 'listens',
      door,
    });
  return [
    promise('resolves', message('promise.resolves', { name: https.name }), {
      kind: 'resolves',
      name: https.name,
      port: https.port,
    }),
    ...(http ? [listens('http', http)] : []),
    listens('https', https),
  ];
}

/** What a name that the gateway shows to visitors promises, whatever is behind it: it is found, with its certificate, over https alone. */
export function namePromises(site: Site, publication: ProxiedPublication): Expectation[] {
  const { name, example, pointer } = publication;
  const doors = doorsOf(site, publication);
  const home = `https://${example}${portSuffix(site.gateway)}`;
  const promise = (what: string, text: Message, probe: Probe, because = pointer): Expectation => ({
    id: `${name}#${what}`,
    about: name,
    promise: text,
    because,
    probe,
  });
  const asked = '/poterne-check?a=b';
  return [
    ...arrivals(doors.https, promise, doors.http),
    promise(
      'certificate',
      message(publication.tls.kind === 'acme' ? 'promise.certificate.acme' : 'promise.certificate', {
        name: example,
        days: minDays,
      }),
      {
        kind: 'certificate',
        door: doors.https,
        minDays,
        ...(publication.tls.kind === 'internal' ? { internal: true } : {}),
        ...(publication.tls.kind === 'acme' ? { minShare: 1 / 6 } : {}),
      },
      publication.tls.pointer,
    ),
    promise('tls-versions', message('promise.tls-versions', { name: example }), {
      kind: 'tls-versions',
      door: doors.https,
      refused: ['TLSv1', 'TLSv1.1'],
      accepted: ['TLSv1.2', 'TLSv1.3'],
    }),
    promise('redirects', message('promise.redirects', { from: `http://${example}/`, to: `${home}/` }), {
      kind: 'redirects',
      door: doors.http,
      path: asked,
      to: `${home}${asked}`,
    }),
    promise('refuses-host', message('promise.refuses-host.https', { name: example, host: unknown }), {
      kind: 'refuses-host',
      door: doors.https,
      scheme: 'https',
      host: unknown,
    }),
  ];
}
