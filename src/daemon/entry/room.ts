import { statfsSync } from 'node:fs';
import { verdictsFolder } from './verdict-cache.ts';

/** Below so many bytes a disk counts as full. */
const least = 256 << 10;
/** How long what was seen holds, in milliseconds. */
const seenFor = 100;

/**
 * Whether nginx has room for what it keeps. One that cannot write a verdict drops the connection that it is for, with neither the page nor a
 * word why; one that is not to be kept needs no room.
 */
export function roomForVerdicts(state: string): () => boolean {
  const folder = verdictsFolder(state);
  let [at, isThere] = [Number.NEGATIVE_INFINITY, true];
  return () => {
    const now = performance.now();
    if (now - at < seenFor) return isThere;
    at = now;
    try {
      const { bavail, bsize, ffree, files } = statfsSync(folder);
      // Some file systems count no files.
      isThere = bavail * bsize >= least && (files === 0 || ffree > 0);
    } catch {
      // nginx makes it at its first start.
      isThere = true;
    }
    return isThere;
  };
}
