import { unitPatterns } from '../../../lib/cut-networks.ts';
import { banPlaces } from '../../../model/bans.ts';
import { cutPlaces, sightingFields, sightingsLog } from '../../../model/cut.ts';
import type { Pointer } from '../../../model/pointer.ts';
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

/**
 * What a sighting is told with where no verdict was asked for: an application's headers are not the daemon's, and its status is no word
 * on who was let in.
 */
const arrivalFields = sightingFields.map((field) =>
  field === '$status' || field.startsWith('$poterne_seen_') ? '-' : field,
);

/** Where what is cut off stands, the first time that a request asks. */
const keptPlace = '$poterne_kept';

const format = (fields: readonly string[]): string => fields.join(' ');

/** The variables and the log of what can be cut off while it is live. */
export const cutMaps = (context: Context): Node[] => [
  why('The network of an address, as it may be cut off.'),
  block(
    '',
    ['map', '$remote_addr', '$poterne_network'],
    [own('default', '-'), ...unitPatterns.map((pattern) => own(`~${pattern}`, '$1'))],
  ),
  why('Which connections there are on which publication, told before they are let through.'),
  own('uninitialized_variable_warn', 'off'),
  block('', ['map', '$connection_requests', '$poterne_first'], [own('default', ''), own('1', '$poterne_id')]),
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
  why('Whose verdict it was (`gate.ts`).'),
  ...(['user', 'session'] as const).map((name, before) =>
    block(
      '',
      ['map', '$upstream_http_x_poterne_verdict', `$poterne_seen_${name}`],
      [own('volatile'), own('default', ''), own(`~^(?:[^|]*\\|){${before}}([^|]*)\\|`, '$1')],
    ),
  ),
  own('log_format', 'poterne_arrival', format(arrivalFields)),
  own('log_format', 'poterne_sighting', format(sightingFields)),
  // Also of a first request that was refused: what comes after it is no first one.
  sightings(context, 'arrival', '$poterne_first'),
];

/** A log of sightings, of the requests of which a variable says so. Each line is there at once. */
export const sightings = ({ path }: Context, shape: 'arrival' | 'sighting', of: string): Node =>
  own('access_log', path(sightingsLog), `poterne_${shape}`, `if=${of}`);

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
export function cutLines({ site, statePath }: Context, at: Pointer, id: string, isWalled: boolean): Node[] {
  const { trustedFronts, proxyProtocol } = site.gateway;
  const isShared = trustedFronts.length > 0 && !proxyProtocol;
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
    ...(isShared || isWalled ? [] : [block(at, ['if', '($poterne_unwatched)'], [line(at, 'break')])]),
    test(cutPlaces.publications, id),
    test(cutPlaces.addresses, '$remote_addr'),
    test(cutPlaces.networks, '$poterne_network'),
    ...(site.bans
      ? [isBanned(banPlaces.addresses, '$remote_addr'), isBanned(banPlaces.networks, '$poterne_network')]
      : []),
  ];
}

/** Tells of each connection of a publication that nobody signs in to. */
export const sightingLines = (context: Context): Node[] => [
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
      sightings(context, 'arrival', '$poterne_first'),
      own('return', '204'),
    ],
  ),
];
