import type { Site } from '../../../model/site.ts';
import { block, type Node, own, why } from '../syntax.ts';
import { observedFields, observedMap } from '../waf/observed.ts';
import { countsKnown } from './marks.ts';

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

/** The access log: what is told of a request, and where. */
/** The format of requests to names that share a server. */
export const plainFormat = 'poterne_plain';

export function log(file: string, site: Site): Node[] {
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
    why('Where names share a server, which has the name of its first alone.'),
    format(
      plainFormat,
      fields.map((field) => field.replace('$server_name', '$host')),
    ),
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
