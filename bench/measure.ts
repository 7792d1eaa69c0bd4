/** What every bench shares: medians, programs that are needed, and processes that end with us. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { findProgram } from '../src/hosts/local.ts';

/** The middle of the values; of an even number, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1
    ? (sorted[Math.floor(middle)] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** Rounded to `digits` decimals, for figures that people read. */
export function round(value: number, digits = 3): number {
  return Number(value.toFixed(digits));
}

/** Copies a text file with its `{places}` filled in; those of other names stay as they are. */
export async function fillFile(
  from: string,
  to: string,
  values: Readonly<Record<string, string | number>>,
): Promise<void> {
  const text = await readFile(from, 'utf8');
  await writeFile(
    to,
    text.replace(/\{(\w+)\}/g, (whole, key: string) => String(values[key] ?? whole)),
  );
}

/** A long-running program of the bench; ends when `stop` is called. Throws when it is not installed. */
export async function start(argv: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Running> {
  const [name = '', ...rest] = argv;
  const program = await findProgram(name);
  if (!program) throw new Error(`${name} is not installed`);
  // A session of its own, as Poterne gives its engines: the kernel shares the processors between sessions (sched(7),
  // autogroups), and whoever shared one with the load would be measured otherwise.
  const child = spawn(program, rest, {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...environment },
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4000);
  });
  return {
    child,
    said: () => said,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

export interface Running {
  readonly child: ChildProcess;
  /** The last it wrote on standard error. */
  said(): string;
  stop(): Promise<void>;
}

/** Resolves once something accepts connections on a loopback port; throws after ten seconds. */
export async function listening(port: number, what: Running): Promise<void> {
  for (const until = Date.now() + 10_000; Date.now() < until; ) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect({ port, host: '127.0.0.1' });
      socket.once('connect', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nothing listens on ${port}: ${what.said()}`);
}
