import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { program } from '../../lib/testing-program.ts';

/** A scheduler as a process of its own, on this machine, and what it said. */
export interface Scheduler {
  readonly child: ChildProcess;
  said(): string;
  /** Ends it by a signal, unless it has ended. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

/** Runs `poterne job …` on this machine, which is the described host `me`. */
export function poterneJob(folder: string, state: string, ...argv: readonly string[]): ChildProcess {
  return spawn(program, ['job', ...argv, '--state', state], {
    ...{ cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, POTERNE_LANG: 'en' } },
  });
}

/** Starts a scheduler; resolves once it says that it is ready. */
export async function startScheduler(folder: string, state: string): Promise<Scheduler> {
  const child = poterneJob(folder, state, 'up', '--here', 'me');
  const said = listening(child);
  await until(() => said().includes('Ctrl-C'), said);
  return {
    ...{ child, said },
    end: async (signal) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill(signal);
      await once(child, 'close');
    },
  };
}

/** Both streams of a process as they come. */
export function listening(child: ChildProcess): () => string {
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  return () => said;
}

/** Waits for a condition; says what was `told` when it does not come. */
export async function until(
  check: () => boolean | Promise<boolean>,
  told: () => string,
  seconds = 60,
): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (!(await check())) {
    if (performance.now() > end) throw new Error(`not within ${seconds} s: ${told()}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
