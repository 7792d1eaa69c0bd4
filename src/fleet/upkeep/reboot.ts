import { sshHost } from '../../hosts/ssh.ts';
import type { SshTarget } from '../../hosts/target.ts';
import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';
import { askRoot } from '../ask.ts';
import type { Execution } from '../execute.ts';
import { pause } from '../patience.ts';
import type { Rows } from '../rows.ts';
import { updateScript } from '../script.ts';

type Way = Pick<Execution, 'settings' | 'signal'>;

/** Milliseconds until a host that was told to is down, most often: a connection that stands then would hang. */
const farewell = 3000;
/** Milliseconds between two looks at a host that is expected. */
const pace = 1000;
/** Seconds for it to answer then. */
const patience = 15;

/** Which boot a host is in, what has failed there, and what asks for another boot: over a new connection. */
export function askState(target: SshTarget, { settings, signal }: Way, limit = 60): Promise<Rows> {
  return askRoot(target, updateScript, ['state'], { settings, signal, limit });
}

/** Which boot it is. */
export function bootOf(rows: Rows): string {
  return rows.of('boot')[0]?.[0] ?? '';
}

/**
 * Boots a host anew, and waits until a new connection finds another boot than `before`; gives the milliseconds that it
 * took. Throws `update.away` when it does not come back in time.
 */
export async function reboot(
  target: SshTarget,
  before: string,
  seconds: number,
  { settings, signal }: Way,
): Promise<number> {
  const begun = Date.now();
  // A moment later, so that this connection ends in order.
  const later = [
    'systemd-run',
    '--quiet',
    '--collect',
    '--on-active=1',
    '--timer-property=AccuracySec=100ms',
  ];
  await sshHost(target, settings).run([...later, 'systemctl', 'reboot']);
  let last: unknown;
  await pause(farewell, signal);
  while (Date.now() - begun < seconds * 1000 && (await pause(pace, signal))) {
    try {
      const way = { settings: { ...settings, connectTimeout: 5 }, signal };
      const now = await askState(target, way, patience);
      if (bootOf(now) !== before) return Date.now() - begun;
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      last = error;
    }
  }
  const reason = last instanceof Fault ? String(last.params.reason ?? last.code) : '';
  const params = { host: target.name, seconds, reason };
  throw new Fault('update.away', params, { cause: last, next: message('update.away.next', params) });
}
