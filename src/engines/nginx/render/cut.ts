import { unitPatterns } from '../../../lib/cut-networks.ts';
import { banPlaces } from '../../../model/bans.ts';
import { connectionFields, cutPlaces, namedPlace, sightingsLog } from '../../../model/cut.ts';
import type { Pointer } from '../../../model/pointer.ts';
import { sharesConnections } from '../../../model/site.ts';
import { block, line, type Node, note, own, why } from '../syntax.ts';
import { hasWaf, unlooked } from '../waf/main.ts';
import { type Context, early } from './common.ts';

/** A status that no client sees: what is cut off answers 503 with a page of its own. */
const cutOff = '480';

/** The same of who is banned, who is told 403. */
const banned = '489';

/**
 * Where a publication's anonymous connections are told of; the daemon's verdict does it for the others. It is also what keeps from services
 * what is the gateway's own, as a location costs memory (ADR 37).
 */
const ownPlace = '/.poterne/';

/** The format of the log of sightings, as far as nginx knows them: whom a connection is of, the daemon tells before it lets them in. */
const arrival = 'poterne_arrival';

/** Where what is cut off stands, the first time that a request asks. */
const keptPlace = '$poterne_kept';

/** The variables and the log of what can be cut off while it is live. */
export const cutMaps = (context: Context): Node[] => [
  why('The network of an address, as it may be cut off.'),
  block(
    '',
    ['map', '$remote_addr', '$poterne_network'],
    [own('default', '-'), ...unitPatterns.map((pattern) => own(`~${pattern}`, '$1'))],
  ),
  own('uninitialized_variable_warn', 'off'),
  why(
    'Where a connection has come to: also one whose first request was misdirected, or no request at all, goes on at the name that TLS has.',
  ),
  block(
    '',
    ['map', '$status|$poterne_id|$ssl_server_name', '$poterne_place'],
    // All that nginx takes for a name: a wildcard has `x!y.example.fr` too.
    [own('default', '$poterne_id'), own('~^(?:421\\|[^|]*|\\d+\\|)\\|(.+)$', `${namedPlace}$1`)],
  ),
  why(
    'Told with the first request of each. Beside others (HTTP/2) one may wait for as long as its visitor wants: there with so many that not all wait.',
  ),
  block(
    '',
    ['map', '$http2', '$poterne_early'],
    [own('default', '$poterne_beside'), own('', '$poterne_alone')],
  ),
  block('', ['map', '$connection_requests', '$poterne_alone'], [own('default', ''), own('1', 'first')]),
  block(
    '',
    ['map', '$connection_requests', '$poterne_beside'],
    [own('default', ''), own('1', 'first'), own('~^1?\\d?\\d$', 'beside')],
  ),
  // Of a connection that visitors share each of them is told.
  block(
    '',
    ['map', '$poterne_early', '$poterne_arriving'],
    [own('default', '$poterne_place'), ...(sharesConnections(context.site) ? [] : [own('', '')])],
  ),
  block(
    '',
    ['map', '$poterne_early', '$poterne_arrived'],
    [own('default', ''), own('first', '$poterne_place'), own('beside', '$poterne_unserved')],
  ),
  // Who was served has been told when they came.
  block('', ['map', '$upstream_addr', '$poterne_unserved'], [own('default', ''), own('', '$poterne_place')]),
  why(
    'The requests of a connection at which nobody looks for what is cut off (here once: an expression takes 10 KB).',
  ),
  block(
    '',
    ['map', '$connection_requests', '$poterne_unwatched'],
    [own('default', '1'), own('~^1?[0-9]$|[05]0$', '')],
  ),
  ...(hasWaf(context.site)
    ? [
        why('Where what is cut off is looked for behind a firewall, which is done once.'),
        block(
          '',
          ['map', '$poterne_begun', '$poterne_kept_once'],
          [own('volatile'), own('default', '/dev/null'), own('', context.statePath('').replace(/\/$/, ''))],
        ),
      ]
    : []),
  own(
    'log_format',
    arrival,
    [...connectionFields, '$remote_addr', '$poterne_place', '$poterne_class', '-', '-', '-', '-'].join(' '),
  ),
  // Also of a first request that was refused: what comes after it is no first one.
  sightings(context),
];

