import { Fault } from '../model/fault.ts';
import { launch, ownChild, type Program } from './launcher.ts';
import { findProgram } from './local.ts';
import { asRoot, readyFor, type SshSettings, sshCommand } from './ssh.ts';
import type { SshTarget } from './target.ts';

/** What a connection is for. */
export interface Job {
  readonly script: string;
  /** Its arguments, after the length of the script: they are seen by others there. */
  readonly words?: readonly string[];
  /** An argument vector that reads the script from standard input, in place of sh. */
  readonly reader?: readonly string[];
  /** A Ctrl-C at the terminal does not reach ssh: whoever opened it ends what runs in order. */
  readonly apart?: boolean;
}

/** Where programs were found: a fleet is no reason to look for ssh a thousand times. */
const known = new Map<string, string>();

/**
 * Opens the one connection of a job: `script` (POSIX sh, unless something else reads it) runs there as root, and what it gives is the
 * ssh process, whose standard input has taken the script and waits for what comes after. Whether it got that far, the script
 * itself has to say. Throws `host.command.missing` without ssh on this machine.
 */
export async function connect(
  target: SshTarget,
  settings: SshSettings,
  { script, words = [], reader, apart = false }: Job,
  signal?: AbortSignal,
): Promise<Program> {
  // The script comes in on standard input: an argument list is seen by others, and sudo logs it.
  const bytes = Buffer.from(script);
  const loader = 'script=$(head -c "$1"); eval "$script"';
  const remote = asRoot(target, reader ?? ['sh', '-c', loader, 'poterne', String(bytes.length), ...words]);
  await readyFor(target, settings);
  const [ssh = '', ...rest] = sshCommand(target, settings, remote);
  const key = `${ssh}\0${process.env.PATH}`;
  const found = known.get(key) ?? (await findProgram(ssh));
  if (found === undefined) throw new Fault('host.command.missing', { program: ssh });
  known.set(key, found);
  signal?.throwIfAborted();
  const program = apart ? await launch([found, ...rest]) : ownChild([found, ...rest], signal);
  program.stdin.write(bytes);
  return program;
}
