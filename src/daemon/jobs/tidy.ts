import { applyRetention } from '../../fleet/retention.ts';
import { Fault } from '../../model/fault.ts';
import type { Site } from '../../model/site.ts';
import type { Telling } from './alerts.ts';

/** Removes the runs that are kept no longer, as `poterne run` does after each of its own. Throws nothing. */
export async function removeOldRuns({ state, tell }: Telling, { keeping }: Site): Promise<void> {
  try {
    await applyRetention(state, keeping);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    tell.fault(new Fault('run.untidy', { reason }, { cause }));
  }
}
