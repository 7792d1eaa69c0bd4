import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { CollectedFile, SkippedFile } from '../model/run.ts';
import { pathBelow, textOf } from './paths.ts';
import type { Reader } from './reader.ts';

/** Where collected files go, and what became of them. */
export interface Gathering {
  readonly execution: { readonly folder: string };
  readonly heard: { readonly files: CollectedFile[]; readonly skipped: SkippedFile[] };
  readonly patience: { atMost(seconds: number): void };
  /** Bytes in all; a host that sends more is not listened to. */
  readonly most: number;
}

/** How many files are taken from a host, in all. */
const mostFiles = 10_000;

/**
 * Takes in what a host says of a file, and the file; `false` when it makes no sense. Nothing that the host names can lead
 * out of its folder, and nothing there is written over.
 */
export async function gather(
  reader: Reader,
  [verb, name = '', size = '']: readonly string[],
  gathering: Gathering,
): Promise<boolean> {
  const { heard, most } = gathering;
  if (heard.files.length + heard.skipped.length > mostFiles) return false;
  const path = Buffer.from(name, 'base64');
  if (verb === 'skip') {
    heard.skipped.push({ path: textOf(path), why: size as SkippedFile['why'] });
    return true;
  }
  const sofar = heard.files.reduce((sum, file) => sum + file.size, 0);
  if (verb !== 'file' || !/^\d+$/.test(size) || Number(size) + sofar > most) return false;
  return take(reader, path, Number(size), gathering);
}

async function take(
  reader: Reader,
  name: Uint8Array,
  size: number,
  { execution, heard, patience }: Gathering,
): Promise<boolean> {
  const path = textOf(name);
  const file = join('files', pathBelow(name));
  const at = join(execution.folder, file);
  const place = await created(at);
  let isGood = false;
  const hash = createHash('sha256');
  try {
    const isWhole = await reader.exactly(size, async (bytes) => {
      patience.atMost(120);
      hash.update(bytes);
      for (let at = 0; place && at < bytes.length; ) at += (await place.write(bytes, at)).bytesWritten;
    });
    const [verb, state] = (isWhole && (await reader.line())?.split('\t')) || [];
    if (verb !== 'sent') return false;
    const sha256 = hash.digest('hex');
    if (!place) heard.skipped.push({ path, why: 'twice' });
    else heard.files.push({ path, file, size, sha256, ...(state === 'changed' ? { changed: true } : {}) });
    await place?.datasync();
    isGood = true;
    return true;
  } finally {
    await place?.close();
    // What did not come whole is not taken for what was there.
    if (place && !isGood) await rm(at, { force: true });
  }
}

/** Opens a new file; `undefined` where there is one already, or where a folder would have to be one. */
async function created(path: string): Promise<FileHandle | undefined> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    return await open(path, 'wx', 0o600);
  } catch (error) {
    if (/^(EEXIST|EISDIR|ENOTDIR)$/.test((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
