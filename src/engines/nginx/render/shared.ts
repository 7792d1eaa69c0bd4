import type { Input } from '../../../model/plan.ts';
import type { Pointer } from '../../../model/pointer.ts';
import type { Site } from '../../../model/site.ts';
import { pageStatuses } from '../pages.ts';
import { block, line, type Node, note } from '../syntax.ts';
import { hasWaf, unlooked, wafPages } from '../waf/main.ts';
import type { Context } from './common.ts';
import { hasGate, signedInLines, type Telling } from './gate.ts';
import { limitedLocations, limitedPage } from './limits.ts';

const own = (...words: string[]): Node => line('', ...words);

/** `pages.conf`, for every server: the gateway's own pages. Answers of the application are never replaced. */
export function pagesFile(context: Context): Node[] {
  const { site, path, statePath } = context;
  const opening = [
    ...[own('internal'), own('allow', 'all'), own('auth_request', 'off')],
    ...[own('ssi', 'on'), own('charset', 'utf-8')],
  ];
  const json = (file: string): Node[] => [
    ...opening,
    own('default_type', 'application/json'),
    own('ssi_types', 'application/json'),
    own('root', path('current/pages')),
    own('try_files', file, '=500'),
  ];
  return [
    note('', "The gateway's own pages. Answers of the application itself are never replaced."),
    ...pageStatuses.map((s) => own('error_page', `${s}`, `/.poterne/$poterne_page/${s}.html`)),
    ...wafPages(site),
    own('error_page', '429', limitedPage),
    block(
      '',
      ['location', '^~', '/.poterne/'],
      [...opening, own('default_type', 'text/html'), own('alias', path('current/pages/'))],
    ),
    block('', ['location', '^~', '/.poterne/json/'], json('/error.json')),
    ...(hasWaf(site)
      ? [block('', ['location', '=', '/.poterne/json/blocked.html'], json('/blocked.json'))]
      : []),
    ...limitedLocations(context, opening),
    included(site, '', 'said', statePath('cut/said'), ['/$poterne_id']),
    // Until when somebody is banned, and whom they may ask: what stands in the file by which they are.
    ...(site.bans
      ? [
          included(site, '/bans', 'banned', statePath('bans'), [
            '/addresses/$remote_addr',
            '/networks/$poterne_network',
          ]),
        ]
      : []),
    ...(site.signIn?.brand.logo === undefined
      ? []
      : [included(site, logoPointer, 'logo', path('current/pages'), ['/logo.html'])]),
    ...(hasGate(site) ? [block('', ['location', '^~', '/.poterne/json/403-'], json('/refused.json'))] : []),
  ];
}

/** What pages include: the first of these files that is there, or nothing. */
const included = (site: Site, at: Pointer, name: string, root: string, files: readonly string[]): Node =>
  block(
    at,
    ['location', '=', `/.poterne/${name}`],
    [
      ...[own('internal'), own('allow', 'all'), own('auth_request', 'off')],
      ...unlooked(site),
      own('default_type', 'text/html'),
      own('root', root),
      own('try_files', ...files, '=204'),
    ],
  );

const logoPointer = '/sign-in/brand/logo';

/** The logo of the organisation, which `nginx.conf` brings for all pages. */
export const logoInputs = ({ signIn }: Site): Input[] =>
  signIn?.brand.logo === undefined
    ? []
    : [{ as: 'pages/logo.html', from: { logo: signIn.brand.logo }, because: logoPointer }];

/**
 * `forwarding.conf`, for every location that leads to a service, and `forwarding-known.conf` or `forwarding-signed.conf` where people sign
 * in: who asked, and for what.
 */
export function forwardingFile(
  { site, publicPort, gatewayAt }: Context,
  telling: Telling = 'nobody',
): Node[] {
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
    ...signedInLines(site, telling),
  ];
}
