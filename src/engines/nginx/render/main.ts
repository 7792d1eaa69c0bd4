import { proxied, type Site } from '../../../model/site.ts';
import type { Module } from '../../engine.ts';
import { defaults, publicationOptions } from '../schema.ts';
import { block, gap, line, type Node, note, ownPath, time } from '../syntax.ts';
import { wafLoading, wafModules, wafPart } from '../waf/main.ts';
import { observedFields, observedHash, observedMap } from '../waf/observed.ts';
import { badgeNames, badgePlace } from './badge.ts';
import { asksClients, identityMaps } from './clients.ts';
import { type Context, endlessResets, http2Directive, listens, powerOfTwo } from './common.ts';
import { cutMaps, unsetLines } from './cut.ts';
import { gatePart } from './gate.ts';
import { defaultHeaderMaps } from './headers.ts';
import { limitMaps } from './limits.ts';
import { countsKnown } from './marks.ts';
import { nameLines, nameModules } from './names.ts';
import { pageMaps } from './pages.ts';
import { partnersPart } from './partners.ts';
import { streamBlock, streamModules } from './stream.ts';

/** Mozilla's "intermediate" (guideline 5.7) but for finite-field Diffie-Hellman, which would need parameters of its own. */
const ciphers = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

/** text/html is always compressed and may not be named. */
const compressed = [
  ...['text/plain', 'text/css', 'text/xml', 'text/javascript', 'text/csv', 'text/calendar'],
  ...['application/javascript', 'application/json', 'application/ld+json', 'application/geo+json'],
  ...['application/manifest+json', 'application/xml', 'application/rss+xml', 'application/atom+xml'],
  ...['application/xhtml+xml', 'application/wasm', 'image/svg+xml', 'font/ttf', 'font/otf'],
];

const own = (...words: string[]): Node => line('', ...words);
const why = (text: string): Node => note('', text);

/** What nginx needs besides itself. */
export const modules = (site: Site): readonly Module[] => [
  ...streamModules(site),
  ...nameModules(site),
  ...wafModules(site),
];

/** `nginx.conf`: everything that is not of one publication. */
export function mainFile(context: Context): Node[] {
  const { site, facts, path, passesThrough } = context;
  return [
    note(
      '/site',
      `The gateway of "${site.name}". Written by Poterne from the description: change that, not this.`,
    ),
    gap,
    // Before anything that uses them.
    ...modules(site).flatMap(({ file, because, spared }) =>
      spared ? [] : [line(because, 'load_module', file)],
    ),
    ...wafLoading(site),
    ...(facts.account === undefined ? [] : [own('user', facts.account)]),
    own('worker_processes', 'auto'),
    own('worker_rlimit_nofile', '16384'),
    why('Regular expressions several times faster.'),
    own('pcre_jit', 'on'),
    why('After a reload, old workers end with their last connection, or after this long.'),
    own('worker_shutdown_timeout', '5m'),
    own('pid', path('run/nginx.pid')),
    ...badgePlace(context),
    own('error_log', path('log/error.log'), 'warn'),
    gap,
    // What passes through takes a connection more on each side.
    block('', ['events'], [own('worker_connections', passesThrough ? '8192' : '4096')]),
    gap,
    ...(passesThrough ? [streamBlock(context), gap] : []),
    block('', ['http'], http(context)),
  ];
}

function http(context: Context): Node[] {
  const { site, facts, path, gatewayAt } = context;
  return [
    own('server_tokens', 'off'),
    own('default_type', 'application/octet-stream'),
    why('What nginx keeps of a proxied request fits at once, instead of in pieces of 4 KB.'),
    own('request_pool_size', '16k'),
    ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((of) =>
      own(`${of}_temp_path`, path(`run/${of}`)),
    ),
    ...(http2Directive(facts) ? [own('http2', 'on')] : []),
    gap,
    ...hashes(site),
    gap,
    ...variables(context),
    gap,
    ...log(path('log/access.log'), site),
    gap,
    ...cutMaps(context),
    gap,
    ...tls(site),
    gap,
    ...clients(context),
    gap,
    ...limitMaps(site),
    gap,
    ...compression(),
    gap,
    ...trueAddress(context),
    ...upstreams(),
    gap,
    ...defaultServers(context),
    gap,
    ...statusServer(context),
    gap,
    ...wafPart(site),
    ...gatePart(context),
    ...(facts.acme ? [line(site.acme?.pointer ?? '', 'include', 'acme.conf')] : []),
    ...(site.signIn ? [line(site.signIn.pointer, 'include', 'portal.conf')] : []),
    ...proxied(site).map((p) => line(p.pointer, 'include', `publications/${p.id}.conf`)),
    ...partnersPart(context),
  ].concat(site.publications.length === 0 ? [note(gatewayAt('listen'), 'Nothing is published.')] : []);
}

