/** Many SSH servers of Debian on loopback addresses, each with its own files, name and processes (servers.sh). */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBase } from '../base.ts';

export interface Server {
  readonly name: string;
  readonly address: string;
}

export interface Fleet {
  readonly servers: readonly Server[];
  readonly port: number;
  /** For `ssh -F`. */
  readonly sshConfig: string;
  /** Ends them; nothing of them is left. */
  close(): void;
}

/** Who logs in, with sudo and without a password; and an account to run something as. */
export const login = 'debian';
export const account = 'User_DollarU';

export interface FleetOptions {
  readonly port?: number;
  /** Installed on all of them, as for hosts of a topology. */
  readonly packages?: readonly string[];
  readonly available?: readonly string[];
  /** A cgroup.procs for them. */
  readonly procs?: string;
}

/** Starts that many servers; `folder` is for their keys, and for the ssh_config. Needs root. */
export async function openFleet(
  count: number,
  folder: string,
  { port = 2277, packages = [], available = [], procs = '/dev/null' }: FleetOptions = {},
): Promise<Fleet> {
  const base = await ensureBase({ release: 'bookworm', packages, available }, console.error);
  const key = join(folder, 'key');
  await mkdir(folder, { recursive: true });
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  await writeFile(join(folder, 'authorized_keys'), await readFile(`${key}.pub`));
  const sshConfig = join(folder, 'ssh_config');
  await writeFile(sshConfig, configuration(folder, port));
  const script = fileURLToPath(new URL('./servers.sh', import.meta.url));
  const child = spawn('sh', [
    ...['-c', 'echo $$ >"$0" && exec "$@"', procs],
    // Killed with this process, all of it.
    ...['setpriv', '--pdeathsig', 'KILL', 'unshare', '--mount', '--propagation', 'private'],
    ...['--pid', '--fork', '--kill-child=KILL', '--mount-proc'],
    ...['sh', script, folder, base, String(count), String(port)],
  ]);
  try {
    await listening(child);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  const servers = Array.from({ length: count }, (_, index) => {
    const number = index + 1;
    return { name: `s${number}`, address: `127.77.${Math.floor(number / 250)}.${(number % 250) + 1}` };
  });
  return { servers, port, sshConfig, close: () => void child.kill('SIGKILL') };
}

/** For whoever goes there: one key, one key exchange, one cipher, and what is known of the servers. */
function configuration(folder: string, port: number): string {
  return [
    'Host *',
    `  User ${login}`,
    `  Port ${port}`,
    `  IdentityFile ${folder}/key`,
    '  IdentitiesOnly yes',
    `  UserKnownHostsFile ${folder}/known_hosts`,
    '  GlobalKnownHostsFile /dev/null',
    '  StrictHostKeyChecking yes',
    '  KexAlgorithms curve25519-sha256',
    '  Ciphers aes128-gcm@openssh.com',
    '  BatchMode yes',
    '  LogLevel ERROR',
    '',
  ].join('\n');
}

async function listening(child: ChildProcess): Promise<void> {
  let said = '';
  await new Promise<void>((resolve, reject) => {
    child.stderr?.on('data', (bytes) => {
      said += bytes;
    });
    child.stdout?.on('data', (bytes) => {
      if (String(bytes).includes('listening')) resolve();
    });
    child.once('exit', () => reject(new Error(`the servers did not start: ${said}`)));
  });
}
