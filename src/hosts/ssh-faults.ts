import { Fault } from '../model/fault.ts';
import { message } from '../model/message.ts';
import type { SshTarget } from './target.ts';

/** What ssh says (always in English), and the fault that it is. */
const causes = [
  [/REMOTE HOST IDENTIFICATION HAS CHANGED|Host key for \S+ has changed/, 'host.key.changed'],
  [/host key is known for|Host key verification failed/, 'host.key.unknown'],
  [/Permission denied \(|Too many authentication failures/, 'host.denied'],
  [/^sudo: |not in the sudoers file|sudo: (command )?not found|: sudo: not found/m, 'host.sudo.refused'],
] as const;

/** The fault of a connection that did not get as far as running anything, from what ssh or sudo said. */
export function sshFault(target: SshTarget, stderr: string, status: number | undefined): Fault {
  // Said after a jump that came to nothing; when the jump itself stood, it says that it could not go further.
  if (target.via && /UNKNOWN port 65535/.test(stderr) && !/open failed|forwarding failed/.test(stderr))
    return sshFault(target.via, stderr, status);
  const reason = lastWords(stderr) || `ssh ${status ?? 'SIGKILL'}`;
  const params = { host: target.name, address: target.address, user: target.user ?? '', reason };
  const code = causes.find(([pattern]) => pattern.test(stderr))?.[1];
  const chosen = code ?? (status === 255 || status === undefined ? 'host.unreachable' : 'host.unfit');
  return new Fault(chosen, params, { next: message(`${chosen}.next`, params) });
}

/** The last line that says something. */
function lastWords(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.trim());
  return (
    lines.findLast((line) => /\w/.test(line) && !/UNKNOWN port 65535|^stdio forwarding failed/.test(line)) ??
    ''
  );
}
