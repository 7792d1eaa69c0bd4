import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram } from '../src/hosts/local.ts';
import { ensureBase } from './base.ts';
import { LabError } from './error.ts';
import { booted, powerOn, prepareGuest, wire, writeWiring } from './guest.ts';
import { hostOf, type LabHost } from './host.ts';
import {
  controlAddress,
  controllerNamespace,
  controllerWiring,
  hostNamespace,
  switchCommands,
  switchNamespace,
  wiringOf,
} from './network.ts';
import { hostFolder, leaderOf, readState, topologyFolder, topologyNames, type UpState } from './state.ts';
import { exec, locked, requireMachine, until } from './system.ts';
import { allowInotify, lockedCommon, removeTopology } from './teardown.ts';
import { parseTopology, requireName, type Topology, type TopologyInput } from './topology.ts';

/** A topology that is up. */
export interface Lab {
  readonly name: string;
  readonly topology: Topology;
  readonly hosts: ReadonlyMap<string, LabHost>;
  /** For `ssh -F`: every host by its name, by key, its host key known. */
  readonly sshConfig: string;
  readonly sshKey: string;
  readonly knownHosts: string;
  /** The network namespace that this machine's ssh leaves from. */
  readonly controller: string;
  host(name: string): LabHost;
  /** The beginning of an argument vector: `ssh` to a host, as root or as the unprivileged user. */
  ssh(host: string, user?: string): readonly string[];
}

export interface UpOptions {
  /** Told what is being done, a line at a time. */
  readonly say?: (message: string) => void;
}

const ignore = () => undefined;

/**
 * Brings a topology up and waits until every host has booted and answers ssh. One that is up already is given back,
 * its hosts that are off powered on; what a broken attempt left is removed first. When it fails, it leaves nothing.
 */
export async function up(input: TopologyInput, { say = ignore }: UpOptions = {}): Promise<Lab> {
  const topology = parseTopology(input);
  await requireMachine();
  const bases: Record<string, string> = {};
  for (const [name, spec] of Object.entries(topology.hosts))
    if (spec.boot) bases[name] = await ensureBase(spec, say);
  return locked(`topology-${topology.name}`, 120_000, async () => {
    const present = await readState(topology.name);
    if (present) return resume(present, { topology, bases }, say);
    await removeTopology(topology.name);
    try {
      return await build({ topology, bases }, say);
    } catch (error) {
      await removeTopology(topology.name);
      throw error;
    }
  });
}

/** A topology that another process brought up. */
export async function open(name: string): Promise<Lab> {
  requireName(name);
  const state = await readState(name);
  if (!state)
    throw new LabError(`"${name}" is not up. What is: ${(await topologyNames()).join(', ') || 'nothing'}.`);
  return labOf(state);
}

/** Takes a topology down, whatever state it is in; nothing of it is left. Taking down what is not there is no mistake. */
export async function down(name: string): Promise<void> {
  requireName(name);
  await requireMachine();
  await locked(`topology-${name}`, 120_000, () => removeTopology(name));
}

/** A topology as `list` tells of it. */
export interface Listed {
  readonly name: string;
  /** Whether it was brought up to the end; otherwise only `down` or another `up` can do anything with it. */
  readonly whole: boolean;
  readonly hosts: readonly {
    readonly name: string;
    readonly address: string;
    readonly leader: number | null;
  }[];
}

/** The topologies of which anything exists on this machine. */
export async function list(): Promise<readonly Listed[]> {
  return Promise.all(
    (await topologyNames()).map(async (name) => {
      const state = await readState(name);
      const hosts = Object.keys(state?.topology.hosts ?? {}).map(async (host) => ({
        name: host,
        address: state ? controlAddress(state.topology, host) : '',
        leader: (await leaderOf(name, host)) ?? null,
      }));
      return { name, whole: state !== undefined, hosts: await Promise.all(hosts) };
    }),
  );
}

/** A topology that is up already: as it is, but for hosts that were powered off. */
async function resume(present: UpState, wanted: UpState, say: (message: string) => void): Promise<Lab> {
  const { name } = present.topology;
  if (JSON.stringify(present) !== JSON.stringify(wanted))
    throw new LabError(`Another "${name}" is up. Take it down first: npm run lab -- down ${name}`);
  const lab = labOf(present);
  for (const host of lab.hosts.values())
    if (host.boots && (await leaderOf(name, host.name)) === undefined) {
      say(`${host.name} was off: powering it on`);
      await host.powerOn();
    }
  say(`${name} is up already`);
  return lab;
}

