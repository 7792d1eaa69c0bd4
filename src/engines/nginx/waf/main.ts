import { type AskedRules, debianRules, isAsked } from '../../../lib/crs.ts';
import { ambiguous } from '../../../lib/path-class.ts';
import type { Artefact, Input } from '../../../model/plan.ts';
import type { Pointer } from '../../../model/pointer.ts';
import { type ProxiedPublication, proxied, type Site } from '../../../model/site.ts';
import type { WafRuleSet } from '../../../model/waf.ts';
import type { Module, Sealed } from '../../engine.ts';
import type { Context } from '../render/common.ts';
import { sightings } from '../render/cut.ts';
import { block, line, type Node, note, own, ownPath, write } from '../syntax.ts';
import { baseRules, blockedStatus, oversizedStatus, wafLog } from './base.ts';
import { enoughBefore } from './enough.ts';
import { wafLack } from './lack.ts';

/** Debian packages what puts ModSecurity into nginx apart. */
const wafModule = '/usr/lib/nginx/modules/ngx_http_modsecurity_module.so';

/** Of the engine's folder. What stands in the first two is empty where the firewall cannot be had. */
const files = {
  module: 'waf/module.conf',
  rules: 'waf/waf.conf',
  off: 'waf/off.conf',
  /** Names the generation's own folder, which ModSecurity wants to be told whole. */
  sealed: 'waf/rules.conf',
  set: 'waf/rules',
} as const;

/** The publications that have a firewall. */
export const walled = (site: Site): ProxiedPublication[] =>
  proxied(site).filter(({ waf }) => waf !== undefined);

export const hasWaf = (site: Site): boolean => walled(site).length > 0;

/** Why the gateway has rules at all. */
const because = (site: Site): Pointer => site.waf?.pointer ?? `${walled(site)[0]?.pointer ?? ''}/scenario`;

/** What nginx needs besides itself to look at requests. */
export function wafModules(site: Site): readonly Module[] {
  const [first] = walled(site);
  if (!first) return [];
  const at = `${first.pointer}/scenario`;
  const ours = site.waf?.folder === undefined;
  return [
    { file: wafModule, package: 'libnginx-mod-http-modsecurity', because: at, spared: true },
    ...(ours ? [{ file: debianRules, package: 'modsecurity-crs', because: at, spared: true }] : []),
  ];
}

/** Before anything else of the configuration, what loads the module. */
export const wafLoading = (site: Site): Node[] =>
  hasWaf(site) ? [line(because(site), 'include', files.module)] : [];

/** At the level of http, the rules. */
export const wafPart = (site: Site): Node[] =>
  hasWaf(site) ? [line(because(site), 'include', files.rules)] : [];

/** Where nothing is looked at: what the gateway asks and answers itself. */
export const unlooked = (site: Site): Node[] => (hasWaf(site) ? [own('include', files.off)] : []);

/** The pages of who is blocked. */
export const wafPages = (site: Site): Node[] =>
  hasWaf(site)
    ? [
        own('error_page', blockedStatus, '=403', '/.poterne/page/$poterne_page/blocked.html'),
        own('error_page', oversizedStatus, '=413', '/.poterne/page/$poterne_page/413.html'),
      ]
    : [];

/**
 * Where pages are: who is blocked is told of once in the error log, though nginx's module looks again when the page is served; and not in the access log
 * where it is the gateway's own question.
 */
export const wafPageLogs = (context: Context): Node[] =>
  hasWaf(context.site)
    ? [
        own('error_log', context.path('log/error.log'), 'crit'),
        own(
          'access_log',
          context.path('log/access.log'),
          'poterne',
          'buffer=64k',
          'flush=1s',
          'if=$poterne_visited',
        ),
        sightings(context),
      ]
    : [];

/** The files of the firewall. Publications that have one do not stand without any of them. */
export function wafArtefacts(context: Context): Omit<Artefact, 'host' | 'engine'>[] {
  const { site } = context;
  if (!hasWaf(site)) return [];
  const shared = { name: 'waf', publications: walled(site).map(({ id }) => id) };
  const found = context.facts.waf;
  const lack = wafLack(site, found);
  const rules = found && 'files' in found.rules ? found.rules : undefined;
  const at = because(site);
  const file = (path: string, nodes: readonly Node[], reads: readonly Input[] = []) => ({
    ...{ path, ...write(nodes), reads, shared },
    ...(lack ? { lack } : {}),
  });
  return [
    file(files.module, [line(at, 'load_module', wafModule)]),
    file(files.off, [note('', 'Not looked at.'), own('modsecurity', 'off')]),
    file(files.rules, rulesFile(context, at), rules ? ruleInputs(rules, askedRules(site), at) : []),
  ];
}

function rulesFile({ path }: Context, at: Pointer): Node[] {
  return [
    note(
      at,
      'The rules of the web application firewall, once for all publications; each switches it on for itself.',
    ),
    own('modsecurity_transaction_id', '$request_id'),
    ...baseRules(path(wafLog)).map((rule) => line(at, 'modsecurity_rules', rule)),
    line(at, 'include', files.sealed),
    note('', 'What a service may read as another path.'),
    block(
      '',
      ['map', '$request_uri', '$poterne_unclear_path'],
      [own('default', ''), own(`~*^[^?]*(?:${ambiguous})`, '1')],
    ),
  ];
}

const ruleInputs = ({ folder, files: set }: WafRuleSet, asked: AskedRules, at: Pointer): Input[] =>
  set
    .filter(({ name }) => isAsked(name, asked))
    .map(({ name, sha256 }) => ({
      as: `${files.set}/${name}`,
      from: { rules: { file: `${folder}/${name}`, sha256 } },
      because: at,
    }));

/** What publications ask of the rules. */
function askedRules(site: Site): AskedRules {
  const wafs = walled(site).flatMap(({ waf }) => waf ?? []);
  return {
    applications: new Set(wafs.flatMap(({ applications }) => applications)),
    // CRS 950100, of level 2, reads an answer's status alone.
    answers: wafs.some(({ paranoia, responseBody }) => paranoia > 1 || responseBody !== undefined),
  };
}

/** `waf/rules.conf`, where there are rules: each file of them by its place in the generation, so that what was checked is what is read. */
export function sealedRules(folder: string, paths: readonly string[]): Sealed[] {
  const set = paths.filter((path) => path.startsWith(`${files.set}/`) && path.endsWith('.conf'));
  if (set.length === 0) return [];
  const lines = set
    .sort((a, b) => order(a) - order(b) || (a < b ? -1 : 1))
    .flatMap((path, index) => [
      ...enoughBefore(path, index).map((rule) => own('modsecurity_rules', rule)),
      own('modsecurity_rules_file', ownPath(`${folder}/${path}`)),
    ]);
  return [{ path: files.sealed, text: write(lines).text }];
}

/** As the CRS wants its files: plugins are set up and looked at before the rules, or after. */
const order = (path: string): number => {
  const place = ['-config.conf', '-before.conf', '.conf'].findIndex((end) => path.endsWith(end));
  return path.includes('/plugins/') ? (path.endsWith('-after.conf') ? 3 : place) : 2;
};
