import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, chown, copyFile, mkdir, open, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { labUser } from './base.ts';
import { LabError } from './error.ts';
import { forwarding, hostNamespace, switchNamespace, type Wiring } from './network.ts';
import { cgroupOf, cgroupRoot, hostFolder, isPopulated, leaderOf } from './state.ts';
import { environment, exec, until } from './system.ts';
import type { HostSpec, Topology } from './topology.ts';

/** Writes the files that wire.sh reads. */
export async function writeWiring(folder: string, wiring: Wiring): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of ['plug', 'unplug', 'network', 'sysctl'] as const)
    await writeFile(join(folder, name), wiring[name].map((line) => `${line}\n`).join(''));
}

/** Gives a network namespace its cables and addresses, without booting anything in it. */
export async function wire(topologyName: string, namespace: string, folder: string): Promise<void> {
  await exec(['sh', scriptOf('wire.sh'), namespace, switchNamespace(topologyName), folder]);
}

/** Makes what a host has before its first boot: an empty disk over the base, an identity, keys, the topology's files. */
export async function prepareGuest(
  topology: Topology,
  hostName: string,
  base: string,
  publicKey: string,
): Promise<void> {
  const spec = topology.hosts[hostName] as HostSpec;
  const folder = hostFolder(topology.name, hostName);
  for (const part of ['upper', 'work', 'root']) await mkdir(join(folder, part), { recursive: true });
  // The root folder of the overlay takes its mode from here.
  await chmod(join(folder, 'upper'), 0o755);
  const put = (path: string, content: string, mode = 0o644) => place(base, folder, path, content, mode);
  await put('/etc/machine-id', `${randomBytes(16).toString('hex')}\n`, 0o444);
  await put('/etc/hostname', `${hostName}\n`);
  await put('/etc/hosts', await hostsFile(base, hostName, spec));
  await put('/etc/resolv.conf', spec.resolvers.map((address) => `nameserver ${address}\n`).join(''));
  await put('/root/.ssh/authorized_keys', publicKey, 0o600);
  const keys = await put(`/home/${labUser}/.ssh/authorized_keys`, publicKey, 0o600);
  const home = await stat(join(base, 'home', labUser));
  for (const path of [keys, dirname(keys)]) await chown(path, home.uid, home.gid);
  if (spec.forward)
    await put('/etc/sysctl.d/forwarding.conf', forwarding.map((line) => `${line}\n`).join(''));
  const key = join(folder, 'host_key');
  await exec(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', hostName, '-f', key]);
  const inside = await put('/etc/ssh/ssh_host_ed25519_key', '', 0o600);
  await copyFile(key, inside);
  await put('/etc/ssh/ssh_host_ed25519_key.pub', await readFile(`${key}.pub`, 'utf8'));
  for (const [path, { content = '', mode }] of Object.entries(spec.files))
    await put(path, content, Number.parseInt(mode, 8));
}

/** A file of a host, on its own layer; folders on the way to it are those of the base. */
async function place(
  base: string,
  folder: string,
  path: string,
  content: string,
  mode: number,
): Promise<string> {
  const target = join(folder, 'upper', path);
  await makeFolder(base, join(folder, 'upper'), dirname(path));
  await writeFile(target, content);
  await chmod(target, mode);
  return target;
}

/** A folder of the upper layer hides the owner and mode of the same folder below: they are repeated. */
async function makeFolder(base: string, upper: string, path: string): Promise<void> {
  if (path === '/') return;
  await makeFolder(base, upper, dirname(path));
  const below = await stat(join(base, path)).catch(() => undefined);
  try {
    await mkdir(join(upper, path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw error;
  }
  if (below) await chown(join(upper, path), below.uid, below.gid);
  await chmod(join(upper, path), below ? below.mode & 0o7777 : path.endsWith('/.ssh') ? 0o700 : 0o755);
}

async function hostsFile(base: string, hostName: string, spec: HostSpec): Promise<string> {
  const lines = [await readFile(join(base, 'etc/hosts'), 'utf8'), `127.0.1.1 ${hostName}\n`];
  for (const [name, addresses] of Object.entries(spec.names))
    for (const address of addresses) lines.push(`${address} ${name}\n`);
  return lines.join('');
}

/** Powers a host on. It does not depend on this process from here on. */
export async function powerOn(topologyName: string, hostName: string, base: string): Promise<void> {
  const root = await cgroupRoot();
  const cgroup = cgroupOf(topologyName, hostName);
  await mkdir(join(root, cgroup), { recursive: true });
  const folder = hostFolder(topologyName, hostName);
  const log = await open(join(folder, 'console.log'), 'a');
  const argv = [
    cgroup,
    switchNamespace(topologyName),
    hostNamespace(topologyName, hostName),
    folder,
    base,
    hostName,
  ];
  try {
    const child = spawn('sh', [scriptOf('guest.sh'), ...argv], {
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      cwd: '/',
      env: { ...environment, CGROUP_ROOT: root },
    });
    child.unref();
    await new Promise((resolve, reject) => child.on('spawn', resolve).on('error', reject));
    // It does so itself too, should we die here; but whoever looks next must not find the cgroup empty.
    await writeFile(join(root, cgroup, 'cgroup.procs'), String(child.pid));
  } finally {
    await log.close();
  }
}

/**
 * Waits until a host has finished booting. Ending up `degraded` is no failure (the topology's own services may be what
 * fails), but which units failed is said.
 */
export async function booted(topologyName: string, hostName: string): Promise<string | undefined> {
  const late = async () => {
    const console = await readFile(join(hostFolder(topologyName, hostName), 'console.log'), 'utf8');
    return `"${hostName}" did not boot. The end of its console:\n${console.trimEnd().split('\n').slice(-15).join('\n')}`;
  };
  const state = await until(
    async () => {
      const leader = await leaderOf(topologyName, hostName);
      // What starts it has ended: there is nothing to wait for.
      if (leader === undefined && !(await isPopulated(cgroupOf(topologyName, hostName))))
        throw new LabError(await late());
      // The manager listens there; before, systemctl would only fail.
      if (
        leader === undefined ||
        !(await stat(`/proc/${leader}/root/run/systemd/private`).catch(() => undefined))
      )
        return undefined;
      const { stdout } = await exec([...enter(leader), 'systemctl', 'is-system-running', '--wait']).catch(
        (error: LabError) => ({ stdout: String((error.cause as { stdout?: string }).stdout ?? '') }),
      );
      return /^(running|degraded)$/.test(stdout.trim()) ? { leader, word: stdout.trim() } : undefined;
    },
    60_000,
    late,
  );
  if (state.word === 'running') return undefined;
  const failed = ['systemctl', 'list-units', '--failed', '--plain', '--no-legend', '--no-pager'];
  const { stdout } = await exec([...enter(state.leader), ...failed]);
  return stdout
    .split('\n')
    .map((line) => line.split(' ')[0])
    .filter(Boolean)
    .join(' ');
}

/** The beginning of an argument vector that runs something inside a host, by its first process. */
export function enter(leader: number): readonly string[] {
  return ['nsenter', '--target', String(leader), '--mount', '--uts', '--ipc', '--net', '--pid', '--cgroup'];
}

/** The first process of a host that has to be on. */
export async function requireLeader(topologyName: string, hostName: string): Promise<number> {
  const leader = await leaderOf(topologyName, hostName);
  if (leader === undefined) throw new LabError(`"${hostName}" of "${topologyName}" is off.`);
  return leader;
}

function scriptOf(name: string): string {
  return join(import.meta.dirname, name);
}
