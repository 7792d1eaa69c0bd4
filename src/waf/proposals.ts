import { isSumRule } from '../lib/waf-log.ts';
import type { Waf } from '../model/waf.ts';
import { foldPath } from './mask.ts';
import type { WafFound, WafTransaction } from './transaction.ts';

/** What is left out, without the reason. */
export interface Exclusion {
  readonly rule: number;
  readonly path: string;
  readonly target?: string;
}

/** A way to let a request through that was refused by mistake. */
export interface Proposal {
  /** `narrow`: this parameter under this path; `below`: under all paths of its kind; `rule`: the rule is off under this path. */
  readonly kind: 'narrow' | 'below' | 'rule';
  readonly exclusions: readonly Exclusion[];
}

/** What the log tells of a mistake. */
export interface Mistake {
  readonly method: string;
  readonly path: string;
  /** What each rule found, at its target; several where their sum refused. */
  readonly found: readonly { readonly rule: number; readonly target?: string; readonly points: number }[];
}

/** The words for what of a request a rule need not read: those that the description takes. */
const expressible =
  /^(?:ARGS|ARGS_NAMES|REQUEST_COOKIES|REQUEST_COOKIES_NAMES|REQUEST_HEADERS|FILES):[^\s"',|\\]{1,200}$/;

/** What the CRS adds to the sum (`tx.critical_anomaly_score` and its like), by severity. */
export const points = (severity: number): number => [5, 5, 5, 4, 3, 2][severity] ?? 0;

/** A refused request as the log tells of it. */
export function mistakeOf({ method, uri, found }: WafTransaction): Mistake {
  const seen = new Map<string, Mistake['found'][number]>();
  for (const each of found) {
    const target = targetOf(each);
    const key = `${each.rule} ${target ?? ''}`;
    if (!seen.has(key))
      seen.set(key, { rule: each.rule, ...(target ? { target } : {}), points: points(each.severity) });
  }
  return { method, path: pathOf(uri), found: [...seen.values()] };
}

/** A target as an exclusion can name it: collections that are parts of another (`ARGS_GET`) by that. */
export function targetOf({ target }: Pick<WafFound, 'target'>): string | undefined {
  const named = target
    ?.replace(/^ARGS_(?:GET|POST):/, 'ARGS:')
    .replace(/^ARGS_(?:GET|POST)_NAMES:/, 'ARGS_NAMES:');
  return named !== undefined && expressible.test(named) ? named : undefined;
}

/** The path of a request target as a description has it: decoded, without the query. */
export function pathOf(uri: string): string {
  const path = (uri.split(/[?#]/, 1)[0] ?? '').replace(/^https?:\/\/[^/]*/i, '') || '/';
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/**
 * Ways to let it through, the narrowest first. Of rules whose points come together only as many are left out as it takes to stay below
 * the threshold; `all` leaves out every one.
 */
export function proposalsOf(
  mistake: Mistake,
  { thresholds }: Pick<Waf, 'thresholds'>,
  all = false,
): readonly Proposal[] {
  const { path, found } = mistake;
  const needed = all ? found : neededOf(found, thresholds.inbound);
  if (needed.length === 0) return [];
  const at = (where: string, withTarget: boolean): readonly Exclusion[] => {
    const seen = new Set<string>();
    return needed
      .map(({ rule, target }) => ({ rule, path: where, ...(withTarget && target ? { target } : {}) }))
      .filter((each) => !seen.has(JSON.stringify(each)) && seen.add(JSON.stringify(each)));
  };
  const kind = kindOf(path);
  const isNarrow = needed.some(({ target }) => target !== undefined);
  return [
    ...(isNarrow
      ? [
          { kind: 'narrow' as const, exclusions: at(path, true) },
          ...(kind === undefined ? [] : [{ kind: 'below' as const, exclusions: at(kind, true) }]),
        ]
      : []),
    { kind: 'rule', exclusions: at(path, false) },
  ];
}

/** All below the part of a path that names a kind, where a later part names one thing of many. */
function kindOf(path: string): string | undefined {
  const parts = foldPath(path).split('/');
  const first = parts.indexOf(':id');
  // All paths of a site are no kind.
  return first < 2 ? undefined : `${path.split('/').slice(0, first).join('/')}/`;
}

function neededOf(found: Mistake['found'], threshold: number): Mistake['found'] {
  const most = [...found].filter(({ rule }) => !isSumRule(rule)).sort((a, b) => b.points - a.points);
  let sum = most.reduce((total, each) => total + each.points, 0);
  const needed: Mistake['found'][number][] = [];
  for (const each of most) {
    if (sum < threshold && needed.length > 0) break;
    needed.push(each);
    sum -= each.points;
  }
  return needed;
}

/** Whether an exclusion keeps a rule from what it found in a request. */
export function isCovered(
  exclusion: Exclusion,
  { path, rule, target }: { readonly path: string; readonly rule: number; readonly target?: string },
): boolean {
  const { path: where } = exclusion;
  const isThere = where.endsWith('/') ? path.startsWith(where) : path === where;
  const isMeant =
    exclusion.target === undefined ||
    exclusion.target.toLowerCase() === targetOf({ ...(target ? { target } : {}) })?.toLowerCase();
  return exclusion.rule === rule && isThere && isMeant;
}
