import { connectionFields } from '../../../model/cut.ts';
import { isGuarded, proxied, type Site } from '../../../model/site.ts';
import { block, gap, type Node, note, own, why } from '../syntax.ts';
import { unlooked } from '../waf/main.ts';
import { badgeMaps, seeking, usesBadges } from './badge.ts';
import type { Context } from './common.ts';
import { credentials } from './credentials.ts';
import { limitedPage } from './limits.ts';
import { markLines } from './marks.ts';
import { refusals } from './refusals.ts';

/**
 * Who may enter is the daemon's to say. nginx asks it for a verdict (auth_request) and keeps that for as long as the daemon says, in a file
 * for each connection, publication, class of paths, address, certificate, cookie and token: a file that is overwritten and removed is asked
 * for anew.
 */

/** Whether anything of a site is asked of the daemon. */
export const hasGate = (site: Site): boolean => site.signIn !== undefined || proxied(site).some(isGuarded);

/** Where nginx keeps verdicts, below its prefix. */
export const verdictsFolder = 'run/verdicts';

/** Where the daemon listens, in the state folder. */
const daemonSocket = 'entry/entry.sock';
const daemon = 'poterne_daemon';
const asking = 'poterne_asking';
const entering = 'poterne_entering';

/**
 * Requests that a person's own pages cannot be taken for are refused before the daemon hears of them. The access log tells of each; the
 * error log would with what they asked for, codes too.
 */
export const enteringLimit = (): Node[] => [
  own('limit_req', `zone=${entering}`, 'burst=100', 'nodelay'),
  own('limit_req_log_level', 'info'),
];

/** Everything at the level of http. */
export function gatePart(context: Context): Node[] {
  const { site, path, statePath } = context;
  if (!hasGate(site)) return [];
  const at = site.signIn?.pointer ?? '';
  return [
    note(at, 'Who may enter is asked of the daemon, and its word kept for as long as it says.'),
    own(
      'proxy_cache_path',
      path(verdictsFolder),
      'keys_zone=poterne_verdicts:10m',
      'inactive=10s',
      'max_size=64m',
      'use_temp_path=off',
    ),
    block(
      at,
      ['upstream', daemon],
      [own('server', `unix:${statePath(daemonSocket)}`, 'max_fails=0'), own('keepalive', '32')],
    ),
    block(
      '',
      ['upstream', asking],
      [own('server', `unix:${path('run/verdicts.sock')}`, 'max_fails=0'), own('keepalive', '32')],
    ),
    own('limit_req_zone', '$http_x_poterne_address', `zone=${asking}:1m`, 'rate=300r/s'),
    own('limit_req_zone', '$binary_remote_addr', `zone=${entering}:1m`, 'rate=20r/s'),
    why('Only what the daemon means to be kept is.'),
    block(
      '',
      ['map', '$upstream_status|$upstream_http_x_accel_expires', '$poterne_unkept'],
      [own('default', '1'), own('~^(?:200|401|403)\\|[1-3]$', '')],
    ),
    block(
      '',
      ['map', '$upstream_status', '$poterne_challenge'],
      [own('default', ''), own('401', 'Bearer realm="poterne"')],
    ),
    gap,
    ...parts(),
    gap,
    ...credentials(),
    gap,
    ...badgeMaps(site),
    ...markLines(site),
    gap,
    ...refusals(context),
    gap,
    ...toldEverywhere(site),
    gap,
    ...askingServer(context),
    gap,
  ];
}

/**
 * What a verdict says, in one header: nginx reads it again for each request, and finds each header by comparing it with all. `USER|SESSION|
 * NAME|EMAIL|GROUPS` of who is let in; of others only the reason.
 */
