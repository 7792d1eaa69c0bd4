import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readIfThere } from '../src/hosts/files.ts';
import { LabError } from './error.ts';
import { labPrefix } from './network.ts';
import { mounts } from './system.ts';
import type { Topology } from './topology.ts';

/** Where the files of running topologies stand, a file system in memory for each. */
export const stateRoot = '/run/poterne-lab';

/** A topology that is up, as `up` wrote it down once everything answered. */
export interface UpState {
  readonly topology: Topology;
  /** The folder of each booted host's base. */
  readonly bases: Readonly<Record<string, string>>;
}

/** The folder of a topology's files. */
export function topologyFolder(name: string): string {
  return join(stateRoot, name);
}

/** The folder of a host's files: its writable layer, its wiring, its console. */
export function hostFolder(topologyName: string, hostName: string): string {
  return join(topologyFolder(topologyName), 'hosts', hostName);
}

/** What `up` wrote down, or `undefined` when that topology is not up, or only by half. */
export async function readState(name: string): Promise<UpState | undefined> {
  const text = await readIfThere(join(topologyFolder(name), 'state.json'));
  return text === undefined ? undefined : (JSON.parse(text) as UpState);
}

/** Where this machine mounts the cgroup2 hierarchy. */
export async function cgroupRoot(): Promise<string> {
  const mount = (await mounts()).find(({ type }) => type === 'cgroup2');
  if (!mount) throw new LabError('No cgroup2 file system is mounted: mount one on /sys/fs/cgroup.');
  return mount.path;
}

/** The cgroup of a topology, or of one of its hosts, relative to the hierarchy's root. */
export function cgroupOf(topologyName: string, hostName?: string): string {
  const whole = `/${labPrefix}${topologyName}`;
  return hostName === undefined ? whole : `${whole}/${hostName}`;
}

/** Whether any process is in a cgroup or beneath it. */
export async function isPopulated(cgroup: string): Promise<boolean> {
  const events = await readIfThere(join(await cgroupRoot(), cgroup, 'cgroup.events'));
  return /^populated 1$/m.test(events ?? '');
}

/** The names under /run/netns. */
export async function networkNamespaces(): Promise<readonly string[]> {
  return namesIn('/run/netns');
}

/** The topologies of which anything at all exists: files, cgroups or network namespaces. */
export async function topologyNames(): Promise<readonly string[]> {
  const named = [...(await networkNamespaces()), ...(await namesIn(await cgroupRoot()))]
    .filter((name) => name.startsWith(labPrefix))
    .map((name) => name.slice(labPrefix.length).split('.')[0] as string);
  const folders = (await namesIn(stateRoot)).filter((name) => !name.startsWith('.'));
  return [...new Set([...named, ...folders])].sort();
}

/** The process ID, on this machine, of a host's first process; `undefined` while it is off. */
export async function leaderOf(topologyName: string, hostName: string): Promise<number | undefined> {
  const payload = join(await cgroupRoot(), cgroupOf(topologyName, hostName), 'guest', 'payload');
  // systemd begins in the payload's own cgroup, then moves to a scope.
  for (const path of [join(payload, 'init.scope', 'cgroup.procs'), join(payload, 'cgroup.procs')])
    for (const pid of ((await readCgroup(path)) ?? '').split('\n').filter(Boolean)) {
      const status = (await readIfThere(`/proc/${pid}/status`).catch(() => undefined)) ?? '';
      if (/^NSpid:\s+\d+\s+1$/m.test(status)) return Number(pid);
    }
  return undefined;
}

async function readCgroup(path: string): Promise<string | undefined> {
  // A cgroup that goes while it is read says ENODEV.
  return readFile(path, 'utf8').catch(() => undefined);
}

/** The entries of a folder; none when it is not there. */
export async function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
}
