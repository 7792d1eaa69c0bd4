import { relative } from 'node:path';
import type { Complaint } from '../engines/engine.ts';
import type { Manifest } from '../model/applied.ts';
import type { Pointer } from '../model/pointer.ts';

/** What in the description a complaint of the engine is about. */
export interface Attribution {
  /** The generated file complained of, relative to the generation. */
  readonly path: string;
  /** `''` when the line is the engine's own ground. */
  readonly because: Pointer;
}

/** Traces a complaint about a staged folder back through file and line, or else through a path that it quotes. */
export function attribute(
  complaint: Complaint,
  folder: string,
  files: ReadonlyMap<
    string,
    { readonly text: string; readonly origins?: Manifest['files'][string]['origins'] }
  >,
): Attribution | undefined {
  if (complaint.file !== undefined) {
    const path = relative(folder, complaint.file);
    const file = files.get(path);
    if (file) return { path, because: file.origins?.[(complaint.line ?? 1) - 1] ?? '' };
    // A file that is written last, from the others, is part of the one that includes it.
    for (const [including, { text, origins }] of files) {
      const line = text.split('\n').findIndex((each) => each.trim() === `include ${path};`);
      if (line >= 0) return { path: including, because: origins?.[line] ?? '' };
    }
  }
  const quoted = complaint.quoted.map((path) => relative(folder, path));
  for (const [path, file] of files) {
    if (!file.origins) continue;
    const line = file.text.split('\n').findIndex((text) => quoted.some((q) => q !== '' && text.includes(q)));
    if (line >= 0) return { path, because: file.origins[line] ?? '' };
  }
  return undefined;
}
