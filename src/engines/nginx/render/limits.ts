import type { Pointer } from '../../../model/pointer.ts';
import { isGuarded, type Publication, type Route, type Site } from '../../../model/site.ts';
import { defaults, gatewayOptions, publicationOptions, routeOptions } from '../schema.ts';
import type { Limits, Share } from '../schema-limits.ts';
import { block, line, type Node, note, own } from '../syntax.ts';
import type { Context } from './common.ts';
import { sightings } from './cut.ts';

/**
 * What visitors may ask. nginx counts before anything else is asked about a request (its preaccess phase), once for each: neither the
 * verdict's subrequest nor a page of its own counts again.
 */

/** Whom a limit counts: each address, session or token by itself, or all visitors together. */
const counted = ['address', 'session', 'token', 'all'] as const;
type Counted = (typeof counted)[number];

const limitsOf = (publication: Publication, route: Route | undefined): Limits =>
  (route ? routeOptions(route) : publicationOptions(publication)).limits ?? {};

/** Address and what stands at the top of `limits` are one. */
const shareOf = (limits: Limits, whom: Counted): Share =>
  whom === 'address' ? limits : (limits[whom] ?? {});

const pointerOf = (publication: Publication, route: Route | undefined, whom: Counted): Pointer =>
  `${(route ?? publication).pointer}/limits${whom === 'address' ? '' : `/${whom}`}`;

/** One limit: whom it counts, of which part of a publication, and what nginx calls its shared memory. */
interface Limit {
  readonly whom: Counted;
  readonly share: Share;
  readonly zone: string;
  readonly at: Pointer;
}

/** The limits that a publication (`undefined`) or one of its routes has of its own. nginx's error log names their zones. */
function ownLimits(publication: Publication, part: Route | undefined): readonly Limit[] {
  const n = part ? publication.routes.indexOf(part) + 1 : 0;
  const name = n === 0 ? publication.id : `${publication.id}_route_${n}`;
  // Where nobody signs in, there is nobody to count so.
  const some = isGuarded(publication)
    ? counted
    : counted.filter((whom) => whom === 'address' || whom === 'all');
  return some.map((whom) => ({
    whom,
    share: shareOf(limitsOf(publication, part), whom),
    zone: whom === 'address' ? name : `${name}_${whom}`,
    at: pointerOf(publication, part, whom),
  }));
}

type Word = 'requests' | 'connections';

/** The limits that hold in a part: a route's own in place of the publication's, but those of all visitors together beside it. */
function limitsIn(publication: Publication, part: Route | undefined, word: Word) {
  const has = ({ share }: Limit) => share[word] !== undefined;
  const general = ownLimits(publication, undefined).filter(has);
  const special = part ? ownLimits(publication, part).filter(has) : [];
  const kept = general.filter(({ whom }) => whom === 'all' || special.every((each) => each.whom !== whom));
  return { limits: [...special, ...kept], isOwn: !part || special.length > 0 };
}

/**
 * What a limit counts by; of what is empty, nginx counts nothing. Who is counted by their session or token is not counted by their address
 * too: an office has one. Who has none counts as their address, as others of it do; by the rate of a session where addresses have none.
 */
function keyOf(publication: Publication, part: Route | undefined, whom: Counted, word: Word): string {
  const here = new Set(limitsIn(publication, part, word).limits.map((each) => each.whom));
  if (whom === 'all') return publication.scenario === 'direct' ? '$poterne_publication' : '$poterne_id';
  if (whom === 'token') return '$poterne_service';
  if (whom === 'session')
    return here.has('address')
      ? '$poterne_session'
      : here.has('token')
        ? '$poterne_session_or_unknown'
        : '$poterne_session_or_source';
  if (here.has('session')) return here.has('token') ? '$poterne_unknown' : '$poterne_no_session';
  return here.has('token') ? '$poterne_no_token' : '$poterne_source';
}

/**
 * Memory for what one counts of each address, session or token. A rate has room for 8,000 a mebibyte, and the least recently seen make room.
 * Requests in progress have room for 16,000 a mebibyte, and where there is none nginx refuses everybody: there is more than it has
 * connections (4096 for each of up to 32 processors). What nobody uses takes no memory.
 */
const zoneSizes = { requests: '1m', connections: '8m' } as const;

/** The zones themselves; all visitors together are one. */
export function zoneLines(publication: Publication): Node[] {
  const parts: (Route | undefined)[] = [undefined, ...publication.routes];
  return parts
    .flatMap((part) => ownLimits(publication, part).map((limit) => ({ ...limit, part })))
    .flatMap(({ whom, share: { requests, connections }, zone, at, part }) => {
      const key = (word: Word) => keyOf(publication, part, whom, word);
      const size = (word: Word) => (whom === 'all' ? '32k' : zoneSizes[word]);
      return [
        ...(requests
          ? [
              line(
                `${at}/requests`,
                'limit_req_zone',
                key('requests'),
                `zone=${zone}_requests:${size('requests')}`,
                `rate=${requests.count}r/${requests.per}`,
              ),
            ]
          : []),
        ...(connections
          ? [
              line(
                `${at}/connections`,
                'limit_conn_zone',
                key('connections'),
                `zone=${zone}_connections:${size('connections')}`,
              ),
            ]
          : []),
      ];
    });
}

/** Whether a publication limits what is asked of one of its routes. */
export const limitsRoute = (publication: Publication, route: Route): boolean =>
  (['requests', 'connections'] as const).some((word) => limitsIn(publication, route, word).limits.length > 0);

