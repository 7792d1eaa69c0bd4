import type { Input } from '../../../model/plan.ts';
import type { Site } from '../../../model/site.ts';
import { pageStatuses } from '../pages.ts';
import { block, type Node, note, own } from '../syntax.ts';
import { unlooked, wafPageLogs, wafPages } from '../waf/main.ts';
import type { Context } from './common.ts';
import { limitedLines, limitedPage } from './limits.ts';

/**
 * The gateway's own pages, in as few locations as can be: every server has them, and where there are rules of a firewall each location of
 * each server keeps a list of them (ADR 37).
 */

const hasLogo = ({ signIn }: Site): boolean => signIn?.brand.logo !== undefined;

/** Which file is a page, and which are included in one: the first that is there, or nothing. */
export function pageMaps({ site, path, statePath }: Context): Node[] {
  // An error may lead to a page, and this to what it includes, within one request.
  const map = (variable: string, files: readonly (readonly [pattern: string, file: string])[]): Node =>
    block(
      '',
      ['map', '$uri', variable],
      [
        own('volatile'),
        own('default', ''),
        ...files.map(([pattern, file]) => own(`~^/\\.poterne${pattern}`, file)),
      ],
    );
  return [
    map('$poterne_page_file', [
      ['/page/json/blocked\\.html$', '/blocked.json'],
      ['/page/json/403-', '/refused.json'],
      ['/page/json/', '/error.json'],
      ['/page(/[a-z][a-z]/[a-z0-9-]+\\.html)$', '$1'],
    ]),
    map('$poterne_included', [
      ['/with/limited/json$', path('current/pages/limited.json')],
      ['/with/limited/', `${path('current/pages')}/$poterne_language/429.html`],
      ['/with/early/json/', path('current/pages/error.json')],
      ['/with/early(/[a-z][a-z]/[a-z0-9-]+\\.html)$', `${path('current/pages')}$1`],
      // What files say of who cut something off.
      ['/with/said$', `${statePath('cut/said')}/$poterne_id`],
      // Until when somebody is banned, and whom they may ask: what stands in the file by which they are.
      ...(site.bans ? ([['/with/banned$', `${statePath('bans/addresses')}/$remote_addr`]] as const) : []),
      ...(hasLogo(site) ? ([['/with/logo$', path('current/pages/logo.html')]] as const) : []),
    ]),
    map(
      '$poterne_included_else',
      site.bans ? [['/with/banned$', `${statePath('bans/networks')}/$poterne_network`]] : [],
    ),
  ];
}

/** `pages.conf`, for every server: the gateway's own pages. Answers of the application are never replaced. */
export function pagesFile(context: Context): Node[] {
  const { site, path } = context;
  const place = (name: string, more: readonly Node[]): Node =>
    block(
      '',
      ['location', '^~', `/.poterne/${name}/`],
      [
        ...[own('internal'), own('allow', 'all'), own('auth_request', 'off')],
        ...[own('ssi', 'on'), own('ssi_types', 'application/json'), own('charset', 'utf-8')],
        block('', ['types'], [own('text/html', 'html'), own('application/json', 'json')]),
        ...more,
      ],
    );
  return [
    note('', "The gateway's own pages. Answers of the application itself are never replaced."),
    ...pageStatuses.map((s) => own('error_page', `${s}`, `/.poterne/page/$poterne_page/${s}.html`)),
    ...wafPages(site),
    own('error_page', '429', limitedPage),
    place('page', [
      ...wafPageLogs(context),
      own('root', path('current/pages')),
      own('try_files', '$poterne_page_file', '=500'),
    ]),
    // What pages include, and the pages of those who are refused before anything of theirs is looked at, or were beyond a limit.
    place('with', [
      ...unlooked(site),
      ...limitedLines(context),
      own('default_type', 'text/html'),
      own('root', '/'),
      own('try_files', '$poterne_included', '$poterne_included_else', '=204'),
    ]),
  ];
}

const logoPointer = '/sign-in/brand/logo';

/** The logo of the organisation, which `nginx.conf` brings for all pages. */
export const logoInputs = ({ signIn }: Site): Input[] =>
  signIn?.brand.logo === undefined
    ? []
    : [{ as: 'pages/logo.html', from: { logo: signIn.brand.logo }, because: logoPointer }];
