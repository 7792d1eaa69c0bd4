import path from 'node:path';
import { applicationsIn, debianRules, readRuleSet, ruleIdsIn } from '../lib/crs.ts';
import { knownHint, nearest } from '../lib/hints.ts';
import { isSumRule } from '../lib/waf-log.ts';
import type { Finding } from '../model/finding.ts';
import { message } from '../model/message.ts';
import { type Pointer, pointer } from '../model/pointer.ts';
import type { WafRuleSet, WafRulesLack } from '../model/waf.ts';
import type { Files } from './files.ts';
import { sourceOf } from './locate.ts';
import type { Sources } from './merge.ts';
import type { Parsed } from './parse.ts';

/** The rules of the web application firewall as they are seen from here. */
export interface KnownRules {
  readonly set: WafRuleSet | WafRulesLack;
  /** Whether they are the user's own, which are carried to the gateway: Debian's there may be others. */
  readonly brought: boolean;
  readonly ids: ReadonlySet<number>;
}

/** Ids of ModSecurity's own recommended rules, which stand before the CRS. */
const recommended = (id: number): boolean => id >= 200_000 && id < 201_000;

/** Reads the rules, where some publication has a firewall or the description names any. */
export async function readKnownRules(
  parsed: Parsed,
  sources: Sources,
  files: Files,
): Promise<KnownRules | undefined> {
  const written = parsed.site?.waf?.rules;
  const walled = [...parsed.publications.values()].some(({ scenario }) => scenario === 'proxy+waf');
  if (!walled && written === undefined) return undefined;
  const folder =
    written === undefined
      ? debianRules
      : path.resolve(path.dirname(sourceOf(sources, '/waf')?.path ?? sources.main), written);
  const bytes = async (file: string) =>
    files.bytes ? files.bytes(file) : new TextEncoder().encode(await files.read(file));
  const set = await readRuleSet(folder, { list: (inside) => files.list(inside), bytes });
  const ids = new Set<number>();
  if ('files' in set)
    for (const { name } of set.files)
      if (name.endsWith('.conf'))
        for (const id of ruleIdsIn(new TextDecoder().decode(await bytes(`${folder}/${name}`)))) ids.add(id);
  return { set, brought: written !== undefined, ids };
}

/** What the rules do not have of what the description says of them, and what is wrong with those that somebody brought. */
export function wafRulesFindings(parsed: Parsed, known: KnownRules | undefined): readonly Finding[] {
  if (!known) return [];
  const { set, brought } = known;
  const found: Finding[] = brought ? folderFindings(parsed, set) : [];
  if ('lack' in set) return found;
  const applications = [...applicationsIn(set.files.map(({ name }) => name)).keys()];
  // Debian's rules of the gateway's machine may be others than those of this one.
  const severity = brought ? 'error' : 'warning';
  for (const [name, { waf }] of parsed.publications) {
    const at = pointer('publications', name, 'waf');
    for (const [n, application] of (waf?.applications ?? []).entries())
      if (!applications.includes(application))
        found.push({
          ...{
            severity,
            code: 'waf.application.unknown',
            params: { name: application, version: set.version },
          },
          ...{ pointer: `${at}/applications/${n}`, hint: knownHint(application, applications) },
        });
    for (const [n, { rule }] of (waf?.exclusions ?? []).entries())
      found.push(...exclusionFindings(known, set.version, rule, `${at}/exclusions/${n}/rule`));
  }
  return found;
}

function exclusionFindings(
  { ids, brought }: KnownRules,
  version: string,
  rule: number,
  at: Pointer,
): Finding[] {
  if (isSumRule(rule) || (rule >= 901_000 && rule < 902_000))
    return [
      {
        ...{ severity: 'error', code: 'waf.exclusion.all', params: { rule }, pointer: at },
        hint: message('waf.exclusion.all.hint'),
      },
    ];
  if (ids.has(rule) || recommended(rule)) return [];
  const meant = nearest(`${rule}`, [...ids].map(String));
  return [
    {
      ...{
        severity: brought ? 'error' : 'warning',
        code: 'waf.exclusion.unknown',
        params: { rule, version },
      },
      pointer: at,
      hint:
        meant === undefined
          ? message('waf.exclusion.unknown.hint')
          : message('hint.nearest', { nearest: meant }),
    },
  ];
}

/** Of a folder that is not as it should be only publications with a firewall suffer, when it is applied: here it is a warning. */
function folderFindings({ site }: Parsed, set: WafRuleSet | WafRulesLack): Finding[] {
  const wanted = site?.waf?.sha256;
  if ('lack' in set)
    return [
      {
        ...{ severity: 'warning', code: `waf.rules.${set.lack}`, params: set.params, pointer: '/waf/rules' },
        hint: message('waf.rules.hint'),
      },
    ];
  if (wanted === undefined)
    return [
      {
        ...{ severity: 'error', code: 'waf.rules.unpinned', params: { folder: site?.waf?.rules ?? '' } },
        ...{ pointer: '/waf/rules', hint: message('waf.rules.unpinned.hint', { digest: set.sha256 }) },
      },
    ];
  if (wanted === set.sha256) return [];
  return [
    {
      ...{ severity: 'warning', code: 'waf.rules.digest', pointer: '/waf/sha256' },
      params: { folder: set.folder, digest: set.sha256, wanted },
      hint: message('waf.rules.digest.hint'),
    },
  ];
}
