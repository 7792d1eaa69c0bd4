import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Writes a file so that a crash at any moment leaves the old or the new content, never a part: temporary, fsync, rename. */
export async function writeDurably(path: string, content: string | Uint8Array, mode: number): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await writeSynced(temporary, content, mode);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Writes a new file and has it reach the disk. */
export async function writeSynced(path: string, content: string | Uint8Array, mode: number): Promise<void> {
  const file = await open(path, 'wx', mode);
  try {
    await file.writeFile(content);
    await file.chmod(mode);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Points a symbolic link at a target in one step: whoever follows it sees the old target or the new one. */
export async function pointLink(link: string, target: string): Promise<void> {
  const temporary = `${link}.${randomBytes(6).toString('hex')}.tmp`;
  await symlink(target, temporary);
  await rename(temporary, link);
  await syncFolder(dirname(link));
}

/** Has the names in a folder reach the disk (a rename is durable only then). */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A file of a new folder: its content, or an identical file elsewhere on the same file system to share. */
export type FileSource = { readonly content: string; readonly mode: number } | { readonly link: string };

/** Puts files (by relative path) into a new folder that appears whole or not at all. */
export async function writeFolder(folder: string, files: ReadonlyMap<string, FileSource>): Promise<void> {
  const temporary = `${folder}.${randomBytes(6).toString('hex')}.tmp`;
  const folders = new Set([temporary, ...[...files.keys()].map((path) => dirname(join(temporary, path)))]);
  for (const path of folders) await mkdir(path, { recursive: true, mode: 0o755 });
  const put = async (path: string, source: FileSource) =>
    'link' in source
      ? await link(source.link, join(temporary, path))
      : await writeSynced(join(temporary, path), source.content, source.mode);
  // Sixteen at a time: a thousand fsyncs in a row are slow, a thousand open files too many.
  const waiting = [...files];
  const worker = async () => {
    for (let next = waiting.pop(); next; next = waiting.pop()) await put(...next);
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  for (const path of folders) await syncFolder(path);
  await rename(temporary, folder);
  await syncFolder(dirname(folder));
}

/** A text file's content, or `undefined` when there is none. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
