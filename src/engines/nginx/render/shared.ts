import { pageStatuses } from '../pages.ts';
import { block, line, type Node, note } from '../syntax.ts';
import type { Context } from './common.ts';

const own = (...words: string[]): Node => line('', ...words);

/** `pages.conf`, for every server: the gateway's own pages. Answers of the application are never replaced. */
export function pagesFile({ path }: Context): Node[] {
  const opening = [own('internal'), own('allow', 'all'), own('ssi', 'on'), own('charset', 'utf-8')];
  return [
    note('', "The gateway's own pages. Answers of the application itself are never replaced."),
    ...pageStatuses.map((s) => own('error_page', `${s}`, `/.poterne/$poterne_page/${s}.html`)),
    block(
      '',
      ['location', '^~', '/.poterne/'],
      [...opening, own('default_type', 'text/html'), own('alias', path('current/pages/'))],
    ),
    block(
      '',
      ['location', '^~', '/.poterne/json/'],
      [
        ...opening,
        own('default_type', 'application/json'),
        own('ssi_types', 'application/json'),
        own('root', path('current/pages')),
        own('try_files', '/error.json', '=500'),
      ],
    ),
  ];
}

/** `forwarding.conf`, for every location that leads to a service: who asked, and for what. */
export function forwardingFile({ site, publicPort, gatewayAt }: Context): Node[] {
  const header = (name: string, value: string): Node => own('proxy_set_header', name, value);
  return [
    note('', 'Who asked, and for what. Nothing that the visitor said about it is believed.'),
    header('Upgrade', '$poterne_upgrade'),
    header('Accept-Encoding', '$poterne_encodings'),
    header('X-Forwarded-For', '$remote_addr'),
    header('X-Real-IP', '$remote_addr'),
    header('X-Forwarded-Proto', 'https'),
    header('X-Forwarded-Host', `$host${publicPort}`),
    line(gatewayAt('public-port'), 'proxy_set_header', 'X-Forwarded-Port', `${site.gateway.publicPort}`),
    header('X-Request-Id', '$request_id'),
    header('Forwarded', ''),
    header('Proxy', ''),
  ];
}
