import { isAddress } from '../../lib/ip.ts';
import type { Finding } from '../../model/finding.ts';
import { message, type Params } from '../../model/message.ts';
import { type Pointer, pointer } from '../../model/pointer.ts';
import { isGuarded, type Publication, type Service, type Site, sharesConnections } from '../../model/site.ts';
import { slowed } from './render/common.ts';
import { answerHeaders } from './render/headers.ts';
import { directFindings } from './review-direct.ts';
import { publicationOptions, routeOptions, serviceOptions } from './schema.ts';
import type { Limits, Share } from './schema-limits.ts';
import { encoded, hasControl, longestWord, plain, refersToNames, wordLength } from './syntax.ts';

/** Headers that are nginx's to write, or that would tear the answer apart. */
const reserved = new Set([
  ...['connection', 'keep-alive', 'transfer-encoding', 'te', 'trailer', 'upgrade', 'content-length'],
  ...['content-type', 'content-encoding', 'content-range', 'date', 'server', 'x-request-id'],
]);

/** A path stands in several words, percent-encoded and beside others. */
const longestPath = 1000;

/** The kernel's limit for the path of a unix socket, without its end mark. */
const longestSocketPath = 107;

/** What the schema cannot say about nginx's part of the description. */
export function review(site: Site): Finding[] {
  return [
    ...gatewayFindings(site),
    ...site.services.flatMap(serviceFindings),
    ...site.publications.flatMap(publicationFindings),
    ...directFindings(site),
    ...uploadFindings(site),
  ];
}

type Code = Finding['code'];

const error = (code: Code, at: Pointer, params: Params = {}): Finding => ({
  severity: 'error',
  code,
  params,
  pointer: at,
});

const warning = (code: Code, at: Pointer, params: Params = {}): Finding => ({
  ...error(code, at, params),
  severity: 'warning',
});

/** Findings about a text that will stand as a word in nginx's configuration. */
function textFindings(text: string, at: Pointer): Finding[] {
  if (hasControl(text)) return [error('nginx.text.control', at, { value: JSON.stringify(text) })];
  if (wordLength(plain(text)) > longestWord) return [error('nginx.text.long', at, { count: longestWord })];
  return [];
}

function gatewayFindings({ gateway }: Site): Finding[] {
  return gateway.proxyProtocol && gateway.trustedFronts.length === 0
    ? [warning('nginx.proxy-protocol.untrusted', `${gateway.pointer}/proxy-protocol`)]
    : [];
}

/** Where a connection is not one visitor's, or nobody can tell for which name it is, none can be slowed down. */
function uploadFindings(site: Site): Finding[] {
  return slowed(site).flatMap(({ pointer: at, match, name }) => [
    ...(match === 'regex' ? [error('nginx.upload.regex', `${at}/limits/upload`, { name })] : []),
    ...(sharesConnections(site)
      ? [
          {
            ...error('nginx.upload.fronts', `${at}/limits/upload`),
            hint: message('nginx.direct.fronts.hint'),
          },
        ]
      : []),
  ]);
}

function serviceFindings(service: Service): Finding[] {
  const { upstreams, trust, pointer: at } = service;
  const host = serviceOptions(service)['host-header'];
  const paths = [...service.events.map((path, n) => ({ path, at: `${at}/events/${n}` }))];
  if (service.websocket) paths.push({ path: service.websocket.path, at: `${at}/websocket/path` });
  return [
    ...upstreams.flatMap((upstream) => {
      if (upstream.address.kind === 'tcp') return textFindings(upstream.address.host, upstream.pointer);
      const { path } = upstream.address;
      return Buffer.byteLength(path) > longestSocketPath
        ? [error('nginx.unix.long', upstream.pointer, { value: path, count: longestSocketPath })]
        : textFindings(path, upstream.pointer);
    }),
    ...(upstreams.length > 0 && upstreams.every((u) => u.backup)
      ? [error('nginx.backup.only', at, { service: service.name })]
      : []),
    ...(trust && isAddress(trust.name)
      ? [error('nginx.trust.address', `${at}/trust/name`, { value: trust.name })]
      : []),
    ...(trust ? textFindings(trust.name, `${at}/trust/name`) : []),
    ...(host === undefined ? [] : hostFindings(host, `${at}/host-header`)),
    ...paths.flatMap((p) => pathFindings(p.path, p.at)),
  ];
}

function hostFindings(host: string, at: Pointer): Finding[] {
  const bad = textFindings(host, at);
  if (bad.length > 0) return bad;
  return /^(?:[\w.-]+|\[[0-9a-fA-F:.]+\])(?::\d{1,5})?$/.test(host)
    ? []
    : [error('nginx.host-header', at, { value: host })];
}

function pathFindings(path: string, at: Pointer): Finding[] {
  const bad = textFindings(path, at);
  if (bad.length > 0) return bad;
  if (encoded(path).length > longestPath) return [error('nginx.text.long', at, { count: longestPath })];
  return /%[0-9a-fA-F]{2}/.test(path) ? [warning('nginx.path.encoded', at, { value: path })] : [];
}

function regexFindings(regex: string, at: Pointer): Finding[] {
  const bad = textFindings(regex, at);
  if (bad.length > 0) return bad;
  return refersToNames(regex) ? [error('nginx.regex.named', at, { value: regex })] : [];
}

const sharing = ['session', 'token', 'all'] as const;

function limitFindings(limits: Limits, at: Pointer, isKnown: boolean): Finding[] {
  const burst = (share: Share | undefined, where: Pointer) =>
    share?.burst !== undefined && !share.requests ? [warning('nginx.limits.burst', `${where}/burst`)] : [];
  return [
    ...burst(limits, `${at}/limits`),
    ...sharing.flatMap((whom) => burst(limits[whom], `${at}/limits/${whom}`)),
    ...(['session', 'token'] as const).flatMap((whom) =>
      limits[whom] && !isKnown
        ? [{ ...error('nginx.limits.nobody', `${at}/limits/${whom}`, { word: whom }), onKey: true }]
        : [],
    ),
  ];
}

function publicationFindings(publication: Publication): Finding[] {
  const { pointer: at, routes, match, name } = publication;
  // What is direct has findings of its own.
  const isKnown = isGuarded(publication) || publication.scenario === 'direct';
  return [
    ...(match === 'regex' ? regexFindings(name, at) : textFindings(name, at)),
    ...limitFindings(publicationOptions(publication).limits ?? {}, at, isKnown),
    ...headerFindings(publication),
    ...routes.flatMap((route) => [
      ...(route.match === 'regex'
        ? regexFindings(route.path, route.pointer)
        : pathFindings(route.path, route.pointer)),
      ...limitFindings(routeOptions(route).limits ?? {}, route.pointer, isKnown),
    ]),
  ];
}

function headerFindings(publication: Publication): Finding[] {
  const added = publicationOptions(publication).headers?.add ?? {};
  const at = (name: string): Pointer => `${publication.pointer}/headers/add${pointer(name)}`;
  const names = answerHeaders(publication).map((h) => h.name.toLowerCase());
  return Object.entries(added).flatMap(([name, value]) => {
    const lower = name.toLowerCase();
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) || name.length > 200)
      return [{ ...error('nginx.header.name', at(name), { name }), onKey: true }];
    if (reserved.has(lower) || lower.startsWith('x-accel-'))
      return [{ ...error('nginx.header.reserved', at(name), { name }), onKey: true }];
    if (names.filter((n) => n === lower).length > 1)
      return [{ ...error('nginx.header.twice', at(name), { name }), onKey: true }];
    return textFindings(value, at(name));
  });
}
