/** Servers to reach: sshd of Debian on loopback addresses, each with its own files, name and processes (servers.sh). */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBase } from '../../lab/base.ts';
import { cgroupRoot } from '../../lab/state.ts';
import { openGroup } from '../cost.ts';

export interface Server {
  readonly name: string;
  readonly address: string;
}

export interface Fleet {
  readonly servers: readonly Server[];
  readonly port: number;
  /** For `ssh -F`, the same for all sides. */
  readonly sshConfig: string;
  /** The cgroup of all servers, relative to the hierarchy's root. */
  readonly group: string;
  /** The script that every side runs, and the account that it is run as. */
  readonly script: string;
  readonly account: string;
  close(): Promise<void>;
}

/** The account that logs in: sudo without a password, as on the hosts of the lab. */
export const login = 'debian';

/** Starts that many servers; `folder` is for their keys, and for the ssh_config. */
export async function openFleet(count: number, folder: string, port = 2277): Promise<Fleet> {
  const here = (name: string) => fileURLToPath(new URL(`./${name}`, import.meta.url));
  // What bench:converge boots from, which has Python for Ansible.
  const packages = { packages: ['python3', 'python3-apt'], available: ['tree'] };
  const base = await ensureBase({ release: 'bookworm', ...packages }, console.error);
  const key = join(folder, 'key');
  await mkdir(folder, { recursive: true });
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  await writeFile(join(folder, 'authorized_keys'), await readFile(`${key}.pub`));
  const sshConfig = join(folder, 'ssh_config');
  await writeFile(sshConfig, configuration(folder, port));
  const name = `poterne-bench.${process.pid}.servers`;
  const group = await openGroup(name);
  const child = spawn('sh', [
    ...['-c', 'echo $$ >"$0" && exec "$@"', join(await cgroupRoot(), name, 'cgroup.procs')],
    ...[
      'unshare',
      '--mount',
      '--propagation',
      'private',
      '--pid',
      '--fork',
      '--kill-child=KILL',
      '--mount-proc',
    ],
    ...['sh', here('servers.sh'), folder, base, String(count), String(port)],
  ]);
  const close = async () => {
    child.kill('SIGKILL');
    await group.close();
  };
  try {
    await listening(child);
  } catch (error) {
    await close();
    throw error;
  }
  const servers = Array.from({ length: count }, (_, index) => {
    const number = index + 1;
    return { name: `s${number}`, address: `127.77.${Math.floor(number / 250)}.${(number % 250) + 1}` };
  });
  return {
    ...{
      servers,
      port,
      sshConfig,
      group: name,
      script: here('Fichier_fourni.sh'),
      account: 'User_DollarU',
      close,
    },
  };
}

/** The key exchange, the cipher and the key are the same for all sides; so is what is known of the servers. */
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
