import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../model/fault.ts';
import type { Keeping } from '../model/mail.ts';
import { withLock } from '../store/lock.ts';
import { archiveName, archivesFolder } from './archive/seal.ts';
import { readRun, runIds, runsFolder } from './journal.ts';

/** What a rule removed. */
export interface Removed {
  readonly runs: readonly string[];
  /** Files of archives, by path. */
  readonly archives: readonly string[];
}

/**
 * Removes what the description says is kept no longer: runs with their archives, but never one that is under way nor the
 * newest ones, and archives that were put where others get them. What cannot be removed now is next time. `dry` only tells.
 */
export async function applyRetention(
  state: string,
  keeping: Keeping,
  { now = new Date(), dry = false }: { readonly now?: Date; readonly dry?: boolean } = {},
): Promise<Removed> {
  return {
    runs: await oldRuns(state, keeping, now, dry),
    archives: await oldArchives(keeping, now, dry),
  };
}

async function oldRuns(state: string, keeping: Keeping, now: Date, dry: boolean): Promise<readonly string[]> {
  const { runs: keep, lastRuns } = keeping;
  if (keep === undefined) return [];
  const folder = runsFolder(state);
  // What a crash left of a removal.
  for (const name of await readdir(folder).catch(() => []))
    if (name.startsWith('.removed-') && !dry) await rm(join(folder, name), { recursive: true, force: true });
  const removed: string[] = [];
  const ids = await runIds(state);
  for (const id of ids.slice(0, Math.max(0, ids.length - lastRuns)))
    if (await removeRun(state, id, now.getTime() - keep, dry)) removed.push(id);
  return removed;
}

/** Removes a run that ended before a time; `false` when it stays. */
async function removeRun(state: string, id: string, before: number, dry: boolean): Promise<boolean> {
  const folder = runsFolder(state);
  try {
    const { last } = await readRun(state, id);
    if (!(Date.parse(last) < before)) return false;
    const aside = join(folder, `.removed-${id}`);
    // In one step: what is left of it never looks like a run.
    await withLock(join(folder, id), 0, async () => {
      if (!dry) await rename(join(folder, id), aside);
    });
    if (dry) return true;
    await rm(aside, { recursive: true, force: true });
    await rm(join(archivesFolder(state), archiveName(id)), { force: true });
    return true;
  } catch (error) {
    // Under way, or a folder of somebody's that is no run.
    if (error instanceof Fault) return false;
    throw error;
  }
}

async function oldArchives({ archives }: Keeping, now: Date, dry: boolean): Promise<readonly string[]> {
  if (!archives) return [];
  const removed: string[] = [];
  for (const name of await readdir(archives.folder).catch(() => [])) {
    // Only what was put there under a name of ours.
    if (!/^poterne-run-\d{8}-\d{6}-[0-9a-f]{4}-[0-9a-f]{32}\.tar\.gz$/.test(name)) continue;
    const path = join(archives.folder, name);
    const found = await stat(path).catch(() => undefined);
    if (!found || found.mtimeMs >= now.getTime() - archives.keep) continue;
    if (!dry) await rm(path, { force: true });
    removed.push(path);
  }
  return removed;
}
