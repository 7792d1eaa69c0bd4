import { proxied } from '../../../model/site.ts';
import { block, gap, line, type Node, own, why } from '../syntax.ts';
import { identityMaps } from './clients.ts';
import type { Context } from './common.ts';
import { defaultHeaderMaps } from './headers.ts';
import { nameLines } from './names.ts';
import { pageMaps } from './pages.ts';

/** What nginx works out of a request for every publication. */
export function variables(context: Context): Node[] {
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
