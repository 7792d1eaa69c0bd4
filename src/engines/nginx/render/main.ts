import { proxied, type Site } from '../../../model/site.ts';
import type { Module } from '../../engine.ts';
import { block, gap, line, type Node, note, own, ownPath, why } from '../syntax.ts';
import { wafLoading, wafModules, wafPart } from '../waf/main.ts';
import { badgeNames, badgePlace } from './badge.ts';
import { type Context, http2Directive, listens } from './common.ts';
import { cutMaps, unsetLines } from './cut.ts';
import { gatePart } from './gate.ts';
import { limitMaps } from './limits.ts';
import { log } from './log.ts';
import { nameModules } from './names.ts';
import { partnersPart } from './partners.ts';
import { portalPublication } from './portal.ts';
import { redirectTogether } from './redirect.ts';
import { clients, compression, hashes, tls, upstreams } from './settings.ts';
import { streamBlock, streamModules } from './stream.ts';
import { variables } from './variables.ts';

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
    ...redirectTogether(context, [portalPublication(site) ?? [], proxied(site)].flat()),
    ...wafPart(site),
    ...gatePart(context),
    ...(facts.acme ? [line(site.acme?.pointer ?? '', 'include', 'acme.conf')] : []),
    ...(site.signIn ? [line(site.signIn.pointer, 'include', 'portal.conf')] : []),
    ...proxied(site).map((p) => line(p.pointer, 'include', `publications/${p.id}.conf`)),
    ...partnersPart(context),
  ].concat(site.publications.length === 0 ? [note(gatewayAt('listen'), 'Nothing is published.')] : []);
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
