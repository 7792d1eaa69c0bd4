import { createHash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { localhost } from '../../hosts/local.ts';
import { readyFor, type SshSettings, sshCommand } from '../../hosts/ssh.ts';
import { sshFault } from '../../hosts/ssh-faults.ts';
import type { SshTarget } from '../../hosts/target.ts';
import { publicKey } from '../../lib/public-key.ts';
import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';
import type { RunHost } from '../../model/run.ts';
import type { AccountChange, RotateTask } from '../../model/upkeep.ts';
import { askRoot } from '../ask.ts';
import { type Execution, keepResult } from '../execute.ts';
import { faultOutcome } from '../execute-faults.ts';
import { pause } from '../patience.ts';
import type { Rows } from '../rows.ts';
import { accountsScript } from '../script.ts';
import { accountFault, changesOf } from './account.ts';

/** Seconds for each of the three connections. */
const limit = 60;

/** The words of `accounts.sh` for one side of a rotation, about the account that logs in. */
export function rotateWords(
  doing: 'look' | 'do',
  action: 'add' | 'drop',
  { old, next }: RotateTask,
): readonly string[] {
  const key = action === 'drop' ? old : publicKey(next.line);
  return [doing, action, '', `key=${key}`, ...(action === 'add' ? [`line=${next.line}`] : [])];
}

/**
 * Has a host take the new key, proves it by a new connection that this very key opens, and only then takes the old one
 * away, over such a connection. What fails leaves the old one. Doing it again does what is left. Throws nothing but bugs.
 */
export async function rotateOn(target: SshTarget, execution: Execution, task: RotateTask): Promise<RunHost> {
  const { folder, signal } = execution;
  const at = Date.now();
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const changes: AccountChange[] = [];
  const take = (rows: Rows) => {
    const fault = accountFault(target.name, rows);
    if (fault) throw fault;
    changes.push(...changesOf(rows));
  };
  const ask = (settings: SshSettings, action: 'add' | 'drop') =>
    persistent(execution, () =>
      askRoot(target, accountsScript, rotateWords('do', action, task), { settings, limit, signal }),
    );
  const settings = execution.settings;
  const own: SshSettings = { ...settings, key: task.next.file };
  let outcome: RunHost['outcome'] = { is: 'ok' };
  try {
    take(
      await ask(settings, 'add').catch((error: unknown) => {
        // It was done before, and the old key is gone already.
        if (error instanceof Fault && error.code === 'host.denied') return ask(own, 'add');
        throw error;
      }),
    );
    await persistent(execution, () => prove(target, own, task));
    take(await ask(own, 'drop'));
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const { code } = error;
    const isUnreached = code.startsWith('host.') && changes.length === 0;
    const failed = faultOutcome(error);
    outcome = signal.aborted ? { is: 'stopped' } : isUnreached ? { ...failed, is: 'unreachable' } : failed;
  }
  return keepResult(folder, {
    ...{ host: target.name, outcome, begun: new Date(at).toISOString(), milliseconds: Date.now() - at },
    ...{ attempts: 1, stdout: 0, stderr: 0, files: [], skipped: [], changes },
  });
}

/** Tries again, as often as the run allows, where no connection can be made. */
async function persistent<T>({ spec, signal }: Execution, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++)
    try {
      return await work();
    } catch (error) {
      const isWorthIt =
        error instanceof Fault && error.code === 'host.unreachable' && attempt <= spec.retries;
      if (!isWorthIt || !(await pause(2 ** attempt * 500, signal))) throw error;
    }
}

/** A new connection that the new key opens, and no other: ssh tells which one the server took. */
async function prove(target: SshTarget, own: SshSettings, { next }: RotateTask): Promise<void> {
  await readyFor(target, own);
  const argv = sshCommand(target, { ...own, tells: true }, ['true']);
  const { code, stderr } = await localhost.run(argv, { timeout: limit * 1000 });
  const taken = [...stderr.matchAll(/^debug1: Server accepts key: .* (SHA256:\S+)/gm)].at(-1)?.[1];
  if (code === 0 && taken === fingerprintOf(next.line)) return;
  const words = stderr.split('\n').filter((line) => !line.startsWith('debug1:'));
  if (code !== 0) throw sshFault(target, words.join('\n'), code);
  const params = { host: target.name, file: next.file };
  throw new Fault('keys.unproved', params, { next: message('keys.unproved.next', params) });
}

/** As OpenSSH writes it. */
function fingerprintOf(line: string): string {
  const bytes = Buffer.from((publicKey(line) ?? '').split(' ')[1] ?? '', 'base64');
  return `SHA256:${createHash('sha256').update(bytes).digest('base64').replace(/=+$/, '')}`;
}
