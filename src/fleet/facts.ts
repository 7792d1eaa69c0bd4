import { localhost } from '../hosts/local.ts';
import { withMany } from '../hosts/many.ts';
import { readyFor, type SshSettings, sshCommand } from '../hosts/ssh.ts';
import { sshFault } from '../hosts/ssh-faults.ts';
import type { SshTarget } from '../hosts/target.ts';
import { Fault } from '../model/fault.ts';
import type { HostFacts } from '../model/host-facts.ts';
import { factsScript, readFacts } from './facts-script.ts';

/** What a machine told, or why it did not. */
export type Asked =
  | { readonly host: string; readonly facts: HostFacts }
  | { readonly host: string; readonly fault: Fault };

export interface AskOptions {
  readonly settings: SshSettings;
  /** The time that answers are dated with. */
  now(): Date;
  /** Told of each machine as it answers. */
  told?(asked: Asked): void;
}

/** Milliseconds for one machine, the connection included: more than all the limits of the script together. */
const patience = 100_000;
/** Bytes: many times what a machine with thousands of accounts prints, and little enough for hundreds of machines at once. */
const mostOutput = 4 << 20;

/** Asks machines about themselves, many at once; without root, and nothing is left there. One that fails is told with its fault. */
export async function askFacts(
  targets: readonly SshTarget[],
  { settings, now, told }: AskOptions,
): Promise<readonly Asked[]> {
  return withMany(
    targets.map((target) => ({ target })),
    async ({ target }) => {
      const asked = await ask(target, settings, now).catch((error: unknown) => {
        if (error instanceof Fault) return { host: target.name, fault: error };
        throw error;
      });
      told?.(asked);
      return asked;
    },
  );
}

async function ask(target: SshTarget, settings: SshSettings, now: () => Date): Promise<Asked> {
  await readyFor(target, settings);
  const command = sshCommand(target, settings, ['sh', '-c', factsScript, 'poterne']);
  const { code, stdout, stderr } = await localhost.run(command, { timeout: patience, maxBytes: mostOutput });
  const facts = readFacts(target.name, now().toISOString(), stdout);
  if (facts) return { host: target.name, facts };
  if (stdout.length + stderr.length >= mostOutput) throw sshFault(target, 'its answer has no end', 1);
  throw sshFault(target, code === undefined ? 'timed out' : stderr, code);
}
