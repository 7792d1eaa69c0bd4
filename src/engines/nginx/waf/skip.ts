import type { Publication } from '../../../model/site.ts';
import type { Waf } from '../../../model/waf.ts';
import { block, exactly, line, longestWord, type Node, wordLength } from '../syntax.ts';
import { blockedStatus } from './base.ts';

/** Paths that are not looked at. All those of a route are one location, since each location keeps a list of all rules (ADR 37). */

export const wafOf = (publication: Publication): Waf | undefined =>
  publication.scenario === 'direct' ? undefined : publication.waf;

/** The skipped paths. */
export const skipped = (publication: Publication): readonly string[] => wafOf(publication)?.skip ?? [];

/** Whether all below a location is skipped. */
export const isSkipped = (publication: Publication, path: string): boolean =>
  skipped(publication).some((one) => one.endsWith('/') && path.startsWith(one));

/** In a location that is not looked at: a path that a service may read as another one (`/static/..;/admin`) is no reason not to look. */
export function skipLines(publication: Publication): Node[] {
  const waf = wafOf(publication);
  if (!waf) return [];
  const at = `${waf.pointer}/skip`;
  return [
    line(at, 'modsecurity', 'off'),
    block(at, ['if', '($poterne_unclear_path)'], [line(at, 'return', blockedStatus)]),
  ];
}

/**
 * In a location where limits are counted, and nothing else is done: nginx has its module look before it counts, and what is beyond a limit would
 * cost as much as what is not. Whoever is within them goes on where all else is judged.
 */
export const limitedFirst = (publication: Publication, next: string): Node[] => {
  const at = wafOf(publication)?.pointer ?? publication.pointer;
  return [
    line(at, 'modsecurity', 'off'),
    ...[line('', 'auth_request', 'off'), line('', 'allow', 'all')],
    line(at, 'try_files', '/nothing', next),
  ];
};

/**
 * Regular expressions that together match paths as nginx reads them (decoded, in their normal form): exactly such a path, or all below one
 * that ends with `/`, but for what `others` begin. As many as nginx can read.
 */
export function skipPatterns(paths: readonly string[], others: readonly string[]): string[] {
  // Compiled ahead (JIT), it would take 10 KB more.
  const pattern = (some: readonly string[]) => `(*NO_JIT)^(?:${some.join('|')})`;
  const patterns: string[][] = [[]];
  for (const path of paths) {
    const below = others.flatMap((other) =>
      other !== path && other.startsWith(path) ? [exactly(other.slice(path.length))] : [],
    );
    // Not `$`, which would let a line feed follow.
    const end = path.endsWith('/') ? (below.length > 0 ? `(?!${below.join('|')})` : '') : '\\z';
    const one = exactly(path) + end;
    const last = patterns.at(-1) as string[];
    if (last.length > 0 && wordLength(pattern([...last, one])) > longestWord) patterns.push([one]);
    else last.push(one);
  }
  return patterns.filter((some) => some.length > 0).map(pattern);
}
