import type { Pointer } from '../../../model/pointer.ts';
import { isGuarded, type ProxiedPublication, type Route, type Service } from '../../../model/site.ts';
import { livePaths, prefixFor, publicPath, routeFor, serviceOf } from '../routes.ts';
import { defaults, publicationOptions, routeOptions, serviceOptions } from '../schema.ts';
import { block, encoded, exactly, line, type Node, note, plain, time, unnamed } from '../syntax.ts';
import { liveLines } from '../waf/publication.ts';
import { isSkipped, limitedFirst, skipLines, skipPatterns, skipped, wafOf } from '../waf/skip.ts';
import { badgeLook, isBadged, unsoughtLines } from './badge.ts';
import { identityLines } from './clients.ts';
import type { Context } from './common.ts';
import { authorityFile } from './inputs.ts';
import { limitLines, limitsRoute } from './limits.ts';
import { authority } from './upstream.ts';

/** How long a stream of events or a WebSocket may be silent. */
const liveSilence = 3_600_000;

/** The locations of a publication: its routes, the streams in them, and the rest. */
export function locations(
  context: Context,
  publication: ProxiedPublication,
  groups: ReadonlyMap<Service, string>,
): Node[] {
  const { routes } = publication;
  const regexes = routes.filter((r) => r.match === 'regex');
  const prefixes = routes.filter((r) => r.match === 'prefix');
  const render = (route: Route): Node[] => routeLocations(context, publication, route, groups);
  const rest = prefixes.some((r) => r.path === '/')
    ? []
    : [
        note(publication.pointer, 'Nothing else is published here.'),
        block(
          publication.pointer,
          ['location', '/'],
          [
            ...unsoughtLines(context.site, publication),
            // Not `return`, which would come before the audience is asked.
            line(publication.pointer, 'try_files', '/nothing', '=404'),
          ],
        ),
      ];
  return [...regexes.flatMap(render), ...prefixes.flatMap(render), ...rest];
}

/** What the service is told of who asked. */
const forwarding = (publication: ProxiedPublication, isByBadge: boolean): string => {
  if (!isGuarded(publication)) return 'forwarding.conf';
  if (isByBadge) return 'forwarding-badged.conf';
  return publication.signedIdentity ? 'forwarding-signed.conf' : 'forwarding-known.conf';
};

