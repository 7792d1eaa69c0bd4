import { directSocket } from '../../../lib/direct-socket.ts';
import type { StandIn } from '../../../model/plan.ts';
import {
  type DirectPublication,
  type Publication,
  passedThrough,
  type Service,
  type Site,
} from '../../../model/site.ts';
import type { Module } from '../../engine.ts';
import { serviceOf } from '../routes.ts';
import { defaults, publicationOptions, serviceOptions } from '../schema.ts';
import { block, gap, line, type Node, note, own, plain, time, unnamed, why, write } from '../syntax.ts';
import { type Context, httpsSocket, powerOfTwo, publicSockets, slowed } from './common.ts';
import { limitLines, sourceMap, zoneLines } from './limits.ts';
import { groupBlock, groupsOf } from './upstream.ts';

/** Debian builds nginx's stream part as a module. */
const streamModule = '/usr/lib/nginx/modules/ngx_stream_module.so';

/** How long a connection that is passed through may be silent. */
const silence = 3_600_000;

/** What nginx needs besides itself to pass TLS through. */
export function streamModules(site: Site): readonly Module[] {
  const [passed] = passedThrough(site);
  const [slow] = slowed(site);
  const because = passed ? `${passed.pointer}/scenario` : slow ? `${slow.pointer}/limits/upload` : undefined;
  return because === undefined ? [] : [{ file: streamModule, package: 'libnginx-mod-stream', because }];
}

/**
 * What listens on the https port when some names are passed through, or slowed down: it reads the name that the visitor asks for, which
 * TLS sends in the clear, and nothing more. Behind it stand one server for each of those names, and the proxy's for all
 * others, unknown ones included.
 */
export function streamBlock(context: Context): Node {
  const { site, path, gatewayAt } = context;
  const { gateway } = site;
  return block(
    '',
    ['stream'],
    [
      ...hashes(site),
      gap,
      why('The character itself: nginx has no escape for it.'),
      block('', ['geo', '$poterne_dollar'], [own('default', '$')]),
      gap,
      why(
        'Which server stands behind the name asked for, chosen as server_name would: exact, wildcard, regular expression.',
      ),
      block('', ['map', '$ssl_preread_server_name', '$poterne_way'], nameLines(context)),
      gap,
      ...speedMap(site),
      // Only servers of what is passed through count, log, and set the variables of the log.
      ...(passedThrough(site).length > 0 ? [...sourceMap(), gap, ...log(path('log/direct.log')), gap] : []),
      why('The server on the https port tells those behind it the client address.'),
      own('set_real_ip_from', 'unix:'),
      ...(gateway.proxyProtocol ? gateway.trustedFronts : []).map((front) =>
        line(gatewayAt('trusted-fronts'), 'set_real_ip_from', front),
      ),
      gap,
      own('ssl_preread', 'on'),
      own('preread_timeout', '15s'),
      own('proxy_connect_timeout', time(defaults.connect)),
      own('proxy_timeout', time(silence)),
      own('proxy_next_upstream_tries', '3'),
      gap,
      block(
        '',
        ['server'],
        [
          ...publicSockets(gateway, 'https').map((socket) =>
            line(gatewayAt('listen'), 'listen', socket, ...(gateway.proxyProtocol ? ['proxy_protocol'] : [])),
          ),
          why('How long a connection may be silent, and what is logged, is for those behind to say.'),
          own('proxy_timeout', '30d'),
          own('access_log', 'off'),
          // When one of them hangs up, it has said why itself. A PROXY header that is none, only this one can tell.
          ...(gateway.proxyProtocol ? [] : [own('error_log', path('log/error.log'), 'crit')]),
          own('proxy_protocol', 'on'),
          ...(slowed(site).length > 0 ? [own('proxy_upload_rate', '$poterne_upload')] : []),
          own('proxy_pass', '$poterne_way'),
        ],
      ),
      gap,
      ...passedThrough(site).map((p) => line(p.pointer, 'include', `direct/${p.id}.conf`)),
    ],
  );
}

/** How fast connections may send by the name that they ask for: whoever then asks for another publication is misdirected (421). */
function speedMap(site: Site): Node[] {
  if (slowed(site).length === 0) return [];
  const isLoose = slowed(site).some(({ match }) => match !== 'exact');
  const upload = (publication: Publication) =>
    publication.scenario === 'direct' ? undefined : publicationOptions(publication).limits?.upload;
  // Beside a wildcard stand the names that are not meant by it; a regular expression comes after it, as in server_name.
  const named = site.publications.filter(
    (each) => each.match !== 'regex' && (isLoose || upload(each) !== undefined),
  );
  return [
    why('How fast a connection may send to what is behind that name.'),
    block(
      '',
      ['map', '$ssl_preread_server_name', '$poterne_upload'],
      [
        own('hostnames'),
        own('default', '0'),
        ...named.map((each) =>
          line(`${each.pointer}/limits/upload`, literal(each.name), `${upload(each) ?? 0}`),
        ),
      ],
    ),
    gap,
  ];
}

function hashes({ publications }: Site): Node[] {
  const names = publications.map((p) => Buffer.byteLength(p.name));
  return [
    own('map_hash_max_size', `${powerOfTwo(4 * names.length, 2048)}`),
    own('map_hash_bucket_size', `${powerOfTwo(Math.max(0, ...names) + 32, 128)}`),
  ];
}

