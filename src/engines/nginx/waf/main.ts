import { proxied, type Site } from '../../../model/site.ts';
import type { Module } from '../../engine.ts';
import type { Context } from '../render/common.ts';
import { gap, line, type Node, note } from '../syntax.ts';
import { baseRules, blockedStatus, oversizedStatus } from './base.ts';

/** Debian packages what puts ModSecurity into nginx apart. */
const wafModule = '/usr/lib/nginx/modules/ngx_http_modsecurity_module.so';

/** Debian's Core Rule Set. */
const debianRules = '/usr/share/modsecurity-crs/rules';

/** The log of the firewall, below the engine's prefix. */
export const wafLog = 'log/waf.log';

const walled = (site: Site) => proxied(site).filter(({ waf }) => waf !== undefined);

export const hasWaf = (site: Site): boolean => walled(site).length > 0;

/** What nginx needs besides itself to look at requests. */
export function wafModules(site: Site): readonly Module[] {
  const [first] = walled(site);
  if (!first) return [];
  const because = `${first.pointer}/scenario`;
  return [
    { file: wafModule, package: 'libnginx-mod-http-modsecurity', because, loaded: true },
    { file: debianRules, package: 'modsecurity-crs', because, loaded: false },
  ];
}

/** The rules, once for the whole gateway. */
export function wafPart({ site, path }: Context): Node[] {
  if (!hasWaf(site)) return [];
  const at = site.waf?.pointer ?? '';
  const rules = (text: string): Node => line(at, 'modsecurity_rules', text);
  return [
    note(
      at,
      'The rules of the web application firewall, once for all publications; each switches it on for itself.',
    ),
    line('', 'modsecurity_transaction_id', '$request_id'),
    ...baseRules(path(wafLog)).map(rules),
    rules(`Include ${debianRules}/*.conf`),
    gap,
  ];
}

/** The pages of who is blocked. */
export const wafPages = (site: Site): Node[] =>
  hasWaf(site)
    ? [
        line('', 'error_page', blockedStatus, '=403', '/.poterne/$poterne_page/blocked.html'),
        line('', 'error_page', oversizedStatus, '=413', '/.poterne/$poterne_page/413.html'),
      ]
    : [];

/** Where nothing is looked at: what the gateway asks and answers itself. */
export const unlooked = (site: Site): Node[] => (hasWaf(site) ? [line('', 'modsecurity', 'off')] : []);
