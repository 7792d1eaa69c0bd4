import { resultsOf } from '../fleet/archive/contents.ts';
import { type ArchivedHost, archivedHosts, type Counts, countsOf } from '../fleet/archive/manifest.ts';
import { type RecordedRun, readRun, runIds } from '../fleet/journal.ts';
import { Fault } from '../model/fault.ts';
import type { RunHost } from '../model/run.ts';
import { withLock } from '../store/lock.ts';
import { WrongRequest } from './exit.ts';

/** How far a run is. */
export type RunStage = 'running' | 'complete' | 'interrupted';

/** A run of the past, or one that is under way. */
export interface PastRun {
  readonly run: RecordedRun;
  readonly stage: RunStage;
  readonly counts: Counts;
  readonly hosts: readonly ArchivedHost[];
}

/** A run by its identifier. Throws `run.unknown`, as a wrong request. */
export async function pastRun(state: string, id: string): Promise<PastRun> {
  const run = await readRun(state, id).catch(wrongRun);
  return pastOf(run, await resultsOf(run));
}

async function pastOf(run: RecordedRun, results: ReadonlyMap<string, RunHost>): Promise<PastRun> {
  const hosts = archivedHosts(run, results);
  const counts = countsOf(hosts);
  const stage = (await isUnderWay(run)) ? 'running' : counts.unfinished > 0 ? 'interrupted' : 'complete';
  return { run, stage, counts, hosts };
}

/** All runs of a state folder, the newest first; of their hosts, only the outcomes. */
export async function pastRuns(state: string): Promise<readonly PastRun[]> {
  const runs: PastRun[] = [];
  for (const id of [...(await runIds(state))].reverse()) {
    const found = await readRun(state, id).catch((error: unknown) => {
      // It was removed this moment.
      if (error instanceof Fault) return undefined;
      throw error;
    });
    if (found) runs.push(await pastOf(found, new Map()));
  }
  return runs;
}

/** Says of a run that there is not that the request was wrong. */
export function wrongRun(error: unknown): never {
  if (!(error instanceof Fault)) throw error;
  const { code, params, next } = error;
  throw new WrongRequest(code, params, next ? { next } : {});
}

async function isUnderWay({ folder }: RecordedRun): Promise<boolean> {
  try {
    await withLock(folder, 0, async () => undefined);
    return false;
  } catch (error) {
    if (error instanceof Fault && error.code === 'lock.held') return true;
    throw error;
  }
}
