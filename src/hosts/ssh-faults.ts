import { Fault } from '../model/fault.ts';
import { message } from '../model/message.ts';
import type { SshTarget } from './target.ts';

/** What ssh says (always in English), and the fault that it is. */
const causes = [
  [/REMOTE HOST IDENTIFICATION HAS CHANGED|Host key for \S+ has changed/, 'host.identity.changed'],
  [/host key is known for|Host key verification failed/, 'host.identity.unknown'],
  [/Permission denied \(|Too many authentication failures/, 'host.denied'],
  // sudo would, and what it is to run is not there.
  [/^sudo: (?!command not found)[^:]+: command not found/m, 'host.unfit'],
  [
    /^sudo: |not in the sudoers file|sudo: (command )?not found|command not found: sudo/m,
    'host.sudo.refused',
  ],
] as const;

/** What ssh says when the way to the host closed, whatever the reason was. */
const closed = /^kex_exchange_identification: Connection closed|UNKNOWN port 65535|^stdio forwarding failed/;

/** The fault of a connection that did not get as far as running anything, from what ssh or sudo said. */
export function sshFault(target: SshTarget, stderr: string, status: number | undefined): Fault {
  const lines = stderr.split('\n').map((line) => line.trim());
  const telling = lines.filter((line) => /\w/.test(line) && !closed.test(line));
  // The jump's own complaint, and then that nothing came through it; where the jump stood, its forwarding failed.
  const closedOnTheWay = lines.some((line) => closed.test(line)) && telling.length > 0;
  if (target.via && closedOnTheWay && !/open failed/.test(stderr))
    return sshFault(target.via, stderr, status);
  const reason = telling.at(-1) ?? lines.find(Boolean) ?? `ssh ${status ?? 'SIGKILL'}`;
  const params = { host: target.name, address: target.address, user: target.user ?? '', reason };
  const code = causes.find(([pattern]) => pattern.test(stderr))?.[1];
  const chosen = code ?? (status === 255 || status === undefined ? 'host.unreachable' : 'host.unfit');
  return new Fault(chosen, params, { next: message(`${chosen}.next`, params) });
}