function parts(): Node[] {
  return [
    why('Whose verdict it is. Who reads the user has the other parts too.'),
    block(
      '',
      ['map', '$poterne_verdict', '$poterne_user'],
      [
        own('default', ''),
        own(
          '~^(?<poterne_user_id>[^|]*)\\|[^|]*\\|(?<poterne_name>[^|]*)\\|(?<poterne_email>[^|]*)\\|(?<poterne_groups>.*)$',
          '$poterne_user_id',
        ),
      ],
    ),
    block('', ['map', '$poterne_verdict', '$poterne_why'], [own('default', ''), own('~^([a-z-]+)$', '$1')]),
  ];
}

/** Between the cache and the daemon: what one address may ask of it, whatever cookies it makes up. */
function askingServer({ path }: Context): Node[] {
  return [
    why(
      'What of verdicts is not kept goes through here, so that nobody keeps the daemon from hearing the others.',
    ),
    block(
      '',
      ['server'],
      [
        own('listen', `unix:${path('run/verdicts.sock')}`),
        own('access_log', 'off'),
        block(
          '',
          ['location', '=', '/verdict'],
          [
            own('limit_req', `zone=${asking}`, 'burst=600', 'nodelay'),
            ...daemonTimes(2),
            // How long to keep it is told to the cache before this.
            own('proxy_pass_header', 'X-Accel-Expires'),
            // nginx passes it on with a 401 (RFC 9110, 15.5.2).
            own('add_header', 'WWW-Authenticate', '$poterne_challenge', 'always'),
            own('proxy_hide_header', 'WWW-Authenticate'),
            own('proxy_set_header', 'Host', '$http_host'),
            own('proxy_set_header', 'Connection', ''),
            own('proxy_pass', `http://${daemon}`),
          ],
        ),
        block('', ['location', '/'], [own('return', '404')]),
      ],
    ),
  ];
}

const daemonTimes = (seconds: number): Node[] => [
  own('proxy_connect_timeout', '1s'),
  own('proxy_send_timeout', `${seconds}s`),
  own('proxy_read_timeout', `${seconds}s`),
];

/** What the daemon is told of a request; nothing that the visitor said in these names gets there. */
const told = (site: Site): Node[] => [
  ...(
    [
      // Who comes by badge (`badge.ts`).
      ...(usesBadges(site)
        ? ([
            ['Who', seeking],
            ['Fetch', '$http_sec_fetch_mode'],
          ] as const)
        : []),
      ['Publication', '$poterne_id'],
      ['Class', '$poterne_class'],
      ['Host', '$host'],
      ['Uri', '$request_uri'],
      ['Method', '$request_method'],
      ['Address', '$remote_addr'],
      ['Worker', '$pid'],
      ['Connection', '$connection'],
      ['Seen', connectionFields.join(' ')],
      ['Certificate', '$ssl_client_verify'],
      ['Certificate-Identity', '$poterne_identity'],
      ['Agent', '$http_user_agent'],
      ['User', ''],
      ['Verdict', ''],
    ] as const
  ).map(([name, text]) => own('proxy_set_header', `X-Poterne-${name}`, text)),
  own('proxy_set_header', 'Connection', ''),
  own('proxy_set_header', 'Proxy', ''),
  own('proxy_set_header', 'Forwarded', ''),
  own('proxy_set_header', 'Upgrade', ''),
  own('proxy_set_header', 'X-Request-Id', '$request_id'),
];

/**
 * What the daemon is told at publications' names: of the verdict, and where one comes from the portal. Every location that tells a service
 * something has lines of its own, in whose place these stand nowhere; in each publication they would take 40 KB of memory (ADR 37).
 */
const toldEverywhere = (site: Site): Node[] => [
  why('What the daemon is told, where a location says nothing else: here once, as it takes memory.'),
  block(
    '',
    ['map', '$uri', '$poterne_told_cookie'],
    [
      own('volatile'),
      own('default', '$poterne_shown_cookie'),
      own('~^/\\.poterne/(?!verdict$)', '$http_cookie'),
    ],
  ),
  own('proxy_set_header', 'Content-Length', ''),
  own('proxy_set_header', 'Host', '$host'),
  ...told(site),
  own('proxy_set_header', 'Cookie', '$poterne_told_cookie'),
  own('proxy_set_header', 'Authorization', '$poterne_shown_token'),
];