/** Tables sized for what stands in them: nginx refuses to start when they are too small. */
function hashes(site: Site): Node[] {
  const names = [...site.publications.map((p) => p.name), site.signIn?.at ?? ''].map((n) =>
    Buffer.byteLength(n),
  );
  const headers = site.publications.map((p) => Object.keys(publicationOptions(p).headers?.add ?? {}));
  return [
    own('server_names_hash_max_size', `${powerOfTwo(4 * names.length, 1024)}`),
    own('server_names_hash_bucket_size', `${powerOfTwo(Math.max(0, ...names) + 32, 128)}`),
    own(
      'proxy_headers_hash_max_size',
      `${powerOfTwo(4 * Math.max(0, ...headers.map((h) => h.length)), 1024)}`,
    ),
    own(
      'proxy_headers_hash_bucket_size',
      `${powerOfTwo(Math.max(0, ...headers.flat().map((h) => h.length)) + 32, 128)}`,
    ),
    own('variables_hash_max_size', '2048'),
    ...observedHash(site),
  ];
}

function variables(context: Context): Node[] {
  const { site } = context;
  return [
    why('The character itself: nginx has no escape for it.'),
    block('', ['geo', '$poterne_dollar'], [own('default', '$')]),
    gap,
    why(
      'WebSockets pass, other upgrades (h2c) do not. An empty Connection keeps the upstream connection alive.',
    ),
    // HTTP/2 has no Upgrade (RFC 9113, 8.6); nginx would pass its frames on to the service.
    block(
      '',
      ['map', '$http_upgrade', '$poterne_upgrade'],
      [own('default', ''), own('~*^websocket$', '$poterne_upgradable')],
    ),
    block('', ['map', '$http2', '$poterne_upgradable'], [own('default', ''), own('', 'websocket')]),
    block('', ['map', '$poterne_upgrade', '$poterne_connection'], [own('default', 'upgrade'), own('', '')]),
    block(
      '',
      ['map', '$poterne_upgrade', '$poterne_connection_once'],
      [own('default', 'upgrade'), own('', 'close')],
    ),
    gap,
    why('Other sites cannot learn from the length of a compressed page what is secret in it (BREACH).'),
    block(
      '',
      ['map', '$http_referer|$host', '$poterne_other_referrer'],
      [
        own('default', '1'),
        own('~^\\|', ''),
        own('~*^https?://([^/:?#|]+)(?::\\d+)?(?:[/?#].*)?\\|\\1$', ''),
      ],
    ),
    block(
      '',
      ['map', '$http_sec_fetch_site', '$poterne_cross_site'],
      [own('default', ''), own('cross-site', '1'), own('', '$poterne_other_referrer')],
    ),
    block(
      '',
      ['map', '$poterne_cross_site', '$poterne_encodings'],
      [own('default', ''), own('', '$http_accept_encoding')],
    ),
    gap,
    why('The pages of the gateway: the first language of the visitor that there is, or JSON for programs.'),
    block(
      '',
      ['map', '$http_accept_language', '$poterne_language'],
      [
        line('/language', 'default', site.language),
        own('~*^(?:(?!\\ben\\b).)*\\bfr\\b', 'fr'),
        own('~*\\ben\\b', 'en'),
      ],
    ),
    block(
      '',
      ['map', '$http_accept', '$poterne_page'],
      [own('default', '$poterne_language'), own('~*^application/([a-z.-]+\\+)?json', 'json')],
    ),
    ...pageMaps(context),
    gap,
    // The servers of publications set what it reads: without them nginx would not know the variable.
    ...(proxied(site).length > 0 ? [...misdirected(), gap] : []),
    ...identityMaps(site),
    ...nameLines(site),
    why('Security headers that an application may set itself; empty is not sent.'),
    ...defaultHeaderMaps(),
  ];
}

function misdirected(): Node[] {
  return [
    why(
      'A name asked for under the TLS name of another is misdirected. The page that says so (421) is not asked again.',
    ),
    block(
      '',
      ['map', '$status|$ssl_server_name|$host', '$poterne_names_differ'],
      [own('volatile'), own('default', '1'), own('~^421\\|', ''), own('~*^\\d+\\|([^|]+)\\|\\1$', '')],
    ),
  ];
}

