import { isAddress } from '../../../lib/ip.ts';
import { pinFlag } from '../../../lib/partner-pins.ts';
import type { Partner, PartnerPath } from '../../../model/partner.ts';
import type { Input, StandIn } from '../../../model/plan.ts';
import type { ClientTls } from '../../../model/tls.ts';
import { partnerAnswer } from '../partner-answers.ts';
import { block, encoded, gap, line, type Node, note, plain, time, write } from '../syntax.ts';
import type { Context } from './common.ts';

/** Debian's bundle, for partners of whom the description names no CA. */
const systemRoots = '/etc/ssl/certs/ca-certificates.crt';

/** Idle connections to a partner that each worker keeps, and for how long: most servers close theirs after 5 s or more. */
const kept = { connections: 16, milliseconds: 4000 };

/** Headers of a caller that end here: hop by hop (RFC 9110, 7.6.1), or about the inside of the house. */
const stripped = [
  ...['Proxy', 'Proxy-Authorization', 'Proxy-Connection', 'Trailer', 'HTTP2-Settings'],
  ...['Forwarded', 'Via', 'X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Port', 'X-Forwarded-Prefix'],
  ...['X-Forwarded-Proto', 'X-Forwarded-Server', 'X-Real-IP'],
];

/** Of a partner's answer: what would have nginx do something, or the caller go past the gateway. */
const ignored = ['Redirect', 'Expires', 'Limit-Rate', 'Buffering', 'Charset'].map((of) => `X-Accel-${of}`);

/** Where the files of a partner stand, beside `nginx.conf`. */
export function partnerFiles({ id, tls }: Partner) {
  const of = (extension: string) => `certificates/${id}.${extension}`;
  const internal = tls?.shows.kind === 'internal';
  return {
    certificate: of(internal ? 'pem' : 'crt'),
    key: of(internal ? 'pem' : 'key'),
    passphrase: of('passphrase'),
    ca: of('ca.crt'),
  };
}

/** The files that a partner's configuration names. */
export function partnerInputs(partner: Partner): Input[] {
  const files = partnerFiles(partner);
  const { trust, tls, pins, pointer } = partner;
  const because = `${pointer}/${trust.ca === undefined ? 'pins' : 'trust/ca'}`;
  return [
    ...(tls ? clientInputs(tls, partner) : []),
    ...(pins.length > 0
      ? [{ as: files.ca, from: { pinned: trust.ca ?? systemRoots, pins }, because }]
      : trust.ca === undefined
        ? []
        : [{ as: files.ca, from: { file: trust.ca }, because }]),
  ];
}

function clientInputs({ name, shows, pointer }: ClientTls, partner: Partner): Input[] {
  const { certificate, key, passphrase } = partnerFiles(partner);
  if (shows.kind === 'internal') {
    const need = { id: `client-${name}`, names: shows.names, purpose: 'client' as const };
    return [{ as: certificate, from: { certificate: need }, because: `${pointer}/authority` }];
  }
  return [
    { as: certificate, from: { file: shows.certificate }, because: `${pointer}/certificate` },
    { as: key, from: { file: shows.key }, because: `${pointer}/key` },
    ...(shows.passphrase
      ? [{ as: passphrase, from: { secret: shows.passphrase }, because: shows.passphrase.pointer }]
      : []),
  ];
}

/** `partners/<id>.conf`: who may call, what they may do, and where the partner is. */
export function partnerFile(context: Context, partner: Partner): Node[] {
  const { id, pointer: at, networks, methods, host, port, base } = partner;
  return [
    note(at, `Partner "${partner.name}": https://${authority(partner)}${base}`),
    gap,
    // Whatever somebody in front may say of it: the address at the other end of the connection.
    block(
      `${at}/callers`,
      ['geo', '$realip_remote_addr', `$${id}_address`],
      [line('', 'default', ''), ...networks.map((network) => line(`${at}/callers`, network, '1'))],
    ),
    note(
      '',
      'A stranger comes neither from these addresses nor through the socket that is the callers’ own.',
    ),
    block(
      `${at}/callers`,
      ['map', `$poterne_partner_socket$${id}_address`, `$${id}_stranger`],
      [line('', 'default', '1'), line('', '1', ''), line('', id, '')],
    ),
    block(
      `${at}/methods`,
      ['map', '$request_method', `$${id}_barred`],
      [line('', 'default', '1'), ...methods.map((method) => line(`${at}/methods`, method, ''))],
    ),
    gap,
    block(
      at,
      ['upstream', id],
      [
        ...serverLines(context, `${at}/url`, host, port),
        line('', 'keepalive', `${kept.connections}`),
        line('', 'keepalive_timeout', time(kept.milliseconds)),
      ],
    ),
  ];
}

