import { join } from 'node:path';
import type { SshTarget } from '../../hosts/target.ts';
import { sha256 } from '../../lib/digest.ts';
import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';
import type { UpdateTask } from '../../model/upkeep.ts';
import { type Execution, executeOn } from '../execute.ts';
import { pause } from '../patience.ts';
import type { Rows } from '../rows.ts';
import { askState } from './reboot.ts';
import { stateOf } from './update-report.ts';

/** Milliseconds between two looks. */
const pace = 2000;
/** Milliseconds in which a unit that has failed may still be started again by its own rules. */
const grace = 10_000;

/**
 * Waits until a host is well: booted, no unit failed that had not before, the described services answer, and the
 * operator's own script says so. Throws what is wrong when that does not come about in time.
 */
export async function untilHealthy(
  target: SshTarget,
  execution: Execution,
  task: UpdateTask,
  failedBefore: readonly string[],
): Promise<Rows> {
  const { signal } = execution;
  const end = Date.now() + task.patience * 1000;
  let failing = 0;
  for (;;) {
    const rows = await askState(target, execution);
    const isStarting = rows.of('starting').length > 0;
    const failed = stateOf(rows).units.filter((unit) => !failedBefore.includes(unit));
    failing = failed.length > 0 && !isStarting ? failing || Date.now() : 0;
    const sick = failed.length > 0 ? unitsFault(target, failed) : await execution.services?.(target.name);
    if (!sick && !isStarting) {
      await ownCheck(target, execution, task);
      return rows;
    }
    const isOver = Date.now() > end || (failing > 0 && Date.now() - failing > grace);
    if (isOver) throw sick ?? startingFault(target, task.patience);
    if (!(await pause(pace, signal))) throw sick ?? startingFault(target, task.patience);
  }
}

function unitsFault({ name }: SshTarget, units: readonly string[]): Fault {
  const params = { host: name, units: units.join(', ') };
  return new Fault('update.units', params, { next: message('update.units.next', params) });
}

function startingFault({ name }: SshTarget, seconds: number): Fault {
  const params = { host: name, seconds };
  return new Fault('update.starting', params, { next: message('update.starting.next', params) });
}

/** Runs the operator's script, as the account that logs in. */
async function ownCheck(target: SshTarget, execution: Execution, { health }: UpdateTask): Promise<void> {
  if (!health) return;
  const { name, text } = health;
  const { as: _, task: __, ...spec } = execution.spec;
  const script = Buffer.from(text);
  const { outcome } = await executeOn(target, {
    ...execution,
    spec: { ...spec, script: name, sha256: sha256(script), args: [], limit: 600 },
    script,
    folder: join(execution.folder, 'health'),
  });
  if (outcome.is === 'ok') return;
  if ('fault' in outcome) throw new Fault(outcome.fault.code, outcome.fault.params);
  const params = { host: target.name, script: name, exit: outcome.is === 'failed' ? outcome.exit : '–' };
  throw new Fault('update.health', params, { next: message('update.health.next', params) });
}
