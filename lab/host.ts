import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host, Outcome, RunOptions } from '../src/hosts/host.ts';
import { LabError } from './error.ts';
import { booted, enter, powerOn, requireLeader } from './guest.ts';
import { controlAddress, hostNamespace } from './network.ts';
import { cgroupOf, hostFolder, leaderOf, type UpState } from './state.ts';
import { environment, until } from './system.ts';
import { killCgroup } from './teardown.ts';

/** A host of a topology that is up. */
export interface LabHost extends Host {
  /** Whether it has an operating system, or is a network namespace alone. */
  readonly boots: boolean;
  /** The file that names its network namespace. After a reboot it names a new one. */
  readonly networkNamespace: string;
  /** Where ssh from this machine finds it. */
  readonly address: string;
  /** Its writable layer, to look at its files from outside even when it is off. */
  readonly upper: string;
  /** The process ID, on this machine, of its first process. Throws when it is off. */
  leader(): Promise<number>;
  /** The argument vector that runs `argv` inside it as root (in its network alone where it does not boot). */
  command(argv: readonly string[]): Promise<readonly string[]>;
  /** The argument vector that runs a program of this machine (Node, a client) inside its network. */
  networkCommand(argv: readonly string[]): readonly string[];
  /** What its console said since it was first powered on. */
  console(): Promise<string>;
  /** Pulls its plug: every process dies at once, its disk stays. */
  powerOff(): Promise<void>;
  /** Powers it on and waits until it has booted. */
  powerOn(): Promise<void>;
  /** Reboots it as root would, and waits until it has booted again. */
  reboot(): Promise<void>;
}

/** A host of a topology. */
export function hostOf(state: UpState, name: string): LabHost {
  const { topology, bases } = state;
  const folder = hostFolder(topology.name, name);
  const boots = topology.hosts[name]?.boot ?? false;
  const namespace = hostNamespace(topology.name, name);
  const networkCommand = (argv: readonly string[]) => ['ip', 'netns', 'exec', namespace, ...argv];
  const leader = () => requireLeader(topology.name, name);
  const command = async (argv: readonly string[]) =>
    boots ? [...enter(await leader()), ...argv] : networkCommand(argv);
  const settled = async () => {
    const failed = await booted(topology.name, name);
    if (failed !== undefined) throw new LabError(`"${name}" is degraded: ${failed} failed.`);
  };
  return {
    name,
    boots,
    networkNamespace: join('/run/netns', namespace),
    address: controlAddress(topology, name),
    upper: join(folder, 'upper'),
    leader,
    command,
    networkCommand,
    run: async (argv, options) => runToEnd(await command(argv), options),
    console: () => readFile(join(folder, 'console.log'), 'utf8'),
    powerOff: () => killCgroup(cgroupOf(topology.name, name)),
    powerOn: async () => {
      const base = bases[name];
      if (base === undefined) throw new LabError(`"${name}" is a network namespace: it does not boot.`);
      if ((await leaderOf(topology.name, name)) !== undefined) throw new LabError(`"${name}" is on already.`);
      // What is left of a host that powered itself off.
      await killCgroup(cgroupOf(topology.name, name));
      await powerOn(topology.name, name, base);
      await settled();
    },
    reboot: async () => {
      const before = await leader();
      await runToEnd([...enter(before), 'systemctl', 'reboot']);
      await until(
        async () => {
          const now = await leaderOf(topology.name, name);
          return now !== undefined && now !== before ? true : undefined;
        },
        60_000,
        () => `"${name}" did not come back from its reboot.`,
      );
      await settled();
    },
  };
}

function runToEnd(argv: readonly string[], { timeout = 60_000 }: RunOptions = {}): Promise<Outcome> {
  const [program = '', ...rest] = argv;
  return new Promise((resolve) => {
    const options = { timeout, maxBuffer: 64 << 20, env: environment };
    const child = execFile(program, rest, options, (error, stdout, stderr) => {
      const code = error ? (typeof error.code === 'number' ? error.code : undefined) : 0;
      resolve({ code, stdout, stderr });
    });
    child.stdin?.end();
  });
}