function log(file: string): Node[] {
  const fields = [
    ['time', '"$time_iso8601"'],
    ['client', '"$remote_addr"'],
    ['host', '"$ssl_preread_server_name"'],
    ['status', '$status'],
    ['bytes', '$bytes_sent'],
    ['received', '$bytes_received'],
    ['duration', '$session_time'],
    ['publication', '"$poterne_publication"'],
    ['upstream', '"$upstream_addr"'],
    ['upstreamTime', '"$upstream_connect_time"'],
  ].map(([name, value]) => `"${name}":${value}`);
  return [
    why('One JSON object a line, in the words of the access log.'),
    own('log_format', 'poterne', 'escape=json', '{', ...fields.map((f, n) => (n === 0 ? f : `,${f}`)), '}'),
    own('access_log', file, 'poterne', 'buffer=64k', 'flush=1s'),
  ];
}

const socketOf = ({ path }: Context, { id }: DirectPublication): string => `unix:${path(directSocket(id))}`;

const isPassedThrough = (publication: Publication): publication is DirectPublication =>
  publication.scenario === 'direct' && publication.port === undefined;

/** Where a visitor of a publication is led. */
const wayOf = (context: Context, publication: Publication): string =>
  isPassedThrough(publication) ? socketOf(context, publication) : httpsSocket(context);

/** A name as a `map` with `hostnames` reads it; `\` keeps one that is a word of its language from being taken for it. */
const literal = (name: string): string => (/^(?:default|include)$/.test(name) ? `\\${name}` : name);

const nameLine = (context: Context, publication: Publication, name: string): Node =>
  line(publication.pointer, literal(name), wayOf(context, publication));

function nameLines(context: Context): Node[] {
  return [
    own('hostnames'),
    own('default', httpsSocket(context)),
    ...named(context.site).map((publication) =>
      publication.match === 'regex'
        ? line(publication.pointer, 'include', `names/${publication.id}.map`)
        : nameLine(context, publication, publication.name),
    ),
  ];
}

/** The publications whose names must be told apart here: those passed through, and those that could be taken for one. */
function named(site: Site): readonly Publication[] {
  const shared = site.publications.filter((p) => p.scenario !== 'direct' || isPassedThrough(p));
  const loose = shared.some((p) => isPassedThrough(p) && p.match !== 'exact');
  const lastRegex = shared.findLastIndex((p) => isPassedThrough(p) && p.match === 'regex');
  return shared.filter((p, n) => isPassedThrough(p) || (p.match === 'regex' ? n < lastRegex : loose));
}

/** The regular expressions among these names, each in a file that nginx can refuse alone. */
export const regexNamed = (context: Context): readonly Publication[] =>
  context.passesThrough ? named(context.site).filter(({ match }) => match === 'regex') : [];

/** `names/<id>.map`: the name of a publication that is a regular expression, in whatever case it is asked for. */
export const namesFile = (context: Context, publication: Publication): Node[] => [
  nameLine(context, publication, `~*${unnamed(publication.name.replace(/^~/, ''))}`),
];

/** The one name that is known of a regular expression that nginx refused. */
export const namesStandIn = (context: Context, publication: Publication): StandIn => ({
  text: write([nameLine(context, publication, publication.example)]).text,
  reads: [],
});

/** `direct/<id>.conf`: all of one publication that is passed through, but for its name. */
export function directFile(context: Context, publication: DirectPublication): Node[] {
  const { pointer: at, name, audience, routes } = publication;
  const groups = groupsOf(context, publication);
  const limits = zoneLines(publication);
  return [
    note(at, `Publication ${name}: TLS as it comes, to the service itself`),
    gap,
    ...[...groups].flatMap(([service, group]) => [...groupBlock(context, service, group), gap]),
    ...(limits.length > 0 ? [...limits, gap] : []),
    block(
      at,
      ['server'],
      [
        line(at, 'listen', socketOf(context, publication), 'proxy_protocol'),
        line(at, 'set', '$poterne_publication', plain(name)),
        ...(audience.networks
          ? [
              ...audience.networks.map((network) => line(audience.pointer, 'allow', network)),
              line(audience.pointer, 'deny', 'all'),
            ]
          : []),
        ...limitLines(context, publication),
        ...routes.slice(0, 1).flatMap((route) => {
          const service = serviceOf(context.site, route);
          return [...timeoutLines(service), line(route.pointer, 'proxy_pass', groups.get(service) as string)];
        }),
      ],
    ),
  ];
}

function timeoutLines(service: Service): Node[] {
  const { timeouts } = serviceOptions(service);
  const at = `${service.pointer}/timeouts`;
  const silent = [timeouts?.read, timeouts?.send].filter((t) => t !== undefined);
  return [
    ...(timeouts?.connect === undefined
      ? []
      : [line(`${at}/connect`, 'proxy_connect_timeout', time(timeouts.connect))]),
    // Here nobody can tell a request from its answer.
    ...(silent.length === 0 ? [] : [line(at, 'proxy_timeout', time(Math.max(...silent)))]),
  ];
}

/** What stands in place of a publication that nginx refused: it hangs up. */
export const directStandIn = (context: Context, publication: DirectPublication): StandIn => ({
  text: write([
    note(publication.pointer, `In place of ${publication.name}, which nginx refused`),
    block(
      publication.pointer,
      ['server'],
      [
        line(publication.pointer, 'listen', socketOf(context, publication), 'proxy_protocol'),
        own('set', '$poterne_publication', plain(publication.name)),
        own('return', ''),
      ],
    ),
  ]).text,
  reads: [],
});
