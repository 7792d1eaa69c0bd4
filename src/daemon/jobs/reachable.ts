import { readRun } from '../../fleet/journal.ts';

/** Whether the folder of a run is in this gateway's state folder, its own or one that gateways share. */
export async function isInReach(state: string, run: string): Promise<boolean> {
  return readRun(state, run).then(
    () => true,
    () => false,
  );
}