function serverLines({ facts }: Context, at: string, host: string, port: number): Node[] {
  const bracketed = (address: string) => (address.includes(':') ? `[${address}]` : address);
  const addresses = isAddress(host) ? [host] : (facts.addresses[host] ?? []);
  if (addresses.length === 0)
    return [note(at, `${host}:${port} does not resolve.`), line(at, 'server', '127.0.0.1:9', 'down')];
  return [
    ...(isAddress(host) ? [] : [note(at, `${host}:${port}`)]),
    ...addresses.map((a) => line(at, 'server', `${bracketed(a)}:${port}`, 'max_fails=3', 'fail_timeout=10s')),
  ];
}

/** The partner as it stands in a URL. */
export function authority({ host, port }: Pick<Partner, 'host' | 'port'>): string {
  const shown = host.includes(':') ? `[${host}]` : host;
  return port === 443 ? shown : `${shown}:${port}`;
}

/** `partners/<id>.locations`: the paths that may be asked for, and a refusal of all others. */
export function partnerLocations(context: Context, partner: Partner): Node[] {
  const { name, pointer: at, paths } = partner;
  const whole = paths.some(({ path }) => path === '/');
  return [
    ...paths.flatMap((path) => pathLocations(context, partner, path)),
    ...(whole
      ? []
      : [
          note(at, 'Nothing else may be asked for there.'),
          block(`${at}/paths`, ['location', '^~', `/${name}/`], refused(context, partner)),
        ]),
  ];
}

function pathLocations(context: Context, partner: Partner, { path, pointer }: PartnerPath): Node[] {
  const { name, base } = partner;
  const below = path.endsWith('/') ? path : `${path}/`;
  const at = (asked: string) => `/${name}${asked}`;
  const to = (asked: string) => encoded(`${base.slice(0, -1)}${asked}`);
  const passes = (asked: string): Node[] => [
    ...guards(context, partner),
    ...pinGuard(context, partner),
    ...pass(partner),
    line(pointer, 'proxy_pass', `https://${partner.id}${to(asked)}`),
  ];
  const bare = path.replace(/\/$/, '');
  // Where only what is below may be asked for, nginx alone would lead there by a redirect, and ask no caller who it is.
  const itself = path.endsWith('/') ? refused(context, partner) : passes(path);
  const told = path.endsWith('/') && partner.paths.some((other) => other.path === bare);
  return [
    ...(told ? [] : [block(pointer, ['location', '=', at(bare)], itself)]),
    block(pointer, ['location', '^~', at(below)], passes(below)),
  ];
}

/** No path of the partner, for those who may call it. */
const refused = (context: Context, partner: Partner): Node[] => [
  ...callerGuard(context, partner),
  ...refusal(context, partner, 'path'),
];

const guards = (context: Context, partner: Partner): Node[] => [
  ...callerGuard(context, partner),
  block(`${partner.pointer}/methods`, ['if', `($${partner.id}_barred)`], refusal(context, partner, 'method')),
];

const callerGuard = (context: Context, partner: Partner): Node[] => [
  line(partner.pointer, 'set', '$poterne_partner', partner.name),
  block(
    `${partner.pointer}/callers`,
    ['if', `($${partner.id}_stranger)`],
    refusal(context, partner, 'caller'),
  ),
];

/**
 * nginx cannot compare a key. Whoever looks at the partner keeps a file there while its key is a pinned one: without it nobody
 * has seen that, and nothing is sent.
 */