/** The limits of a publication's server or of one of its locations, where they take the place of the server's. */
export function limitLines({ site }: Context, publication: Publication, part?: Route): Node[] {
  const requests = limitsIn(publication, part, 'requests');
  const connections = limitsIn(publication, part, 'connections');
  return [
    ...(requests.isOwn ? [...requests.limits.map(requestLine), ...waitLines(publication, part)] : []),
    ...(connections.isOwn
      ? [
          ...connections.limits.map(({ share, zone, at }) =>
            line(`${at}/connections`, 'limit_conn', `${zone}_connections`, `${share.connections}`),
          ),
          ...(publication.scenario === 'direct' ? [] : gatewayLine(site)),
        ]
      : []),
    ...speedLines(publication, part),
  ];
}

function requestLine({ share: { requests, burst: written }, zone, at }: Limit): Node {
  // nginx alone reads 20/s as one each 50 ms; people mean twenty in a second, and browsers ask several at once.
  const burst = written ?? (requests?.count ?? 1) - 1;
  return line(
    `${at}/requests`,
    'limit_req',
    `zone=${zone}_requests`,
    ...(burst > 0 ? [`burst=${burst}`, 'nodelay'] : []),
  );
}

/** After how many seconds one more is let through; of several limits, after which one surely is. */
function waitLines(publication: Publication, part: Route | undefined): Node[] {
  const { limits } = limitsIn(publication, part, 'requests');
  const waits = limits.map(({ share: { requests: rate } }) =>
    rate?.per === 'm' ? Math.ceil(60 / rate.count) : 1,
  );
  const longest = Math.max(1, ...waits);
  const general = part ? waitLines(publication, undefined).length > 0 : false;
  const at = pointerOf(publication, part, 'address');
  return longest > 1 || general ? [line(at, 'set', '$poterne_wait', `${longest}`)] : [];
}

/** How fast one answer comes. What passes through unread knows no answers: there it is one connection, which has a speed for each way. */
function speedLines(publication: Publication, part: Route | undefined): Node[] {
  const { download, upload } = limitsOf(publication, part);
  const where = pointerOf(publication, part, 'address');
  const at = `${where}/download`;
  if (publication.scenario === 'direct')
    return [
      ...(download ? [line(at, 'proxy_download_rate', `${download.rate}`)] : []),
      ...(upload === undefined ? [] : [line(`${where}/upload`, 'proxy_upload_rate', `${upload}`)]),
    ];
  if (!download) return [];
  const after = 'after' in download ? download.after : undefined;
  return [
    line(at, 'limit_rate', `${download.rate}`),
    ...(after === undefined ? [] : [line(`${at}/after`, 'limit_rate_after', `${after}`)]),
  ];
}

/** What one address may have in progress on the whole gateway. */
export function gatewayLine({ gateway }: Site): Node[] {
  const { connections = defaults.connections } = gatewayOptions(gateway).limits ?? {};
  if (connections === false) return [];
  return [line(`${gateway.pointer}/limits/connections`, 'limit_conn', 'poterne_address', `${connections}`)];
}

/**
 * What is counted as one, in nginx's http and stream parts alike. The regular expression would cost a request of IPv4 1.4 % for nothing:
 * only those of IPv6 get to it.
 */
export const sourceMap = (): Node[] => [
  note('', 'Who is counted as one: an IPv4 address, or a network of IPv6 (/64).'),
  block('', ['geo', '$poterne_six'], [own('::/0', '1')]),
  block(
    '',
    ['map', '$binary_remote_addr', '$poterne_six_network'],
    [own('default', ''), own('~(?s)^(.{8})', '$1')],
  ),
  block(
    '',
    ['map', '$poterne_six', '$poterne_source'],
    [own('default', '$poterne_six_network'), own('', '$binary_remote_addr')],
  ),
];

/** What all publications count with, and what is told of requests beyond their limits. */
export const limitMaps = (site: Site): Node[] => [
  ...sourceMap(),
  own('limit_conn_zone', '$poterne_source', `zone=poterne_address:${zoneSizes.connections}`),
  own('limit_req_status', '429'),
  own('limit_conn_status', '429'),
  note('', 'When to ask again (RFC 9110, 10.2.3).'),
  block(
    '',
    ['map', '$status|$limit_req_status|$poterne_wait', '$poterne_retry_after'],
    [
      own('default', ''),
      ...[own('429|REJECTED|', '1'), own('~^429\\|REJECTED\\|(\\d+)$', '$1'), own('~^429\\|', '5')],
    ],
  ),
  block(
    '',
    ['map', '$status|$limit_req_status', '$poterne_too_many'],
    [own('default', ''), own('429|REJECTED', 'requests'), own('~^429\\|', 'connections')],
  ),
  note('', 'Where visitors share a limit, one of them may have asked for nothing much.'),
  block(
    '',
    ['map', '$poterne_id', '$poterne_limited'],
    [
      own('default', '$poterne_too_many'),
      ...site.publications
        .filter((each) => [undefined, ...each.routes].some((part) => limitsOf(each, part).all))
        .map(({ id, pointer }) => line(`${pointer}/limits/all`, id, 'shared')),
    ],
  ),
];

/** On every answer of a server; the variable is empty but on a page of those beyond a limit. */
export const retryLine = (): Node => own('add_header', 'Retry-After', '$poterne_retry', 'always');

/** Where what is said to those beyond a limit stands. */
export const limitedPage = '/.poterne/with/limited/$poterne_page';

/** What their pages have besides: when to ask again, and a log that says of what there were too many. */
export const limitedLines = (context: Context): Node[] => [
  // Only where it is set is it sent: the servers add it to their other headers.
  own('set', '$poterne_retry', '$poterne_retry_after'),
  own('access_log', context.path('log/access.log'), 'poterne_limited', 'buffer=64k', 'flush=1s'),
  sightings(context),
];
