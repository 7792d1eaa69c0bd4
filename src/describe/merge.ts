import path from 'node:path';
import { isMap, type Pair, type Range, type YAMLMap } from 'yaml';
import type { Finding, Place } from '../model/finding.ts';
import { message } from '../model/message.ts';
import { type Pointer, pointer } from '../model/pointer.ts';
import { placeOf, type Reading, type Source } from './source.ts';

/** The maps whose entries may come from several files. */
export const sections = [
  'zones',
  'hosts',
  'gateway',
  'services',
  'publications',
  'people',
  'calendars',
  'jobs',
  'tls-configurations',
  'partners',
  'directories',
] as const;
export type Section = (typeof sections)[number];

/** A description as one document again: what it says, and which file each part of it stands in. */
export interface Sources {
  /** Absolute path of the file that was asked for. */
  readonly main: string;
  readonly files: readonly Source[];
  /** Everything but the sections: `site`, `language`, …, and what has no business there. */
  readonly root: Readonly<Record<string, unknown>>;
  readonly sections: Readonly<Record<Section, ReadonlyMap<string, unknown>>>;
  /** The file of each top-level key and of each entry of a section. */
  readonly origins: ReadonlyMap<Pointer, Source>;
}

/** A key of a YAML map as the plain value has it. */
export function keyOf(pair: Pair): string {
  const key: unknown = pair.key;
  const value = key !== null && typeof key === 'object' && 'value' in key ? key.value : key;
  return value === null || value === undefined ? '' : String(value);
}

/** Where a node stands; `undefined` for one that is not in the text (an empty value). */
export function placeOfNode(source: Source, node: unknown): Place | undefined {
  const range = (node as { range?: Range | null } | null | undefined)?.range;
  return range && range[1] > range[0] ? placeOf(source, range[0], range[1]) : undefined;
}

/** The key of a map's pair that is found by name. */
export function pairOf(map: unknown, key: string): Pair | undefined {
  return isMap(map) ? (map as YAMLMap).items.find((p) => keyOf(p) === key) : undefined;
}

/** One description out of its files. A key or an entry that is there twice, in one file or in two, is a finding. */
export function merge(main: string, reading: Reading): { sources: Sources; findings: readonly Finding[] } {
  const findings: Finding[] = [];
  const root = new Map<string, unknown>();
  const merged: Record<Section, Map<string, unknown>> = {
    zones: new Map(),
    hosts: new Map(),
    gateway: new Map(),
    services: new Map(),
    publications: new Map(),
    people: new Map(),
    calendars: new Map(),
    jobs: new Map(),
    'tls-configurations': new Map(),
    partners: new Map(),
    directories: new Map(),
  };
  const origins = new Map<Pointer, Source>();

  for (const source of reading.files) {
    if (source.value === undefined || source.value === null) continue;
    const contents = source.document.contents;
    findings.push(...repeatedKeys(source, contents, [], main));
    if (!isPlainMap(source.value)) {
      findings.push(notMap(source, contents, path.basename(source.path)));
      continue;
    }
    for (const [key, value] of Object.entries(source.value)) {
      if (key === 'include') continue;
      const section = sections.find((s) => s === key);
      const written = pairOf(contents, key);
      if (section && !origins.has(pointer(key))) origins.set(pointer(key), source);
      if (!section) {
        if (!root.has(key)) {
          root.set(key, value);
          origins.set(pointer(key), source);
        } else findings.push(twice(source, [key], written, origins.get(pointer(key)) as Source, main));
      } else if (isPlainMap(value)) {
        for (const [name, entry] of Object.entries(value)) {
          const other = origins.get(pointer(section, name));
          if (other) findings.push(twice(source, [section, name], pairOf(written?.value, name), other, main));
          else {
            merged[section].set(name, entry);
            origins.set(pointer(section, name), source);
          }
        }
      } else if (value !== null) findings.push(notMap(source, written?.value ?? contents, key));
    }
  }
  return {
    sources: { main, files: reading.files, root: Object.fromEntries(root), sections: merged, origins },
    findings,
  };
}

/** Whether a YAML value is a map (the core schema knows no other objects). */
export function isPlainMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** `file:line`, the file relative to the folder of the main one. */
export function shortPlace(main: string, place: Place): string {
  return `${path.relative(path.dirname(main), place.file)}:${place.line}`;
}

function notMap(source: Source, node: unknown, key: string): Finding {
  const at = placeOfNode(source, node) ?? placeOf(source, 0, 1);
  return { severity: 'error', code: 'value.type.map', params: { key }, at };
}

function twice(
  source: Source,
  at: readonly string[],
  pair: Pair | undefined,
  other: Source,
  main: string,
): Finding {
  let node: unknown = other.document.contents;
  let first: Pair | undefined;
  for (const key of at) {
    first = pairOf(node, key);
    node = first?.value;
  }
  return repeated(
    at,
    placeOfNode(source, pair?.key) ?? placeOf(source, 0, 1),
    placeOfNode(other, first?.key) ?? placeOf(other, 0, 1),
    main,
  );
}

function repeated(at: readonly string[], again: Place, first: Place, main: string): Finding {
  const key = at.at(-1) ?? '';
  const isPublication = at.length === 2 && at[0] === 'publications';
  return {
    severity: 'error',
    code: isPublication ? 'publication.duplicate' : 'key.duplicate',
    params: isPublication ? { name: key } : { key },
    at: again,
    hint: message('hint.other', { place: shortPlace(main, first) }),
  };
}

/** YAML forbids a key twice in one map (YAML 1.2.2, 3.2.1.3); every such key, at any depth. */
function* repeatedKeys(
  source: Source,
  node: unknown,
  at: readonly string[],
  main: string,
): Generator<Finding> {
  if (isMap(node)) {
    const seen = new Map<string, Pair>();
    for (const pair of (node as YAMLMap).items) {
      const key = keyOf(pair);
      const path = [...at, key];
      const first = seen.get(key);
      const again = placeOfNode(source, pair.key);
      if (!first) seen.set(key, pair);
      else if (again) yield repeated(path, again, placeOfNode(source, first.key) ?? again, main);
      yield* repeatedKeys(source, pair.value, path, main);
    }
  } else if (node !== null && typeof node === 'object' && 'items' in node && Array.isArray(node.items))
    for (const [i, item] of node.items.entries()) yield* repeatedKeys(source, item, [...at, String(i)], main);
}