function pinGuard(context: Context, partner: Partner): Node[] {
  if (partner.pins.length === 0) return [];
  const at = `${partner.pointer}/pins`;
  return [
    block(
      at,
      ['if', '(!-f', `${context.path(pinFlag(partner))})`],
      [
        line(at, 'set', '$poterne_refused', 'pin'),
        line(at, 'return', '503', partnerAnswer(context.site.language, 'pin')),
      ],
    ),
  ];
}

function refusal({ site }: Context, { pointer }: Partner, reason: 'caller' | 'path' | 'method'): Node[] {
  return [
    line(pointer, 'set', '$poterne_refused', reason),
    line(pointer, 'return', '403', partnerAnswer(site.language, reason)),
  ];
}

/** What a call bears, what is shown to the partner and what is asked of it, and how its answer comes back. */
function pass(partner: Partner): Node[] {
  const { name, base, size, timeouts, trust, tls, pins, pointer: at } = partner;
  const ownTrust = trust.ca !== undefined || pins.length > 0;
  const files = partnerFiles(partner);
  const header = (of: string, value: string): Node => line('', 'proxy_set_header', of, value);
  const home = encoded(base);
  return [
    line(`${at}/size`, 'client_max_body_size', `${size}`),
    line(`${at}/url`, 'proxy_set_header', 'Host', plain(authority(partner))),
    // An empty one keeps the connection.
    header('Connection', ''),
    ...stripped.map((of) => header(of, '')),
    ...(['connect', 'send', 'read'] as const).map((of) =>
      line(`${at}/timeouts`, `proxy_${of}_timeout`, time(timeouts[of])),
    ),
    ...(tls ? clientLines(tls, files) : []),
    line(`${at}/trust`, 'proxy_ssl_trusted_certificate', ownTrust ? files.ca : systemRoots),
    line(`${at}/trust`, 'proxy_ssl_name', plain(trust.name)),
    line(`${at}/url`, 'proxy_redirect', `https://${plain(authority(partner))}${home}`, `/${name}/`),
    line(`${at}/url`, 'proxy_redirect', home, `/${name}/`),
    line(`${at}/url`, 'proxy_cookie_path', home, `/${name}/`),
  ];
}

function clientLines({ shows, pointer }: ClientTls, files: ReturnType<typeof partnerFiles>): Node[] {
  const at = (word: string) => `${pointer}/${shows.kind === 'internal' ? 'authority' : word}`;
  return [
    line(at('certificate'), 'proxy_ssl_certificate', files.certificate),
    line(at('key'), 'proxy_ssl_certificate_key', files.key),
    ...(shows.kind === 'files' && shows.passphrase
      ? [line(shows.passphrase.pointer, 'proxy_ssl_password_file', files.passphrase)]
      : []),
  ];
}

/** What holds for every call, in the servers that take them. */
export function callLines(): Node[] {
  return [
    note('', 'Bodies flow through in both directions, and nothing of them is stored here.'),
    line('', 'proxy_request_buffering', 'off'),
    line('', 'proxy_buffering', 'off'),
    note('', 'Another address of the partner is tried when one cannot be reached; its answers are its own.'),
    line('', 'proxy_next_upstream', 'error', 'timeout'),
    note('', 'A partner does not tell this gateway what to do, nor callers to go past it.'),
    line('', 'proxy_ignore_headers', ...ignored),
    line('', 'proxy_hide_header', 'Alt-Svc'),
    line('', 'proxy_ssl_verify', 'on'),
    line('', 'proxy_ssl_server_name', 'on'),
    line('', 'proxy_ssl_protocols', 'TLSv1.2', 'TLSv1.3'),
  ];
}

/** What answers in place of a partner that nginx refused. */
export function partnerStandIn({ site }: Context, { name, pointer }: Partner): StandIn {
  const nodes = [
    note(pointer, `In place of partner "${name}", which nginx refused`),
    block(
      pointer,
      ['location', '^~', `/${name}/`],
      [
        line(pointer, 'set', '$poterne_partner', name),
        line(pointer, 'set', '$poterne_refused', 'repair'),
        line(pointer, 'return', '503', partnerAnswer(site.language, 'repair')),
      ],
    ),
  ];
  return { text: write(nodes).text, reads: [] };
}