function routeLocations(
  context: Context,
  publication: ProxiedPublication,
  route: Route,
  groups: ReadonlyMap<Service, string>,
): Node[] {
  const service = serviceOf(context.site, route);
  const group = groups.get(service) as string;
  const live = [...new Set(livePaths(service))];
  const passOn = (isLive: boolean, uri: string): Node[] => [
    line(route.pointer, 'proxy_pass', `${service.upstreams[0]?.scheme ?? 'http'}://${group}${uri}`),
    ...(isLive || publicationOptions(publication).compression === false
      ? []
      : [block('', ['if', '($poterne_cross_site)'], [line('', 'gzip', 'off')])]),
  ];
  const passes = (isLive: boolean, uri: string, skips = false, isByBadge = false): Node[] => [
    ...(skips ? skipLines(publication) : isLive ? liveLines(publication) : []),
    ...limitLines(context, publication, route),
    ...uploadLines(publication, route),
    line('', 'include', forwarding(publication, isByBadge)),
    ...pass(context, route, service, group, isLive),
    ...identityLines(context, publication, route),
    ...passOn(isLive, uri),
  ];
  const why = (what: string): Node => note(route.pointer, what);
  const asking: Node[] = [];
  // Not where a prefix is taken off, which nginx cannot do in a location with a name.
  const isLimitedFirst = !route.strip && wafOf(publication) !== undefined && limitsRoute(publication, route);
  /**
   * A location; of those that some come to by badge, there is another one for all others; and of those that a firewall looks at and that
   * have limits, one for those who are within them.
   */
  const location = (
    at: Pointer,
    words: readonly string[],
    isLive: boolean,
    uri: string,
    skips = false,
    inner: readonly Node[] = [],
  ): Node => {
    const plain = passes(isLive, uri, skips);
    if (isLimitedFirst && !skips && inner.length === 0) {
      const name = `@looked_${publication.routes.indexOf(route) + 1}_${asking.length + 1}`;
      asking.push(block(at, ['location', name], plain));
      const before = [...limitLines(context, publication, route), ...uploadLines(publication, route)];
      return block(at, ['location', ...words], [...limitedFirst(publication, name), ...before]);
    }
    if (!isBadged(context.site, publication, route))
      return block(
        at,
        ['location', ...words],
        [...unsoughtLines(context.site, publication), ...plain, ...inner],
      );
    const name = `@asking_${publication.routes.indexOf(route) + 1}_${asking.length + 1}`;
    asking.push(block(at, ['location', name], plain));
    return block(
      at,
      ['location', ...words],
      [...badgeLook(at, name), ...passes(isLive, uri, skips, true), ...inner],
    );
  };

  if (route.match === 'regex') {
    // Inside a regular expression only regular expressions may nest.
    const inner = live
      .filter((path) => publicPath(route, path) !== undefined)
      .map((path) => location(liveOrigin(service, path), ['~', `^${exactly(path)}`], true, ''));
    return [
      why(`Service "${service.name}"`),
      location(route.pointer, ['~', unnamed(route.path)], false, '', false, inner),
      ...asking,
    ];
  }

  const uri = (path: string): string => (route.strip ? encoded(path) : '');
  const seenLive = live.flatMap((path) => publicPath(route, path) ?? []);
  const streams = live.flatMap((path) => {
    const seen = publicPath(route, path);
    const taken = seen === undefined || publication.routes.some((r) => r.path === seen);
    if (taken || prefixFor(publication, seen) !== route) return [];
    return [
      why(`Service "${service.name}": a stream, passed on as it comes`),
      location(liveOrigin(service, path), [place(seen)], true, uri(path), isSkipped(publication, seen)),
    ];
  });
  const places = [...publication.routes.filter((r) => r.match === 'prefix').map((r) => r.path), ...seenLive];
  const skips = skipped(publication).filter(
    (path) => !(path.endsWith('/') && places.includes(path)) && routeFor(publication, path) === route,
  );
  const isBelowLive = (path: string) => seenLive.some((from) => path.startsWith(from));
  const isLiveItself = live.some((path) => publicPath(route, path) === route.path);
  const skipping = (words: readonly string[], those: readonly Node[]): Node =>
    block(route.pointer, ['location', ...words], [why('Not looked at'), ...those]);
  /**
   * Inside of the route's own location, what a service is told is there once in memory. An expression of another route would come after
   * those in there, and what it leads to is looked at.
   */
  const isNesting = !route.strip && !isLiveItself && publication.routes.every((r) => r.match === 'prefix');
  const patternsOf = (isLive: boolean) =>
    skipPatterns(
      skips.filter((path) => isBelowLive(path) === isLive),
      places,
    );
  const unseen = route.strip
    ? skips.flatMap((path) => {
        const bare = path.replace(/\/$/, '');
        // Else nginx would answer it itself, with a redirect into the folder.
        const folder =
          bare === path || bare === route.path || skips.includes(bare)
            ? []
            : [
                block(
                  route.pointer,
                  ['location', '=', place(bare)],
                  passes(false, uri(`/${bare.slice(route.path.length)}`)),
                ),
              ];
        return [
          ...folder,
          why(`Service "${service.name}": not looked at`),
          block(
            route.pointer,
            ['location', ...(path.endsWith('/') ? [] : ['=']), place(path)],
            passes(isBelowLive(path), uri(`/${path.slice(route.path.length)}`), true),
          ),
        ];
      })
    : [false, true]
        .filter((isLive) => isLive || !isNesting)
        .flatMap((isLive) =>
          patternsOf(isLive).map((pattern) => skipping(['~', pattern], passes(isLive, '', true))),
        );
  return [
    why(`Service "${service.name}"${route.strip ? ', which does not see the prefix' : ''}`),
    location(
      route.pointer,
      [place(route.path)],
      isLiveItself,
      uri('/'),
      isSkipped(publication, route.path),
      isNesting
        ? patternsOf(false).map((pattern) =>
            skipping(
              ['~', pattern],
              [...skipLines(publication), ...limitLines(context, publication, route), ...passOn(false, '')],
            ),
          )
        : [],
    ),
    ...streams,
    ...unseen,
    ...asking,
  ];
}

/** A location's prefix must not be read as a modifier. */
function place(path: string): string {
  if (!path.startsWith('/')) throw new Error(`a path that does not begin with "/": ${path}`);
  return path;
}

const liveOrigin = (service: Service, path: string): Pointer => {
  const index = service.events.indexOf(path);
  return index < 0 ? `${service.pointer}/websocket` : `${service.pointer}/events/${index}`;
};

