import { execFile, spawn } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram } from '../src/hosts/local.ts';
import { Fault } from '../src/model/fault.ts';
import { withLock } from '../src/store/lock.ts';
import { LabError } from './error.ts';

/** What is known of a command that ended well. */
export interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

export interface ExecOptions {
  /** Milliseconds; the command is killed past it. Default 60 s. */
  readonly timeout?: number;
}

/** What lab commands see of the caller's environment: nothing, so that no secret of it reaches a guest. */
export const environment: Readonly<Record<string, string>> = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LANG: 'C.UTF-8',
};

/** The programs of this machine that the lab runs, and the Debian package of each. */
const programs: Readonly<Record<string, string>> = {
  mmdebstrap: 'mmdebstrap',
  'systemd-nspawn': 'systemd-container',
  ip: 'iproute2',
  nsenter: 'util-linux',
  unshare: 'util-linux',
  setpriv: 'util-linux',
  mount: 'mount',
  ssh: 'openssh-client',
  // The ProxyCommand that lets this machine's ssh leave from the controller's network namespace.
  nc: 'netcat-openbsd',
  sysctl: 'procps',
};

/** Runs a command to its end, and throws what it complained of when it fails. */
export async function exec(argv: readonly string[], { timeout = 60_000 }: ExecOptions = {}): Promise<Output> {
  const [program = '', ...rest] = argv;
  return new Promise((resolve, reject) => {
    const options = { timeout, maxBuffer: 64 << 20, env: environment };
    const child = execFile(program, rest, options, (error, stdout, stderr) => {
      if (!error) return resolve({ stdout, stderr });
      const reason = error.killed ? `did not end within ${timeout} ms` : 'failed';
      reject(
        new LabError(`${argv.join(' ')} ${reason}: ${stderr.trim() || error.message}`, { cause: error }),
      );
    });
    child.stdin?.end();
  });
}

/** Throws unless this is root on a machine that has every program the lab needs; installs what is missing. */
export async function requireMachine(): Promise<void> {
  if (process.getuid?.() !== 0)
    throw new LabError('The lab needs root: it makes network namespaces, mounts and cgroups.');
  const missing = new Set<string>();
  for (const [program, packageName] of Object.entries(programs))
    if ((await findProgram(program)) === undefined) missing.add(packageName);
  if (missing.size > 0) await installPackages([...missing]);
}

async function installPackages(packages: readonly string[]): Promise<void> {
  const script = join(import.meta.dirname, '..', 'scripts', 'ensure-debian-packages.sh');
  const status = await new Promise<number | null>((resolve, reject) => {
    // Standard output is for results only.
    const child = spawn(script, packages, { stdio: ['ignore', process.stderr, process.stderr] });
    child.on('error', reject).on('close', resolve);
  });
  if (status !== 0)
    throw new LabError(
      `The lab needs these Debian packages: ${packages.join(' ')}. Install them, then retry.`,
    );
}

/** One mounted file system of this process's mount namespace. */
export interface Mount {
  readonly path: string;
  readonly type: string;
}

/** What is mounted, in the order it was. */
export async function mounts(): Promise<readonly Mount[]> {
  const text = await readFile('/proc/self/mountinfo', 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [before = '', after = ''] = line.split(' - ');
      const path = before.split(' ')[4] ?? '';
      return {
        path: path.replace(/\\(\d{3})/g, (_, octal: string) =>
          String.fromCharCode(Number.parseInt(octal, 8)),
        ),
        type: after.split(' ')[0] ?? '',
      };
    });
}

/** Where lab folders that outlive a topology stand: bases and locks. */
export function cacheFolder(): string {
  return process.env.POTERNE_LAB_CACHE || '/var/cache/poterne-lab';
}

/** Runs `work` while no other process holds the lab's lock of this name; a process that dies lets go of its own. */
export async function locked<T>(name: string, wait: number, work: () => Promise<T>): Promise<T> {
  const folder = join(cacheFolder(), 'locks', name);
  await mkdir(folder, { recursive: true });
  return withLock(folder, wait, work).catch((cause) => {
    if (!(cause instanceof Fault && cause.code === 'lock.held')) throw cause;
    throw new LabError(`Another process has been busy with "${name}" for ${wait / 1000} s.`, { cause });
  });
}

/** Waits until `look` gives something; throws what `late` says after `timeout` milliseconds. */
export async function until<T>(
  look: () => Promise<T | undefined>,
  timeout: number,
  late: () => string | Promise<string>,
): Promise<T> {
  const end = Date.now() + timeout;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new LabError(await late());
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