/** What opens something once stands in the URLs of these: no log needs it. */
function keptBack(): Node[] {
  const coded = '/(?:invitation|\\.poterne/enter|sign-in/back/[^?]*)';
  return [
    why('Codes that open something stay out of the log.'),
    block(
      '',
      ['map', '$request_uri', '$poterne_logged_uri'],
      [own('default', '$request_uri'), own(`~^(?<poterne_coded>${coded})\\?`, '$poterne_coded?-')],
    ),
    // The form of an invitation is sent from its link, which is good until a password is set.
    block(
      '',
      ['map', '$http_referer', '$poterne_logged_referrer'],
      [
        own('default', '$http_referer'),
        own(`~*^(?<poterne_from>https?://[^/?#]*${coded})\\?`, '$poterne_from?-'),
      ],
    ),
  ];
}

function log(file: string, site: Site): Node[] {
  const isAsked = (site.tlsConfigurations ?? []).some(({ kind }) => kind === 'server');
  const fields = [
    ['time', '"$time_iso8601"'],
    ['request', '"$request_id"'],
    ['client', '"$remote_addr"'],
    ['method', '"$request_method"'],
    ['host', '"$host"'],
    ['uri', site.signIn ? '"$poterne_logged_uri"' : '"$request_uri"'],
    ['status', '$poterne_status'],
    ['bytes', '$bytes_sent'],
    ['duration', '$request_time'],
    ['publication', '"$server_name"'],
    ['upstream', '"$upstream_addr"'],
    ['upstreamStatus', '"$upstream_status"'],
    ['upstreamTime', '"$upstream_response_time"'],
    ['protocol', '"$server_protocol"'],
    ['tls', '"$ssl_protocol"'],
    ['agent', '"$http_user_agent"'],
    ['referrer', site.signIn ? '"$poterne_logged_referrer"' : '"$http_referer"'],
    // Why a client certificate was refused stands in the first: FAILED:certificate has expired.
    ...(isAsked
      ? [
          ['clientVerified', '"$ssl_client_verify"'],
          ['clientSubject', '"$ssl_client_s_dn"'],
          ['clientSerial', '"$ssl_client_serial"'],
        ]
      : []),
    ...observedFields(site),
  ].map(([name, value]) => `"${name}":${value}`);
  const format = (name: string, those: readonly string[]) =>
    own('log_format', name, 'escape=json', '{', ...those.map((f, n) => (n === 0 ? f : `,${f}`)), '}');
  return [
    ...(site.signIn ? keptBack() : []),
    why('One JSON object a line. A status below 100 is nginx\'s own ("000", "009") and no JSON number.'),
    block(
      '',
      ['map', '$status', '$poterne_status'],
      [
        own('default', '$status'),
        own('000', '0'),
        own('009', '0'),
        // Most of all answers: a constant costs nginx less than a variable.
        ...['200', '204', '206', '301', '302', '304', '401', '403', '404'].map((s) => own(s, s)),
      ],
    ),
    // nginx joins the words of a format.
    format('poterne', fields),
    why('Of requests beyond a limit: of what there were too many.'),
    format('poterne_limited', [
      ...fields,
      '"limited":"$poterne_limited"',
      ...(countsKnown(site) ? ['"known":"$poterne_known"'] : []),
    ]),
    ...observedMap(site),
    own('access_log', file, 'poterne', 'buffer=64k', 'flush=1s'),
    own('log_not_found', 'off'),
  ];
}

function tls(site: Site): Node[] {
  return [
    own('ssl_protocols', 'TLSv1.2', 'TLSv1.3'),
    own('ssl_ciphers', ciphers),
    own('ssl_prefer_server_ciphers', 'on'),
    own('ssl_conf_command', 'Options', 'PrioritizeChaCha'),
    ...(asksClients(site)
      ? [
          why(
            'A resumed session would bring its client certificate along unexamined: revoked, or for another name.',
          ),
          own('ssl_session_cache', 'off'),
        ]
      : [own('ssl_session_cache', 'shared:poterne_tls:10m'), own('ssl_session_timeout', '1d')]),
    own('ssl_session_tickets', 'off'),
  ];
}

