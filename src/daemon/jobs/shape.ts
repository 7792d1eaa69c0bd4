import { sha256 } from '../../lib/digest.ts';
import type { Job } from '../../model/job.ts';

/** A digest of when a job is due: where it changes, the new schedule is followed from then on. */
export function shapeOf({ patterns, timezone, calendar, outside, window, after }: Job): string {
  return sha256(JSON.stringify([patterns, timezone, calendar, outside, window, after])).slice(0, 32);
}
