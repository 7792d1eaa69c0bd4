import { misshapen } from '../../../lib/path-class.ts';
import type { Partner } from '../../../model/partner.ts';
import { type PartnerRefusal, partnerAnswer } from '../partner-answers.ts';
import { block, gap, line, type Node, own, why } from '../syntax.ts';
import { type Context, http2Directive } from './common.ts';
import { callLines } from './partner.ts';

/** Everything about partners that is not of one of them; nothing where the description names none. */
export function partnersPart(context: Context): Node[] {
  const { site, path, gatewayAt } = context;
  const { partners, gateway } = site;
  if (partners.length === 0) return [];
  const door = gateway.partners;
  return [
    gap,
    why(
      'What internal applications call outside. A request whose target is a URL, or whose path is not in its normal form:',
    ),
    block(
      '',
      ['map', '$request', '$poterne_partner_target'],
      [own('default', ''), own('~^\\S+ [^/\\s]', '1')],
    ),
    block(
      '',
      ['map', '$request_uri', '$poterne_partner_path'],
      [own('default', ''), own(`~*^[^?]*?(?:${misshapen})`, '1'), own('~#', '1')],
    ),
    why('Connection may name no header of its own (RFC 9110, 7.6.1): it would have to end here.'),
    block(
      '',
      ['map', '$http_connection', '$poterne_partner_connection'],
      [
        own('default', '1'),
        own('', ''),
        own('~*^[ \\t]*(?:(?:keep-alive|close|te|upgrade|http2-settings)[ \\t]*(?:,[ \\t]*|$))+$', ''),
      ],
    ),
    block(
      '',
      ['map', '$http_sec_fetch_site', '$poterne_partner_browser'],
      [own('default', ''), own('~*^(?:cross|same)-site$', '1')],
    ),
    ...log(),
    ...partners.map((partner) => line(partner.pointer, 'include', `partners/${partner.id}.conf`)),
    ...(door
      ? [
          gap,
          block(
            door.pointer,
            ['server'],
            server(
              context,
              door.listen.map((address) =>
                line(
                  gatewayAt('partners'),
                  'listen',
                  `${address.includes(':') ? `[${address}]` : address}:${door.port}`,
                ),
              ),
              partners.filter(({ networks }) => networks.length > 0),
              '',
            ),
          ),
        ]
      : []),
    ...partners.flatMap((partner) =>
      partner.socket === undefined
        ? []
        : [
            gap,
            block(
              partner.pointer,
              ['server'],
              server(
                context,
                [line(`${partner.pointer}/socket`, 'listen', `unix:${partner.socket}`)],
                [partner],
                partner.id,
              ),
            ),
          ],
    ),
  ];

  function log(): Node[] {
    const fields = [
      ['time', '"$time_iso8601"'],
      ['request', '"$request_id"'],
      ['partner', '"$poterne_partner"'],
      ['caller', '"$realip_remote_addr"'],
      ['method', '"$request_method"'],
      ['path', '"$poterne_partner_asked"'],
      ['status', '$poterne_status'],
      ['refused', '"$poterne_refused"'],
      ['received', '$request_length'],
      ['sent', '$bytes_sent'],
      ['duration', '$request_time'],
      ['upstream', '"$upstream_addr"'],
      ['upstreamStatus', '"$upstream_status"'],
      ['partnerCertificate', '"$poterne_partner_certificate"'],
      ['connection', '"$pid-$connection"'],
    ].map(([name, value], n) => `${n === 0 ? '' : ','}"${name}":${value}`);
    return [
      why(
        'The log of calls has no query: secrets stand there. A connection that was made has had its certificate verified.',
      ),
      block(
        '',
        ['map', '$request_uri', '$poterne_partner_asked'],
        [own('default', ''), own('~^(?<poterne_partner_asked_path>[^?#]*)', '$poterne_partner_asked_path')],
      ),
      block(
        '',
        ['map', '$upstream_connect_time', '$poterne_partner_certificate'],
        [own('default', 'none'), own('', ''), own('~[0-9]$', 'verified')],
      ),
      own('log_format', 'poterne_partners', 'escape=json', '{', ...fields, '}'),
    ];
  }

  function server(
    { facts }: Context,
    listens: readonly Node[],
    served: readonly Partner[],
    socket: string,
  ): Node[] {
    const answer = (reason: PartnerRefusal) => partnerAnswer(site.language, reason);
    const refuse = (status: string, reason: PartnerRefusal): Node[] => [
      own('set', '$poterne_refused', reason),
      own('return', status, answer(reason)),
    ];
    const failures = [
      ['413', 'large'],
      ['502', 'unreachable'],
      ['504', 'silent'],
    ] as const;
    return [
      ...listens,
      ...(http2Directive(facts) ? [own('http2', 'off')] : []),
      own('access_log', path('log/partners.log'), 'poterne_partners'),
      own('error_log', path('log/partners-error.log'), 'warn'),
      own('default_type', 'application/json'),
      why(
        'A connection is one call: none is lost on one that a reload closes, and nothing hides behind a first request.',
      ),
      own('keepalive_timeout', '0'),
      own('gzip', 'off'),
      own('uninitialized_variable_warn', 'off'),
      own('merge_slashes', 'off'),
      ...callLines(),
      gap,
      own('set', '$poterne_partner', ''),
      own('set', '$poterne_refused', ''),
      own('set', '$poterne_partner_socket', socket),
      ...(['target', 'path', 'connection'] as const).map((of) =>
        block('', ['if', `($poterne_partner_${of})`], refuse('400', 'form')),
      ),
      block('', ['if', '($poterne_partner_browser)'], refuse('403', 'browser')),
      gap,
      ...served.map((partner) => line(partner.pointer, 'include', `partners/${partner.id}.locations`)),
      block('', ['location', '/'], refuse('403', 'unknown')),
      gap,
      ...failures.flatMap(([status, reason]) => [
        own('error_page', status, `@${reason}`),
        block('', ['location', `@${reason}`], refuse(status, reason)),
      ]),
    ];
  }
}
