import type { SshTarget } from '../../hosts/target.ts';
import { Fault } from '../../model/fault.ts';
import type { RunHost } from '../../model/run.ts';
import type { UpdateReport, UpdateTask } from '../../model/upkeep.ts';
import { type Execution, keepResult } from '../execute.ts';
import { faultOutcome } from '../execute-faults.ts';
import type { Rows } from '../rows.ts';
import { untilHealthy } from './health.ts';
import { askState, bootOf, reboot } from './reboot.ts';
import { toldOn } from './told.ts';
import { reportOf, stateOf, updateFault } from './update-report.ts';

/** The words of `update.sh` for what is wanted. */
export function updateWords(doing: 'look' | 'do', task: UpdateTask): readonly string[] {
  return [doing, task.security ? 'security' : 'all', task.removals ? 'yes' : 'no'];
}

/** Updates a host, boots it anew where that is needed, and waits until it is well. Throws nothing but bugs. */
export async function updateOn(target: SshTarget, execution: Execution, task: UpdateTask): Promise<RunHost> {
  const { folder } = execution;
  const begun = Date.now();
  const { result, rows } = await toldOn(target, execution);
  const update = reportOf(rows);
  const fault = updateFault(target.name, rows);
  const done =
    result.outcome.is === 'ok'
      ? await settled(target, execution, task, update)
      : { update, ...(result.outcome.is === 'failed' && fault ? { outcome: faultOutcome(fault) } : {}) };
  return keepResult(folder, { ...result, ...done, milliseconds: Date.now() - begun });
}

/** The updated host in a boot that has it all, and well. */
async function settled(
  target: SshTarget,
  execution: Execution,
  task: UpdateTask,
  update: UpdateReport,
): Promise<Pick<RunHost, 'update'> & Partial<Pick<RunHost, 'outcome'>>> {
  let report = update;
  const take = (rows: Rows) => {
    report = { ...report, ...stateOf(rows) };
  };
  try {
    const state = await askState(target, execution);
    take(state);
    // This machine is booted anew by whoever sits at it.
    if (task.reboot === 'when-needed' && report.reboot.length > 0 && !target.here) {
      execution.line('stderr', 'systemctl reboot');
      const rebooted = await reboot(target, bootOf(state), task.patience, execution);
      report = { ...report, rebooted };
    }
    take(await untilHealthy(target, execution, task, update.units));
    return { update: report };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    if (execution.signal.aborted) return { update: report, outcome: { is: 'stopped' } };
    return { update: report, outcome: { ...faultOutcome(error), stops: true } };
  }
}
