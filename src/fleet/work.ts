import type { SshTarget } from '../hosts/target.ts';
import type { Fault } from '../model/fault.ts';
import { message } from '../model/message.ts';
import type { RunHost, RunOutcome } from '../model/run.ts';
import { deliver } from './deliver.ts';
import { type Execution, executeOn } from './execute.ts';
import { localFault } from './execute-faults.ts';

/** Does what a run is about on one host: its script, and what its task asks for besides. Throws nothing but bugs. */
export async function workOn(target: SshTarget, execution: Execution): Promise<RunHost> {
  const { task } = execution.spec;
  const result = await executeOn(target, execution);
  if (task?.kind !== 'get') return result;
  try {
    await deliver(result, execution.folder, task.to);
  } catch (error) {
    return { ...result, outcome: outcomeOf(localFault(target, error)) };
  }
  const missed = result.skipped.filter(({ why }) => why !== 'twice');
  if (result.outcome.is !== 'ok' || missed.length === 0) return result;
  const params = { host: target.name, count: missed.length };
  return { ...result, outcome: { is: 'fault', fault: message('get.missed', params) } };
}

/** What became of a host on which something went wrong. */
export function outcomeOf({ code, params, next }: Fault): RunOutcome {
  return { is: 'fault', fault: message(code, params), ...(next ? { next } : {}) };
}