/** `verdict.conf`, for every server that is guarded: the question, and where its answer is kept. */
export function verdictFile(context: Context): Node[] {
  return [
    note('', 'The verdict on a request. Whatever goes wrong with it refuses.'),
    own('auth_request', '/.poterne/verdict'),
    own('auth_request_set', '$poterne_verdict', '$upstream_http_x_poterne_verdict'),
    own('error_page', '401', '$poterne_unsigned'),
    own('error_page', '403', '$poterne_refused'),
    own('error_page', '500', '=503', '/.poterne/page/$poterne_page/entry.html'),
    block(
      '',
      ['location', '=', '/.poterne/verdict'],
      [
        own('internal'),
        own('auth_request', 'off'),
        ...unlooked(context.site),
        // The body stays with the request itself; nginx would judge its size here again.
        own('client_max_body_size', '0'),
        own('proxy_cache', 'poterne_verdicts'),
        // Kept open: a verdict that is to be forgotten is overwritten before its file goes.
        own('open_file_cache', 'max=2000', 'inactive=10s'),
        own('open_file_cache_valid', '1s'),
        // A new nginx counts its connections from one again; a worker's number tells them apart.
        own(
          'proxy_cache_key',
          [
            ...[
              '$pid',
              '$connection',
              '$poterne_id',
              '$poterne_class',
              '$remote_addr',
              '$poterne_pass',
              '$poterne_token',
            ],
            ...['$ssl_client_verify', '$host', '$poterne_identity'],
          ].join('|'),
        ),
        own('proxy_no_cache', '$poterne_unkept'),
        own('proxy_cache_use_stale', 'off'),
        own('proxy_ignore_headers', 'Cache-Control', 'Expires', 'Vary', 'X-Accel-Redirect'),
        own('proxy_method', 'GET'),
        own('proxy_pass_request_body', 'off'),
        own('proxy_pass_request_headers', 'off'),
        ...daemonTimes(3),
        own('proxy_next_upstream', 'off'),
        own('proxy_intercept_errors', 'off'),
        own('proxy_pass', `http://${asking}/verdict`),
      ],
    ),
    // The daemon knows which there are; all as one, since each location costs memory (ADR 37).
    block(
      '',
      ['location', '^~', '/.poterne/'],
      [
        ...[own('auth_request', 'off'), ...unlooked(context.site), own('proxy_pass_request_body', 'off')],
        ...daemonLines(context),
        daemonPass('/.poterne/'),
      ],
    ),
  ];
}

/** Of what the daemon itself answers: how long it may take, and what goes wrong. */
const daemonLines = ({ path }: Pick<Context, 'path'>): Node[] => [
  ...enteringLimit(),
  why(
    'The error log would tell what was asked for, codes too, which stay good while the daemon is away; the access log has each.',
  ),
  own('error_log', path('log/error.log'), 'emerg'),
  own('client_max_body_size', '64k'),
  ...daemonTimes(30),
  own('proxy_next_upstream', 'off'),
  own('error_page', '502', '504', '=503', '/.poterne/page/$poterne_page/entry.html'),
  ...['403', '413'].map((status) => own('error_page', status, `/.poterne/page/$poterne_page/${status}.html`)),
  own('error_page', '429', limitedPage),
];

/** `daemon.conf`, for the portal, which the daemon answers. */
export const daemonFile = (context: Pick<Context, 'path' | 'site'>): Node[] => [
  note('', 'What the daemon itself answers.'),
  ...daemonLines(context),
  own('proxy_set_header', 'Host', '$http_host'),
  ...told(context.site),
  own('proxy_set_header', 'Authorization', ''),
];

/** With a path, the normal form of what was asked for goes on, and not how it was written. */
export const daemonPass = (path = ''): Node => own('proxy_pass', `http://${daemon}${path}`);
