import type { WafRuleSet, WafRulesLack } from '../model/waf.ts';
import { sha256 } from './digest.ts';

/** An OWASP Core Rule Set on a disk: which of its files are loaded, in which order, and what stands in them. */

/** Debian's (package modsecurity-crs). */
export const debianRules = '/usr/share/modsecurity-crs';

/** How files are read; both reject with Node's own error codes. */
export interface RuleFiles {
  list(folder: string): Promise<readonly string[]>;
  bytes(file: string): Promise<Uint8Array>;
}

/** Without the first nothing is set up, and without the second nothing is ever blocked. */
const needed = [/^REQUEST-901-/, /^REQUEST-949-/];

/** No CRS has as many, nor as large ones. */
const mostFiles = 500;
const largest = 4 << 20;

/**
 * The rules in a folder: in `rules` below it, with plugins in `plugins`, as a release of the CRS has them, or in itself.
 */
export async function readRuleSet(
  folder: string,
  files: RuleFiles,
  wanted?: string,
): Promise<WafRuleSet | WafRulesLack> {
  try {
    const names = await namesIn(folder, files);
    const base = (name: string) => name.split('/').at(-1) ?? name;
    if (names.length > mostFiles || !needed.every((one) => names.some((name) => one.test(base(name)))))
      return { lack: 'none', params: { folder } };
    const read: { name: string; sha256: string }[] = [];
    let version = '';
    for (const name of names) {
      const bytes = await files.bytes(`${folder}/${name}`);
      if (bytes.length > largest) return { lack: 'none', params: { folder } };
      read.push({ name, sha256: sha256(bytes) });
      if (/REQUEST-901-/.test(name)) version = versionIn(new TextDecoder().decode(bytes));
    }
    const digest = sha256(
      read
        .map((each) => `${each.name}\n${each.sha256}\n`)
        .sort()
        .join(''),
    );
    if (wanted !== undefined && wanted !== digest)
      return { lack: 'digest', params: { folder, digest, wanted } };
    return { folder, version, sha256: digest, files: read };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR'
      ? { lack: 'missing', params: { folder } }
      : { lack: 'unreadable', params: { folder, reason: code ?? message } };
  }
}

/** The files that are loaded, in their order. Samples (`.example`) are not, nor what only people and plugins in Lua read. */
async function namesIn(folder: string, files: RuleFiles): Promise<string[]> {
  const top = await files.list(folder);
  const below = async (part: string) =>
    (await files.list(`${folder}/${part}`)).map((name) => `${part}/${name}`);
  const rules = top.includes('rules') ? await below('rules') : top;
  const plugins = top.includes('plugins') ? await below('plugins') : [];
  const ending = (some: readonly string[], end: string) => some.filter((name) => name.endsWith(end)).sort();
  return [
    ...ending(plugins, '-config.conf'),
    ...ending(plugins, '-before.conf'),
    ...ending(rules, '.conf').filter((name) => !/(?:^|\/)crs-setup\.conf$/.test(name)),
    ...ending(plugins, '-after.conf'),
    ...ending([...rules, ...plugins], '.data'),
  ];
}

const versionIn = (text: string): string =>
  /SecComponentSignature "OWASP_CRS\/([\w.-]+)"/.exec(text)?.[1] ?? '';

/** The ids of the rules in a text of SecLang. */
export const ruleIdsIn = (text: string): number[] =>
  [...text.matchAll(/^(?!\s*#).*?\bid:'?(\d{1,9})\b/gm)].map((found) => Number(found[1]));

/** How an application's ways are switched on for a request, and off where a set of rules has them on. */
export interface Application {
  readonly on: string;
  readonly off?: string;
}

/** The application whose ways a file knows, and how they are switched on: 3.3 has them among its rules, 4 as plugins of several files. */
function applicationOf(file: string): readonly [string, Application] | undefined {
  const built = /REQUEST-903\.\d+-(\w+)-EXCLUSION-RULES\.conf$/.exec(file)?.[1]?.toLowerCase();
  if (built) return [built, { on: `crs_exclusions_${built}=1` }];
  const plugin = /([\w-]+)-rule-exclusions-(?:config|before|after)\.conf$/.exec(file)?.[1];
  const enabled = `${plugin}-rule-exclusions-plugin_enabled`;
  return plugin ? [plugin, { on: `${enabled}=1`, off: `${enabled}=0` }] : undefined;
}

/** The applications that a set of rules knows, by the names of its files. */
export function applicationsIn(names: readonly string[]): ReadonlyMap<string, Application> {
  const found = names.flatMap((name) => {
    const one = applicationOf(name);
    return one ? [one] : [];
  });
  return new Map(found.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What of a set of rules is asked for anywhere. */
export interface AskedRules {
  readonly applications: ReadonlySet<string>;
  /** Whether anything of an answer is judged: its body, or from paranoia 2 on its status. */
  readonly answers: boolean;
}

/** Of CRS 3.3: what counts requests and knows bad addresses, where `crs-setup.conf` says so. Ours never does: limits and bans do that. */
const unset = /(?:^|\/)REQUEST-(?:910-IP-REPUTATION|912-DOS-PROTECTION)\.conf$/;
const judgesAnswers = /(?:^|\/)RESPONSE-9(?:5\d|80)-[^/]+\.conf$/;

/**
 * Whether a file of a set of rules has to be loaded: not what knows the ways of applications that nobody has, nor what only judges
 * answers where none is. Each rule costs memory in every location of every server, and time in every request.
 */
export function isAsked(file: string, { applications, answers }: AskedRules): boolean {
  const application = applicationOf(file);
  if (application) return applications.has(application[0]);
  return !unset.test(file) && (answers || !judgesAnswers.test(file));
}
