import { connect } from '../hosts/session.ts';
import type { SshSettings } from '../hosts/ssh.ts';
import { sshFault } from '../hosts/ssh-faults.ts';
import type { SshTarget } from '../hosts/target.ts';
import { Fault } from '../model/fault.ts';
import { message } from '../model/message.ts';
import { patienceOf } from './patience.ts';
import { type Rows, rowsOf } from './rows.ts';

/** The most that a host answers, in bytes. */
const mostOutput = 8 << 20;

export interface AskSettings {
  readonly settings: SshSettings;
  /** Seconds, the connection included. */
  readonly limit: number;
  readonly signal?: AbortSignal;
}

/**
 * Has a script of ours (POSIX sh, its words after it) answer as root on a host, in rows; changes nothing there unless the
 * script does. Throws ssh's faults, and `host.unfit` when it came to no end.
 */
export async function askRoot(
  target: SshTarget,
  script: string,
  words: readonly string[],
  { settings, limit, signal }: AskSettings,
): Promise<Rows> {
  // The first word is the length of the script.
  const connection = await connect(target, settings, { script: `shift\n${script}`, words, apart: true });
  const patience = patienceOf(connection);
  patience.atMost(limit);
  const stop = () => connection.kill();
  signal?.addEventListener('abort', stop, { once: true });
  if (signal?.aborted) stop();
  let [out, err, bytes] = ['', '', 0];
  connection.stdout.setEncoding('latin1').on('data', (text: string) => {
    bytes += text.length;
    if (bytes > mostOutput) connection.kill('SIGKILL');
    else out += text;
  });
  connection.stderr.setEncoding('utf8').on('data', (text: string) => {
    err = (err + text).slice(-16_384);
  });
  connection.stdin.end();
  const status = await connection.ended;
  patience.end();
  signal?.removeEventListener('abort', stop);
  const rows = rowsOf(Buffer.from(out, 'latin1').toString('utf8'));
  if (rows.ended || rows.of('fault').length > 0) return rows;
  if (patience.isOver()) {
    const params = { host: target.name, seconds: limit };
    throw new Fault('upkeep.silent', params, { next: message('upkeep.silent.next', params) });
  }
  throw sshFault(target, bytes > mostOutput ? 'its answer has no end' : err, status);
}
