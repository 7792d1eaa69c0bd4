import type { Site } from '../../../model/site.ts';
import { defaults, publicationOptions } from '../schema.ts';
import { type Node, own, time, why } from '../syntax.ts';
import { observedHash } from '../waf/observed.ts';
import { asksClients } from './clients.ts';
import { type Context, endlessResets, powerOfTwo } from './common.ts';

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

/** Tables sized for what stands in them: nginx refuses to start when they are too small. */
export function hashes(site: Site): Node[] {
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

/** TLS with visitors. */
export function tls(site: Site): Node[] {
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

/** What a connection of visitors may hold, and how long. */
export function clients({ facts }: Context): Node[] {
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

/** Which answers are compressed, and how much. */
export function compression(): Node[] {
  return [
    own('gzip', 'on'),
    own('gzip_vary', 'on'),
    own('gzip_proxied', 'any'),
    own('gzip_comp_level', '4'),
    own('gzip_min_length', '1024'),
    own('gzip_types', ...compressed),
  ];
}

/** How services are asked, where a publication says nothing else. */
export function upstreams(): Node[] {
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
