import type { SshTarget } from '../hosts/target.ts';
import { message } from '../model/message.ts';
import type { RunHost } from '../model/run.ts';
import type { GetTask } from '../model/upkeep.ts';
import { deliver } from './deliver.ts';
import { type Execution, executeOn, keepResult } from './execute.ts';
import { faultOutcome, localFault } from './execute-faults.ts';
import { accountOn } from './upkeep/account.ts';
import { rotateOn } from './upkeep/rotate.ts';
import { updateOn } from './upkeep/update.ts';

/** Does what a run is about on one host: its script, and what its task asks for besides. Throws nothing but bugs. */
export async function workOn(target: SshTarget, execution: Execution): Promise<RunHost> {
  const { task } = execution.spec;
  switch (task?.kind) {
    case undefined:
      return executeOn(target, execution);
    case 'get':
      return getFrom(target, execution, task);
    case 'update':
      return updateOn(target, execution, task);
    case 'account':
      return accountOn(target, execution);
    case 'rotate':
      return rotateOn(target, execution, task);
  }
}

/** What could not be brought back is a failure here: nothing else was asked for. */
async function getFrom(target: SshTarget, execution: Execution, { to }: GetTask): Promise<RunHost> {
  const { folder } = execution;
  const result = await executeOn(target, execution);
  try {
    await deliver(result, folder, to);
  } catch (error) {
    return keepResult(folder, { ...result, outcome: faultOutcome(localFault(target, error)) });
  }
  const missed = result.skipped.filter(({ why }) => why !== 'twice');
  if (result.outcome.is !== 'ok' || missed.length === 0) return result;
  const params = { host: target.name, count: missed.length };
  return keepResult(folder, { ...result, outcome: { is: 'fault', fault: message('get.missed', params) } });
}
