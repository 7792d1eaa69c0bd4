import { type ChildProcess, type SpawnOptionsWithoutStdio, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { launcherProgram } from './launcher-program.ts';
import { findProgram } from './local.ts';

/** A program that was started. */
export interface Program {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Its exit status, once its streams are closed; `undefined` when it did not start or a signal ended it. */
  readonly ended: Promise<number | undefined>;
  kill(signal?: NodeJS.Signals): void;
}

/** How many programs one launcher starts. */
const slots = 16;

/** A process that starts some programs for us, one after the other. */
interface Launcher {
  /** Starts the next one. */
  start(argv: readonly string[]): Program;
  /** It can start no more. */
  isSpent(): boolean;
}

let current: Promise<Launcher | undefined> | undefined;

/**
 * Starts a program (absolute path first), apart from the terminal: a Ctrl-C does not reach it. For many at once: it costs this process
 * neither a fork, which is dear for one with as much memory as Node has, nor the wait until the program is there.
 */
export async function launch(argv: readonly string[]): Promise<Program> {
  for (;;) {
    current ??= openLauncher();
    const asked = current;
    const launcher = await asked;
    if (!launcher) return childOf(argv, { detached: true });
    if (!launcher.isSpent()) return launcher.start(argv);
    // Others have taken what was left, or somebody ended it.
    if (current === asked) current = undefined;
  }
}

/** Starts a program (absolute path first) that a Ctrl-C reaches, and the signal. */
export function ownChild(argv: readonly string[], signal?: AbortSignal): Program {
  return childOf(argv, signal ? { signal } : {});
}

function childOf([program = '', ...words]: readonly string[], options: SpawnOptionsWithoutStdio): Program {
  const child = spawn(program, words, options);
  const { stdin, stdout, stderr } = child;
  stdin.on('error', () => undefined);
  const ended = new Promise<number | undefined>((resolve) => {
    child.once('error', () => resolve(undefined));
    child.once('close', (code) => resolve(code ?? undefined));
  });
  return { stdin, stdout, stderr, ended, kill: (signal) => void child.kill(signal) };
}

/** Starts a launcher; `undefined` where there is no perl. */
async function openLauncher(): Promise<Launcher | undefined> {
  const perl = await findProgram('perl');
  if (perl === undefined) return undefined;
  const pipes = Array.from({ length: 3 * slots }, () => 'pipe' as const);
  const child = spawn(perl, ['-', String(slots)], {
    stdio: ['pipe', 'ignore', 'ignore', 'pipe', ...pipes],
    detached: true,
  });
  return launcherOf(child);
}

function launcherOf(child: ChildProcess): Launcher {
  // Node's types know of five.
  const [stdin, , , control, ...streams] = child.stdio as unknown as [
    Writable,
    null,
    null,
    Socket,
    ...Socket[],
  ];
  const waiting = new Map<number, (status: number | undefined) => void>();
  let used = 0;
  let isGone = false;
  // Whoever waits for a program waits for us too; nobody else does.
  const hold = () => (waiting.size > 0 ? control.ref() : control.unref());
  const settle = (number: number, status: number | undefined) => {
    waiting.get(number)?.(status);
    waiting.delete(number);
    hold();
    if (used === slots && waiting.size === 0) control.end();
  };
  let held = '';
  control.setEncoding('latin1').on('data', (text: string) => {
    const lines = (held + text).split('\n');
    held = lines.pop() ?? '';
    for (const line of lines) {
      const [, number, status] = line.split(' ').map(Number) as [number, number, number];
      settle(number, (status & 127) === 0 ? status >> 8 : undefined);
    }
  });
  const lost = () => {
    // What was started may have said more than has been read.
    for (const stream of streams.slice(3 * used)) stream.destroy();
    used = slots;
    isGone = true;
    for (const number of [...waiting.keys()]) settle(number, undefined);
  };
  child.once('error', lost);
  child.once('exit', lost);
  control.on('error', () => undefined);
  child.unref();
  hold();
  for (const stream of streams) stream.unref();
  stdin.on('error', () => undefined);
  stdin.end(launcherProgram);
  return {
    isSpent: () => used >= slots,
    start(argv) {
      const number = used++;
      const [stdin, stdout, stderr] = streams.slice(3 * number, 3 * number + 3) as [Socket, Socket, Socket];
      for (const stream of [stdin, stdout, stderr]) stream.ref();
      stdin.on('error', () => undefined);
      const status = new Promise<number | undefined>((resolve) => waiting.set(number, resolve));
      hold();
      const words = argv.join('\0');
      control.write(`start ${number} ${Buffer.byteLength(words)}\n${words}`);
      const read = [stdout, stderr].map((stream) =>
        finished(stream, { writable: false }).catch(() => undefined),
      );
      const ended = status.then(async (code) => {
        // What nobody reads holds nobody up.
        for (const stream of [stdout, stderr]) stream.resume();
        await Promise.all(read);
        return code;
      });
      const kill = (signal: NodeJS.Signals = 'SIGTERM') => {
        if (waiting.has(number)) control.write(`kill ${number} ${signal.slice('SIG'.length)}\n`);
        // Nobody is there to end it: it is left alone, and what it says is not waited for.
        else if (isGone) for (const stream of [stdin, stdout, stderr]) stream.destroy();
      };
      return { stdin, stdout, stderr, ended, kill };
    },
  };
}
