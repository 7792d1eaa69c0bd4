import { setMaxListeners } from 'node:events';
import { withMany } from '../hosts/many.ts';
import type { SshSettings } from '../hosts/ssh.ts';
import type { SshTarget } from '../hosts/target.ts';
import { batchesOf } from '../lib/batches.ts';
import { isFailed, type RunHost, type RunSpec } from '../model/run.ts';
import type { Execution, HostState } from './execute.ts';
import { hostFolder, type Journal } from './journal.ts';
import { batchesWaysLast } from './ways.ts';
import { workOn } from './work.ts';

/** A run that is under way. */
export interface Running {
  readonly spec: RunSpec;
  readonly script: Uint8Array;
  readonly stdinLength: number;
  readonly folder: string;
  readonly settings: SshSettings;
  readonly journal: Journal;
  /** How many hosts at once; default: as many as they and the machines on the way bear. */
  readonly parallel?: number;
  readonly tell: RunTeller;
  /** Aborted: no further host is begun, and what runs is ended. */
  readonly signal: AbortSignal;
  /** What is wrong with the described services of a host, if something is. */
  readonly services?: NonNullable<Execution['services']>;
}

/** Whoever watches a run. */
export interface RunTeller {
  batch(number: number, of: number, hosts: number): void;
  begun(host: string): void;
  /** How far a host is, from `begun` to `done`. */
  state?(host: string, is: HostState): void;
  line(host: string, stream: 'stdout' | 'stderr', text: string): void;
  done(result: RunHost): void;
  /** No further host is begun: too many failed. */
  stopped(failed: number, of: number): void;
}

/**
 * Runs the script on hosts, batch after batch, and many of a batch at once. One that fails changes nothing for the
 * others, unless more than the allowed share of its batch has failed: then no further one is begun.
 */
export async function runAll(targets: readonly SshTarget[], running: Running): Promise<readonly RunHost[]> {
  const { spec, tell, journal, parallel, signal } = running;
  const results: RunHost[] = [];
  // Each host that is under way listens to it.
  setMaxListeners(0, signal);
  const cutsOff = spec.task?.kind === 'update' || spec.task?.kind === 'rotate';
  const batches = (cutsOff ? batchesWaysLast : batchesOf)(targets, spec.batches);
  let isStopped = false;
  const stop = async (failed: number, of: number) => {
    if (isStopped) return;
    isStopped = true;
    await journal.add({ event: 'stop', at: now(), why: 'share' }, true);
    tell.stopped(failed, of);
  };
  for (const [index, batch] of batches.entries()) {
    let failed = 0;
    if (batches.length > 1 && !isStopped && !signal.aborted)
      tell.batch(index + 1, batches.length, batch.length);
    const one = async ({ target }: { readonly target: SshTarget }): Promise<RunHost> => {
      if (isStopped || signal.aborted) return notRun(target);
      const result = await runOne(target, running);
      if (isFailed(result.outcome)) failed++;
      const { outcome } = result;
      if (failed / batch.length > spec.stopAt || (outcome.is === 'fault' && outcome.stops))
        await stop(failed, batch.length);
      return result;
    };
    const items = batch.map((target) => ({ target }));
    results.push(...(await withMany(items, one, parallel)));
  }
  if (signal.aborted) await journal.add({ event: 'stop', at: now(), why: 'signal' }, true);
  return results;
}

async function runOne(target: SshTarget, running: Running): Promise<RunHost> {
  const { journal, tell, folder } = running;
  const { name: host } = target;
  // On the disk before the script can be there: what may have begun is never taken for what has not.
  await journal.add({ event: 'begin', at: now(), host }, true);
  tell.begun(host);
  const result = await workOn(target, {
    ...running,
    folder: hostFolder(folder, host),
    line: (stream, text) => tell.line(host, stream, text),
    state: (is) => tell.state?.(host, is),
  });
  await journal.add({ event: 'end', at: now(), host, outcome: result.outcome }, true);
  tell.done(result);
  return result;
}

function notRun({ name }: SshTarget): RunHost {
  return {
    ...{ host: name, outcome: { is: 'not-run' }, begun: now(), milliseconds: 0, attempts: 0 },
    ...{ stdout: 0, stderr: 0, files: [], skipped: [] },
  };
}

function now(): string {
  return new Date().toISOString();
}