async function build(state: UpState, say: (message: string) => void): Promise<Lab> {
  const { topology, bases } = state;
  const folder = topologyFolder(topology.name);
  // Or the last other one, going, would take what is common to all with it.
  await lockedCommon(async () => {
    await mkdir(folder, { recursive: true });
    await allowInotify((await hostsUp()) + Object.keys(bases).length);
    // In memory: nothing of a host is worth a write to the disk, and all of it goes with one unmount.
    await exec(['mount', '-t', 'tmpfs', '-o', 'mode=0700', 'poterne-lab', folder]);
  });
  const lab = labOf(state);
  await exec(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', `lab ${topology.name}`, '-f', lab.sshKey]);
  const publicKey = await readFile(`${lab.sshKey}.pub`, 'utf8');
  await buildNetwork(topology);
  await Promise.all(
    Object.entries(topology.hosts).map(async ([name, spec]) => {
      const place = hostFolder(topology.name, name);
      await writeWiring(place, wiringOf(topology, name));
      if (!spec.boot) return wire(topology.name, hostNamespace(topology.name, name), place);
      await prepareGuest(topology, name, bases[name] as string, publicKey);
      await powerOn(topology.name, name, bases[name] as string);
    }),
  );
  await writeSsh(lab, await findProgram('ip'), await findProgram('nc'));
  for (const name of Object.keys(bases)) {
    const failed = await booted(topology.name, name);
    say(failed === undefined ? `${name} is running` : `${name} is degraded: ${failed} failed`);
  }
  await sshAnswers(lab);
  await runCommands(lab, say);
  await writeFile(join(folder, 'state.json'), JSON.stringify(state));
  return lab;
}

async function hostsUp(): Promise<number> {
  return (await list()).reduce((sum, { hosts }) => sum + hosts.length, 0);
}

async function buildNetwork(topology: Topology): Promise<void> {
  const name = switchNamespace(topology.name);
  const folder = topologyFolder(topology.name);
  await exec(['ip', 'netns', 'add', name]);
  const batch = join(folder, 'switch');
  await writeFile(
    batch,
    switchCommands(topology)
      .map((line) => `${line}\n`)
      .join(''),
  );
  await exec(['ip', '-netns', name, '-batch', batch]);
  if (topology.controller !== undefined) return;
  const place = join(folder, 'controller');
  await writeWiring(place, controllerWiring(topology));
  await wire(topology.name, controllerNamespace(topology), place);
}

async function writeSsh(lab: Lab, ip = 'ip', nc = 'nc'): Promise<void> {
  const known: string[] = [];
  const entries: string[] = [];
  for (const host of lab.hosts.values()) {
    if (!host.boots) continue;
    const key = (await readFile(join(hostFolder(lab.name, host.name), 'host_key.pub'), 'utf8')).split(' ');
    known.push(`${host.name},${host.address} ${key[0]} ${key[1]}\n`);
    entries.push(`Host ${host.name}\n  HostName ${host.address}\n  HostKeyAlias ${host.name}\n`);
  }
  const common = [
    'Host *',
    'User root',
    `IdentityFile ${lab.sshKey}`,
    'IdentitiesOnly yes',
    'IdentityAgent none',
    'BatchMode yes',
    `UserKnownHostsFile ${lab.knownHosts}`,
    'GlobalKnownHostsFile none',
    'StrictHostKeyChecking yes',
    'UpdateHostKeys no',
    `ProxyCommand ${ip} netns exec ${lab.controller} ${nc} %h %p`,
  ];
  await writeFile(lab.knownHosts, known.join(''));
  await writeFile(lab.sshConfig, `${entries.join('')}${common.join('\n  ')}\n`);
  await chmod(lab.sshKey, 0o600);
}

/** Waits until every host shows its own key to the controller. */
async function sshAnswers(lab: Lab): Promise<void> {
  const booting = [...lab.hosts.values()].filter((host) => host.boots);
  if (booting.length === 0) return;
  const addresses = booting.map((host) => host.address);
  const scan = [
    'ip',
    'netns',
    'exec',
    lab.controller,
    'ssh-keyscan',
    '-T',
    '2',
    '-t',
    'ed25519',
    ...addresses,
  ];
  let silent: readonly LabHost[] = booting;
  await until(
    async () => {
      const { stdout } = await exec(scan).catch(() => ({ stdout: '' }));
      silent = booting.filter((host) => !stdout.includes(`${host.address} ssh-ed25519 `));
      return silent.length === 0 ? true : undefined;
    },
    20_000,
    () => `No answer on port 22 from the controller: ${silent.map((host) => host.name).join(', ')}.`,
  );
}

async function runCommands(lab: Lab, say: (message: string) => void): Promise<void> {
  for (const [name, { run }] of Object.entries(lab.topology.hosts))
    for (const argv of run) {
      say(`${name}: ${argv.join(' ')}`);
      const { code, stderr, stdout } = await lab.host(name).run(argv);
      if (code !== 0)
        throw new LabError(`"${name}": ${argv.join(' ')} ended with ${code}: ${stderr || stdout}`);
    }
}

function labOf(state: UpState): Lab {
  const { topology } = state;
  const folder = topologyFolder(topology.name);
  const hosts = new Map(Object.keys(topology.hosts).map((name) => [name, hostOf(state, name)]));
  const sshConfig = join(folder, 'ssh_config');
  const host = (name: string) => {
    const found = hosts.get(name);
    if (!found)
      throw new LabError(`"${topology.name}" has no host "${name}". It has ${[...hosts.keys()].join(', ')}.`);
    return found;
  };
  return {
    name: topology.name,
    topology,
    hosts,
    sshConfig,
    sshKey: join(folder, 'id_ed25519'),
    knownHosts: join(folder, 'known_hosts'),
    controller: controllerNamespace(topology),
    host,
    ssh: (name, user = 'root') => ['ssh', '-F', sshConfig, '-l', user, host(name).name],
  };
}