function clients({ facts }: Context): Node[] {
  return [
    own('client_header_timeout', '15s'),
    why('Who says nothing for this long, or takes nothing, makes room for others.'),
    own('client_body_timeout', '30s'),
    own('send_timeout', '30s'),
    own('keepalive_timeout', '65s'),
    why(
      endlessResets(facts)
        ? 'As long as one of HTTP/2 resets its requests, nobody else is served (CVE-2023-44487): it ends soon.'
        : 'A new connection costs as much as forty requests; after an hour there is one in any case.',
    ),
    own('keepalive_requests', endlessResets(facts) ? '1000' : '10000'),
    own('large_client_header_buffers', '4', '16k'),
    own('client_max_body_size', `${defaults.uploads}`),
    own('reset_timedout_connection', 'on'),
    own('absolute_redirect', 'off'),
  ];
}

function compression(): Node[] {
  return [
    own('gzip', 'on'),
    own('gzip_vary', 'on'),
    own('gzip_proxied', 'any'),
    own('gzip_comp_level', '4'),
    own('gzip_min_length', '1024'),
    own('gzip_types', ...compressed),
  ];
}

/** Whose word on the client's address is believed; nobody's by default. */
function trueAddress({ site: { gateway }, gatewayAt, passesThrough }: Context): Node[] {
  const at = gatewayAt('trusted-fronts');
  if (passesThrough)
    return [
      why('Who listens on the https port tells the client address.'),
      own('set_real_ip_from', 'unix:'),
      ...(gateway.proxyProtocol ? gateway.trustedFronts : []).map((f) => line(at, 'set_real_ip_from', f)),
      own('real_ip_header', 'proxy_protocol'),
      gap,
    ];
  if (gateway.trustedFronts.length === 0) return [];
  return [
    note(at, 'The load balancers whose word on the client address is believed.'),
    ...gateway.trustedFronts.map((front) => line(at, 'set_real_ip_from', front)),
    ...(gateway.proxyProtocol
      ? [line(gatewayAt('proxy-protocol'), 'real_ip_header', 'proxy_protocol')]
      : [line(at, 'real_ip_header', 'X-Forwarded-For'), line(at, 'real_ip_recursive', 'on')]),
    gap,
  ];
}

function upstreams(): Node[] {
  return [
    own('proxy_http_version', '1.1'),
    own('proxy_connect_timeout', time(defaults.connect)),
    own('proxy_read_timeout', time(defaults.read)),
    own('proxy_send_timeout', time(defaults.send)),
    own('proxy_buffer_size', '16k'),
    own('proxy_buffers', '8', '16k'),
    own('proxy_busy_buffers_size', '32k'),
    why('Of an answer that is hardly read, so much is stored; the service waits with the rest.'),
    own('proxy_max_temp_file_size', `${defaults.uploads}`),
    why('Another upstream is tried, but never twice with a request that may have changed something.'),
    own('proxy_next_upstream', 'error', 'timeout', 'http_502', 'http_503', 'http_504'),
    own('proxy_next_upstream_tries', '3'),
    why('An application does not choose what another location answers.'),
    own('proxy_ignore_headers', 'X-Accel-Redirect'),
    own('proxy_ssl_verify', 'on'),
    own('proxy_ssl_verify_depth', '4'),
    own('proxy_ssl_server_name', 'on'),
    own('proxy_ssl_protocols', 'TLSv1.2', 'TLSv1.3'),
  ];
}

/** Names that nobody published, and bare addresses: no certificate, no content. */
function defaultServers(context: Context): Node[] {
  const { site, path } = context;
  return [
    why('Whoever asks for a name that is not published gets nothing.'),
    block('', ['server'], [...listens(context, 'http', true), own('return', '444')]),
    block(
      '',
      ['server'],
      [
        ...listens(context, 'https', true),
        own('ssl_reject_handshake', 'on'),
        // Only there nginx tells who asked for such a name.
        ...(site.bans ? [line('/bans', 'error_log', path('log/unknown.log'), 'info')] : []),
        own('error_page', '497', '@nothing'),
        own('return', '444'),
        block('', ['location', '@nothing'], [own('return', '444')]),
      ],
    ),
  ];
}

function statusServer({ site, path }: Context): Node[] {
  return [
    why('Which configuration is active, and counters; on this machine only.'),
    block(
      '',
      ['server'],
      [
        own('listen', `unix:${path('run/status.sock')}`),
        own('access_log', 'off'),
        ...unsetLines(badgeNames(site)),
        own('default_type', 'text/plain'),
        block('', ['location', '=', '/hash'], [own('include', 'generation.conf')]),
        block('', ['location', '=', '/stub'], [own('stub_status')]),
        block('', ['location', '/'], [own('return', '404')]),
      ],
    ),
  ];
}

/** The file that tells the hash of the generation it belongs to. */
export const generationFile = (hash: string): Node[] => [own('return', '200', ownPath(hash))];
