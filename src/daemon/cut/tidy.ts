import { rename, rm, stat } from 'node:fs/promises';
import { readIfThere, writeDurably } from '../../hosts/files.ts';
import { type parseSighting, readSightings, sightingFiles } from './sightings.ts';

/** A log that is larger, in bytes, is gone through. */
const largest = 4 << 20;
/** What going through the sightings of an engine needs. */
export interface Tidying {
  /** The connections that it has now, as `endsKey` calls them. */
  readonly connections: () => Promise<ReadonlySet<string>>;
  /** Has the engine open its logs again. */
  readonly reopen: () => Promise<void>;
  readonly largest?: number;
}

/** Where an engine was told that its log was put aside. */
const reopened = new Set<string>();

/**
 * Keeps the log of sightings small: what is forgotten is of connections that are no more. Gives whether there was something to do. In two steps, and
 * two calls: a worker that is busy (a firewall reads) goes on for seconds with the file that was put aside.
 */
export async function tidySightings(
  prefix: string,
  { connections, reopen, largest: most = largest }: Tidying,
): Promise<boolean> {
  const [kept = '', aside = '', written = ''] = sightingFiles(prefix);
  const size = (await stat(written).catch(() => undefined))?.size ?? 0;
  const isLeft = (await readIfThere(aside)) !== undefined;
  if (size <= most && !isLeft) return false;
  if (!isLeft) await rename(written, aside);
  if (!reopened.has(prefix)) {
    // Also of one that was left by a daemon of before, which may not have come to it.
    await reopen();
    reopened.add(prefix);
    return true;
  }
  // Whoever comes meanwhile stands in the new file.
  const alive = await connections();
  const sightings = await readSightings(prefix);
  const lines = [...sightings].flatMap(([ends, seen]) =>
    alive.has(ends) ? seen.filter(isFirst).map(({ line }) => line) : [],
  );
  await writeDurably(kept, lines.map((line) => `${line}\n`).join(''), 0o640);
  await rm(aside, { force: true });
  reopened.delete(prefix);
  return true;
}

/** Whether nothing before it says the same, but for the time. */
function isFirst(each: ReturnType<typeof parseSighting>, n: number, all: readonly unknown[]): boolean {
  const key = (sighting: ReturnType<typeof parseSighting>) =>
    sighting?.line.slice(sighting.line.indexOf(' '));
  return all.findIndex((other) => key(other as typeof each) === key(each)) === n;
}
