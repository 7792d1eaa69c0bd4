import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * The command line, as users start it. It is one file then, which takes a tenth of the processor time that hundreds of sources
 * take to start: tests start it hundreds of times.
 */
export const program = fileURLToPath(new URL('../../poterne', import.meta.url));

/** How a program ended, and what it wrote. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** How a program is run, as `execFile` takes it. */
export interface RunAs {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** What stands on its standard input. */
  readonly input?: string;
  /** In milliseconds. */
  readonly timeout?: number;
}

/** Runs a program to its end. One that a signal ended, or that is not there, has the code -1. */
export function ran(argv: readonly string[], { input = '', ...as }: RunAs = {}): Promise<Ran> {
  const [name = '', ...rest] = argv;
  return new Promise((resolve) => {
    const child = execFile(name, rest, { maxBuffer: 64 << 20, ...as }, (error, out, err) =>
      resolve({ code: error ? (typeof error.code === 'number' ? error.code : -1) : 0, out, err }),
    );
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}
