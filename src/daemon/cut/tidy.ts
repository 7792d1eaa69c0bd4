import { rename, rm, stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { readIfThere, writeDurably } from '../../hosts/files.ts';
import { type parseSighting, readSightings, sightingFiles } from './sightings.ts';

/** A log that is larger, in bytes, is gone through. */
const largest = 4 << 20;
/** How long workers may take until they write to the new file, in milliseconds. */
const reopening = 500;

/** What going through the sightings of an engine needs. */
export interface Tidying {
  /** Whom it has connections with now, as `peerKey` calls them. */
  readonly peers: () => Promise<ReadonlySet<string>>;
  /** Has the engine open its logs again. */
  readonly reopen: () => Promise<void>;
  readonly largest?: number;
}

/** Keeps the log of sightings small: what is forgotten is of connections that are no more. Gives whether there was something to do. */
export async function tidySightings(
  prefix: string,
  { peers, reopen, largest: most = largest }: Tidying,
): Promise<boolean> {
  const [kept = '', aside = '', written = ''] = sightingFiles(prefix);
  const size = (await stat(written).catch(() => undefined))?.size ?? 0;
  const isLeft = (await readIfThere(aside)) !== undefined;
  if (size <= most && !isLeft) return false;
  if (!isLeft) {
    await rename(written, aside);
    await reopen();
    await delay(reopening);
  }
  // Whoever comes meanwhile stands in the new file.
  const alive = await peers();
  const sightings = await readSightings(prefix);
  const lines = [...sightings].flatMap(([peer, seen]) =>
    alive.has(peer) ? seen.filter(isFirst).map(({ line }) => line) : [],
  );
  await writeDurably(kept, lines.map((line) => `${line}\n`).join(''), 0o640);
  await rm(aside, { force: true });
  return true;
}

/** Whether nothing before it says the same, but for the time. */
function isFirst(each: ReturnType<typeof parseSighting>, n: number, all: readonly unknown[]): boolean {
  const key = (sighting: ReturnType<typeof parseSighting>) =>
    sighting?.line.slice(sighting.line.indexOf(' '));
  return all.findIndex((other) => key(other as typeof each) === key(each)) === n;
}