/** The log of sightings, of requests that begin, or have ended. Each line is there at once. */
export const sightings = (
  { path }: Context,
  of: '$poterne_arriving' | '$poterne_arrived' = '$poterne_arrived',
): Node => own('access_log', path(sightingsLog), arrival, `if=${of}`);

/**
 * What a server asks first, and once for each request: neither its pages nor its verdict ask again. nginx runs the server's rewrite
 * directives for these too, with the variables of the request that they belong to. Where there is a firewall each `if` costs memory
 * (ADR 37): there all runs again, to the same end, and what is cut off is then looked for where nothing is.
 */
export const onceLines = (id: string, isWalled: boolean): Node[] => [
  isWalled
    ? own('set', keptPlace, '$poterne_kept_once')
    : block('', ['if', '($poterne_begun)'], [own('break')]),
  own('set', '$poterne_begun', '1'),
  own('set', '$poterne_id', id),
  ...(isWalled ? [] : [own('set', '$poterne_class', '')]),
];

/** In a server of the gateway's own: what publications set exists also while all of them are being repaired. */
export const unsetLines = (more: readonly string[]): Node[] =>
  ['begun', 'id', 'class', 'identity', 'verdict', 'wait', 'retry', ...more].map((name) =>
    own('set', `$poterne_${name}`, ''),
  );

/**
 * Whether something of a request is cut off: the last of the server's rewrite directives. Looking costs a request some 4 %, and a cut
 * ends the connections that it finds: it is done for the first twenty of a connection, then for one in fifty. Behind a load balancer,
 * whose connections have many visitors, and before a firewall it is done for all.
 */
export function cutLines(context: Context, at: Pointer, id: string, isWalled: boolean): Node[] {
  const { site, statePath } = context;
  const find = (from: Pointer, folder: string, name: string, status: string) =>
    block(
      from,
      ['if', '(-f', `${isWalled ? `${keptPlace}/${folder}` : statePath(folder)}/${name})`],
      [line(from, 'return', status)],
    );
  const test = (folder: string, name: string) => find(at, folder, name, cutOff);
  const isBanned = (folder: string, name: string) => find('/bans', folder, name, banned);
  return [
    note(at, 'Cut off: by name, by address, by network.'),
    line(at, 'error_page', cutOff, '=503', `${early}/$poterne_page/cut.html`),
    ...(site.bans ? [line('/bans', 'error_page', banned, '=403', `${early}/$poterne_page/banned.html`)] : []),
    // The firewall costs a hundred times as much.
    ...(sharesConnections(site) || isWalled
      ? []
      : [block(at, ['if', '($poterne_unwatched)'], [line(at, 'break')])]),
    test(cutPlaces.publications, id),
    test(cutPlaces.addresses, '$remote_addr'),
    test(cutPlaces.networks, '$poterne_network'),
    ...(site.bans
      ? [isBanned(banPlaces.addresses, '$remote_addr'), isBanned(banPlaces.networks, '$poterne_network')]
      : []),
  ];
}

/** The files by which a request may be cut off whose connection a cut has not found: where its own end has another address than its visitor, that too. */
const placesCut = ({ site, statePath }: Context, id: string): string[] => [
  `${statePath(cutPlaces.publications)}/${id}`,
  ...(site.gateway.trustedFronts.length > 0
    ? [`${statePath(cutPlaces.addresses)}/$remote_addr`, `${statePath(cutPlaces.networks)}/$poterne_network`]
    : []),
];

/**
 * Tells of each connection of a publication that nobody signs in to. What a firewall reads first may be sent for long: what has been cut off
 * meanwhile is refused.
 */
export const sightingLines = (context: Context, at: Pointer, id: string, isWalled: boolean): Node[] => [
  own('auth_request', `${ownPlace}seen`),
  block(
    '',
    ['location', '^~', ownPlace],
    [
      own('internal'),
      own('auth_request', 'off'),
      ...unlooked(context.site),
      // The body stays with the request itself; nginx would judge its size here again.
      own('client_max_body_size', '0'),
      own('log_subrequest', 'on'),
      sightings(context, '$poterne_arriving'),
      ...(isWalled ? placesCut(context, id) : []).map((file) =>
        block(at, ['if', '(-f', `${file})`], [line(at, 'return', '403')]),
      ),
      own('return', '204'),
    ],
  ),
];
