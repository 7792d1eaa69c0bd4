import { isAlias, isMap, isSeq, type Pair, type YAMLMap } from 'yaml';
import type { Finding, Place } from '../model/finding.ts';
import { type Pointer, pointer, segments } from '../model/pointer.ts';
import { keyOf, placeOfNode, type Sources, sections } from './merge.ts';
import { placeOf, type Source } from './source.ts';

/** The file that holds what a pointer names; the main file for what nobody wrote. */
export function sourceOf(sources: Sources, at: Pointer): Source | undefined {
  const [first, second] = segments(at);
  const entry =
    first !== undefined && second !== undefined && sections.some((s) => s === first)
      ? sources.origins.get(pointer(first, second))
      : undefined;
  return entry ?? (first === undefined ? undefined : sources.origins.get(pointer(first))) ?? sources.files[0];
}

/**
 * Where the value of a pointer stands (or its key, with `onKey`). What is not written stands at the key of the
 * nearest thing around it that is; `undefined` only when no file could be read.
 */
export function locate(sources: Sources, at: Pointer, onKey = false): Place | undefined {
  const source = sourceOf(sources, at);
  if (!source) return undefined;
  let node: unknown = source.document.contents;
  let pair: Pair | undefined;
  let complete = true;
  for (const segment of segments(at)) {
    if (isAlias(node)) node = node.resolve(source.document);
    const inside = isMap(node) ? pairs(node).get(segment) : undefined;
    const item: unknown = isSeq(node) ? node.items[Number(segment)] : undefined;
    if (!inside && item === undefined) {
      complete = false;
      break;
    }
    if (inside) pair = inside;
    else pair = undefined;
    node = inside ? inside.value : item;
  }
  const key = placeOfNode(source, pair?.key);
  const value = placeOfNode(source, node);
  return (onKey || !complete ? (key ?? value) : (value ?? key)) ?? placeOf(source, 0, 1);
}

/** The finding with its place, when it names a pointer and has no place yet. */
export function locateFinding(sources: Sources, finding: Finding): Finding {
  if (finding.at || finding.pointer === undefined) return finding;
  const at = locate(sources, finding.pointer, finding.onKey);
  return at ? { ...finding, at } : finding;
}

/** Findings in the order one reads them: unlocated first, then file by file from top to bottom. */
export function sortFindings(sources: Sources, findings: readonly Finding[]): readonly Finding[] {
  const order = new Map(sources.files.map((f, i) => [f.path, i]));
  const rank = { error: 0, warning: 1, note: 2 };
  const file = (f: Finding) => (f.at ? (order.get(f.at.file) ?? order.size) : -1);
  return [...findings].sort(
    (a, b) =>
      file(a) - file(b) ||
      (a.at?.line ?? 0) - (b.at?.line ?? 0) ||
      (a.at?.column ?? 0) - (b.at?.column ?? 0) ||
      rank[a.severity] - rank[b.severity],
  );
}

// A map of a thousand publications is asked for each of them.
const indexes = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>();

function pairs(map: YAMLMap): ReadonlyMap<string, Pair> {
  const known = indexes.get(map);
  if (known) return known;
  const index = new Map(map.items.map((p) => [keyOf(p), p]));
  indexes.set(map, index);
  return index;
}