/** What a request to a service bears, and how its answer comes back. */
function pass(context: Context, route: Route, service: Service, group: string, isLive: boolean): Node[] {
  const { 'host-header': host = 'keep', 'keep-alive': keepAlive = defaults.keepAlive } =
    serviceOptions(service);
  const at = (word: string): Pointer => `${service.pointer}/${word}`;
  const prefix = route.strip ? encoded(route.path) : '';
  return [
    line(at('host-header'), 'proxy_set_header', 'Host', hostHeader(context, service, host)),
    line(
      at('keep-alive'),
      'proxy_set_header',
      'Connection',
      keepAlive > 0 ? '$poterne_connection' : '$poterne_connection_once',
    ),
    line(route.pointer, 'proxy_set_header', 'X-Forwarded-Prefix', prefix.replace(/\/$/, '')),
    ...timeoutLines(service, isLive),
    ...(isLive ? [line(route.pointer, 'proxy_buffering', 'off'), line(route.pointer, 'gzip', 'off')] : []),
    ...verification(service, group),
    ...wayBack(context, route, service, prefix),
  ];
}

function hostHeader({ publicPort }: Context, service: Service, policy: string): string {
  if (policy === 'keep') return `$host${publicPort}`;
  if (policy !== 'upstream') return plain(policy);
  const first = service.upstreams.find((u) => !u.backup) ?? service.upstreams[0];
  return first ? plain(authority(first)) : '$host';
}

function timeoutLines(service: Service, isLive: boolean): Node[] {
  const { timeouts } = serviceOptions(service);
  const at = `${service.pointer}/timeouts`;
  const read = isLive ? Math.max(timeouts?.read ?? 0, liveSilence) : timeouts?.read;
  const send = isLive ? Math.max(timeouts?.send ?? 0, liveSilence) : timeouts?.send;
  return [
    ...(timeouts?.connect === undefined
      ? []
      : [line(`${at}/connect`, 'proxy_connect_timeout', time(timeouts.connect))]),
    ...(read === undefined ? [] : [line(`${at}/read`, 'proxy_read_timeout', time(read))]),
    ...(send === undefined ? [] : [line(`${at}/send`, 'proxy_send_timeout', time(send))]),
  ];
}

/** Debian's bundle, for https upstreams of which the description names no CA. */
const systemRoots = '/etc/ssl/certs/ca-certificates.crt';

function verification({ trust, upstreams, pointer }: Service, group: string): Node[] {
  const first = upstreams[0];
  if (first?.scheme !== 'https') return [];
  const name = trust?.name ?? (first.address.kind === 'tcp' ? first.address.host : 'localhost');
  return [
    line(`${pointer}/trust/ca`, 'proxy_ssl_trusted_certificate', trust ? authorityFile(group) : systemRoots),
    line(`${pointer}/trust/name`, 'proxy_ssl_name', plain(name)),
  ];
}

/** Redirects and cookies of a service that does not know its public address. */
function wayBack({ publicPort }: Context, route: Route, service: Service, prefix: string): Node[] {
  const at = route.pointer;
  const home = `https://$host${publicPort}`;
  const policy = serviceOptions(service)['host-header'] ?? 'keep';
  const known = service.upstreams.map((u) => `${u.scheme}://${plain(authority(u))}`);
  const literal =
    policy === 'keep' || policy === 'upstream' ? [] : [`http://${plain(policy)}`, `https://${plain(policy)}`];
  const bases = [
    ...new Set(['http://$host', ...(publicPort ? [`http://$host${publicPort}`] : []), ...literal, ...known]),
  ];
  if (!route.strip) return bases.map((base) => line(at, 'proxy_redirect', `${base}/`, `${home}/`));
  const stripped = prefix.endsWith('/') ? prefix : `${prefix}/`;
  return [
    // First those where the service knew its prefix from X-Forwarded-Prefix.
    ...[...bases, home].flatMap((base) => [
      line(at, 'proxy_redirect', `${base}${stripped}`, `${home}${stripped}`),
      line(at, 'proxy_redirect', `${base}/`, `${home}${stripped}`),
    ]),
    line(at, 'proxy_redirect', stripped, stripped),
    line(at, 'proxy_redirect', '/', stripped),
    line(at, 'proxy_cookie_path', stripped.slice(0, -1), stripped.slice(0, -1)),
    line(at, 'proxy_cookie_path', '/', stripped),
  ];
}

/** Bodies up to the default are taken in before the service is bothered; larger ones flow through. */
export function uploadLines(publication: ProxiedPublication, route?: Route): Node[] {
  const size = route ? routeOptions(route).uploads : publicationOptions(publication).uploads;
  if (size === undefined) return [];
  const at = `${(route ?? publication).pointer}/uploads`;
  return [
    line(at, 'client_max_body_size', `${size}`),
    line(at, 'proxy_request_buffering', size > defaults.uploads ? 'off' : 'on'),
  ];
}
