import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { program, type Ran, type RunAs, ran } from '../src/lib/testing-program.ts';
import type { Lab } from './lab.ts';

/** Helpers of tests with hosts of the lab. */

/** Runs a program of this machine in a host's network, to its end. */
export const ranIn = (lab: Lab, host: string, argv: readonly string[], as?: RunAs): Promise<Ran> =>
  ran(lab.host(host).networkCommand(argv), as);

/** Runs a script of ours in a host's network, from the moment that it says something. */
export async function startScript(
  lab: Lab,
  host: string,
  script: string,
  ...args: readonly string[]
): Promise<ChildProcess> {
  const argv = [process.execPath, '--input-type=module', '--eval', script, ...args];
  const [node = '', ...rest] = lab.host(host).networkCommand(argv);
  const child = spawn(node, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

/**
 * `poterne` as an administrator runs it who has the description in a folder, and reaches the hosts by the lab's ssh; from this machine, or in
 * a host's network: what it starts where it runs ends with the lab there.
 */
export const administrator =
  (lab: Lab, folder: string, host?: string) =>
  (...words: readonly string[]): Promise<Ran> => {
    const argv = [program, ...words];
    return ran(host === undefined ? argv : lab.host(host).networkCommand(argv), {
      cwd: folder,
      env: { ...process.env, POTERNE_SSH_CONFIG: lab.sshConfig, POTERNE_LANG: 'en' },
    });
  };
