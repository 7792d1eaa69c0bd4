import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { lchown, link, mkdir, open, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
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

/** A file of a new folder: what it holds, and a file of the same file system to share when it holds the same. */
export interface FileSource {
  readonly content: string;
  readonly mode: number;
  readonly like?: string;
}

/** Puts files (by relative path) into a new folder that appears whole or not at all. */
export async function writeFolder(folder: string, files: ReadonlyMap<string, FileSource>): Promise<void> {
  const temporary = `${folder}.${randomBytes(6).toString('hex')}.tmp`;
  const folders = new Set([temporary, ...[...files.keys()].map((path) => dirname(join(temporary, path)))]);
  try {
    for (const path of folders) await mkdir(path, { recursive: true, mode: 0o755 });
    // Sixteen at a time: a thousand fsyncs in a row are slow, a thousand open files too many.
    const waiting = [...files];
    const worker = async () => {
      for (let next = waiting.pop(); next; next = waiting.pop()) await put(join(temporary, next[0]), next[1]);
    };
    const ends = await Promise.allSettled(Array.from({ length: 16 }, worker));
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed) throw failed.reason;
    for (const path of folders) await syncFolder(path);
    await rename(temporary, folder);
  } catch (error) {
    // A full disk stays full otherwise.
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
  await syncFolder(dirname(folder));
}

async function put(path: string, { content, mode, like }: FileSource): Promise<void> {
  if (like === undefined || !(await share(like, path, content, mode))) await writeSynced(path, content, mode);
}

/** Hard-links a file if it is exactly what is wanted; false when it is not, or the file system cannot. */
async function share(like: string, path: string, content: string, mode: number): Promise<boolean> {
  try {
    if (((await stat(like)).mode & 0o777) !== mode || (await readFile(like, 'utf8')) !== content)
      return false;
    await link(like, path);
    return true;
  } catch {
    return false;
  }
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

/**
 * Has a folder and what is in it belong to whom the folder around it belongs: root may have made it in another account's. That one may
 * have put a link in its place, which is not followed.
 */
export async function giveToOwner(folder: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = await stat(dirname(folder));
  if (uid === 0) return;
  const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
  const handle = await open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    // What was opened, whatever is at its path by now.
    const opened = `/proc/self/fd/${handle.fd}`;
    for (const name of await readdir(opened)) await lchown(join(opened, name), uid, gid);
    await handle.chown(uid, gid);
  } finally {
    await handle.close();
  }
}
