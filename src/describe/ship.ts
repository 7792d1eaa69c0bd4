import path from 'node:path';
import { stringify } from 'yaml';
import { sha256 } from '../lib/digest.ts';
import { type Pointer, pointer } from '../model/pointer.ts';
import { sourceOf } from './locate.ts';
import type { Sources } from './merge.ts';

/** A file that a description names, and where it is to stand on the machine that the description is brought to. */
export interface ShippedFile {
  /** Absolute, on this machine. */
  readonly from: string;
  /** Absolute, there. */
  readonly as: string;
  readonly because: Pointer;
}

/** A description as one file for another machine. */
export interface Shipment {
  readonly text: string;
  readonly files: readonly ShippedFile[];
}

/**
 * The description as one YAML file that means the same on another machine: includes are merged, and the files that it
 * names stand below `folder` there. Pointers into it are those of the description itself, so that what is found there can be
 * shown where it was written.
 */
export function shipment(sources: Sources, folder: string): Shipment {
  const files = new Map<string, ShippedFile>();
  const carry = (holder: unknown, key: string, at: Pointer) => {
    if (typeof holder !== 'object' || holder === null) return;
    const named = holder as Record<string, unknown>;
    const name = named[key];
    if (typeof name !== 'string') return;
    const from = path.resolve(path.dirname(sourceOf(sources, at)?.path ?? sources.main), name);
    // Two files of one name may come from two folders.
    const as = path.posix.join(
      folder,
      `${sha256(from).slice(0, 8)}-${path.basename(from).replace(/[^\w.-]/g, '_')}`,
    );
    files.set(as, { from, as, because: at + pointer(key) });
    named[key] = as;
  };
  const merged = structuredClone({
    ...sources.root,
    ...Object.fromEntries(
      Object.entries(sources.sections).flatMap(([section, entries]) =>
        entries.size > 0 ? [[section, Object.fromEntries(entries)]] : [],
      ),
    ),
  }) as Record<string, Record<string, Record<string, unknown>>>;
  for (const [name, service] of Object.entries(merged.services ?? {}))
    carry(service?.trust, 'ca', pointer('services', name, 'trust'));
  for (const [name, publication] of Object.entries(merged.publications ?? {}))
    for (const key of ['certificate', 'key'])
      carry(publication?.tls, key, pointer('publications', name, 'tls'));
  return { text: stringify(merged, { lineWidth: 0 }), files: [...files.values()] };
}
