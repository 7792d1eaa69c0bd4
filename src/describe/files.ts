import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/** How descriptions are read; both reject with Node's own error codes (`ENOENT`, `EACCES`, …). */
export interface Files {
  /** The text of a file, by its absolute path; rejects with `ERR_ENCODING_INVALID_ENCODED_DATA` when it is not UTF-8. */
  read(file: string): Promise<string>;
  /** The bytes of a file, by its absolute path; where they cannot be told, its text counts. */
  bytes?(file: string): Promise<Uint8Array>;
  /** The names of what a folder holds. */
  list(folder: string): Promise<readonly string[]>;
}

/** The machine's own files. */
export const disk: Files = {
  read: async (file) => new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file)),
  bytes: (file) => readFile(file),
  list: (folder) => readdir(folder),
};

/** Whether a path holds a wildcard. */
export const isPattern = (text: string) => /[*?]/.test(text);

/**
 * The absolute paths that a pattern stands for, sorted: `*` and `?` match within one part of the path, and leave
 * hidden files alone as a shell does. A path without either stands for itself, existing or not.
 */
export async function glob(folder: string, pattern: string, files: Files): Promise<readonly string[]> {
  let found = [path.isAbsolute(pattern) ? path.parse(pattern).root : folder];
  for (const part of pattern.split('/').filter((p) => p !== '')) {
    if (!isPattern(part)) {
      found = found.map((f) => path.join(f, part));
      continue;
    }
    const names = new RegExp(
      `^(?!\\.)${[...part].map((c) => (c === '*' ? '.*' : c === '?' ? '.' : c.replace(/[\\^$.|+()[\]{}/-]/, '\\$&'))).join('')}$`,
      's',
    );
    const inside = await Promise.all(
      found.map(async (f) =>
        (await listed(f, files)).filter((n) => names.test(n)).map((n) => path.join(f, n)),
      ),
    );
    found = inside.flat();
  }
  return found.sort();
}

/** What a folder holds; nothing when it is no folder that can be read, since then nothing in it matches. */
async function listed(folder: string, files: Files): Promise<readonly string[]> {
  try {
    return await files.list(folder);
  } catch {
    return [];
  }
}
