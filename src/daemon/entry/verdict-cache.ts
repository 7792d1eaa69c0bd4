import { constants } from 'node:fs';
import { open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { forgetBadges } from './badges.ts';

/** Where nginx keeps what it was told about visitors. */
export const verdictsFolder = (state: string): string => join(state, 'nginx', 'run', 'verdicts');

/** Answers that were under way when the files went are written a moment later. */
const underWay = 300;

const waiting = new Map<string, Promise<void>>();

/**
 * Has nginx ask again about everybody, from now on: an answer whose file is no file of its cache, or gone, is asked for anew. What is asked for while others
 * still wait is done with theirs.
 */
export async function forgetVerdicts(state: string): Promise<void> {
  const shared = waiting.get(state) ?? soon(state);
  waiting.set(state, shared);
  await shared;
}

async function soon(state: string): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  waiting.delete(state);
  await Promise.all([removeAll(state), forgetBadges(state)]);
  setTimeout(() => void removeAll(state).catch(() => undefined), underWay);
}

async function removeAll(state: string): Promise<void> {
  const folder = verdictsFolder(state);
  const found = await readdir(folder, { withFileTypes: true, recursive: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    },
  );
  // nginx makes the folders once: without them it could keep nothing.
  const files = found
    .filter((each) => each.isFile())
    .map((each) => join(each.parentPath ?? each.path, each.name));
  await Promise.all(files.map(remove));
}

/** nginx keeps the files open for a second: what begins with another version of their form is none to it, and it says nothing about that. */
const noVersion = Buffer.alloc(8);

async function remove(file: string): Promise<void> {
  // Of one that has gone, or that is not ours to write, nginx hears within a second or two.
  // nginx's account may put something else in its place, which is not ours to write to.
  const handle = await open(file, constants.O_RDWR | constants.O_NOFOLLOW).catch(() => undefined);
  await handle?.write(noVersion, 0, noVersion.length, 0).finally(() => handle.close());
  await rm(file, { force: true });
}
