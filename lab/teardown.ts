import { readdir, readFile, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readIfThere } from '../src/hosts/files.ts';
import { switchNamespace } from './network.ts';
import {
  cgroupOf,
  cgroupRoot,
  isPopulated,
  namesIn,
  networkNamespaces,
  stateRoot,
  topologyFolder,
  topologyNames,
} from './state.ts';
import { exec, locked, mounts, until } from './system.ts';

const instancesPath = '/proc/sys/fs/inotify/max_user_instances';
/** What the machine allowed before the lab raised it; beside the topologies' folders, a name none of them can have. */
const previousInstances = join(stateRoot, '.inotify-instances');

/**
 * Takes away everything of a topology: processes, cgroups, network namespaces with their bridges and cables, mounts
 * and files. It looks at what exists, so that one half-built, or left by a process that died, goes as well.
 */
export async function removeTopology(name: string): Promise<void> {
  // A controller that was killed may have left a command that still finishes something while we look.
  for (let round = 0; round === 0 || (round < 5 && (await topologyNames()).includes(name)); round++)
    await removeOnce(name);
  await lockedCommon(async () => {
    if ((await topologyNames()).length === 0) await removeCommon();
  });
}

/** While nobody else begins a topology or ends the last. */
export function lockedCommon<T>(work: () => Promise<T>): Promise<T> {
  return locked('common', 120_000, work);
}

async function removeOnce(name: string): Promise<void> {
  await killCgroup(cgroupOf(name));
  const own = switchNamespace(name);
  const namespaces = (await networkNamespaces()).filter(
    (entry) => entry === own || entry.startsWith(`${own}.`),
  );
  await killInside(namespaces);
  // The switch first: with it go the bridges and both ends of every cable.
  for (const namespace of namespaces.sort()) await deleteNamespace(namespace);
  await unmountUnder(topologyFolder(name));
  await rm(topologyFolder(name), { recursive: true, force: true });
}

/** Kills every process of a cgroup and removes it, with those beneath. */
export async function killCgroup(relative: string): Promise<void> {
  const path = join(await cgroupRoot(), relative);
  if (!(await stat(path).catch(() => undefined))) return;
  await until(
    async () => {
      // Again each time: what a dying controller started may join only now.
      await writeFile(join(path, 'cgroup.kill'), '1');
      return (await isPopulated(relative)) ? undefined : true;
    },
    15_000,
    () => `Processes in the cgroup ${path} do not die.`,
  );
  await removeCgroup(path);
}

async function removeCgroup(path: string): Promise<void> {
  for (const entry of await readdir(path, { withFileTypes: true }))
    if (entry.isDirectory()) await removeCgroup(join(path, entry.name));
  await rmdir(path);
}

/** Kills what was started from outside into these network namespaces: a test's own servers, or a shell. */
async function killInside(namespaces: readonly string[]): Promise<void> {
  const inodes = new Set<number>();
  for (const namespace of namespaces) {
    const found = await stat(join('/run/netns', namespace)).catch(() => undefined);
    // A namespace's file that was never mounted is an ordinary one.
    if (found && found.dev !== (await stat('/run')).dev) inodes.add(found.ino);
  }
  for (const pid of (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))) {
    const inode = await stat(`/proc/${pid}/ns/net`).then(
      (found) => found.ino,
      () => undefined,
    );
    if (inode === undefined || !inodes.has(inode) || Number(pid) === process.pid) continue;
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It ended by itself.
    }
  }
}

async function deleteNamespace(namespace: string): Promise<void> {
  await exec(['ip', 'netns', 'delete', namespace]).catch(() => undefined);
  // `ip netns add` killed between making the file and mounting it leaves one that `delete` refuses.
  await rm(join('/run/netns', namespace), { force: true });
}

async function unmountUnder(folder: string): Promise<void> {
  const paths = (await mounts())
    .map(({ path }) => path)
    .filter((path) => `${path}/`.startsWith(`${folder}/`));
  // Lazily: somebody may be standing in it.
  for (const path of paths.reverse()) await exec(['umount', '--lazy', path]);
}

/** What serves all topologies: gone with the last, unless others use it too. */
async function removeCommon(): Promise<void> {
  const previous = await readIfThere(previousInstances);
  if (previous !== undefined) await writeFile(instancesPath, previous);
  await rm(stateRoot, { recursive: true, force: true });
  const netns = '/run/netns';
  if ((await namesIn(netns)).length === 0) {
    // Made by the first `ip netns add` on this machine; it refuses to go while anything is in it.
    await exec(['umount', netns]).catch(() => undefined);
    await rmdir(netns).catch(() => undefined);
  }
  // A machine that runs systemd has this folder anyway.
  if (!(await namesIn('/run/systemd')).includes('system'))
    await rmdir('/run/systemd/nspawn').catch(() => undefined);
}

/**
 * Raises the kernel's limit on inotify instances when this many hosts would reach it (each takes about six). Those of
 * topologies that boot at the same time are not among them yet: there is room for a hundred of them.
 */
export async function allowInotify(hosts: number): Promise<void> {
  const current = (await readFile(instancesPath, 'utf8')).trim();
  const wanted = (hosts + 100) * 8 + 64;
  if (Number(current) >= wanted) return;
  if ((await readIfThere(previousInstances)) === undefined) await writeFile(previousInstances, current);
  await writeFile(instancesPath, String(wanted));
}
