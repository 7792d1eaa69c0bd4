/** What the benches of the gateway have in common: load, and one processor for all. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

export interface Sample {
  readonly requestsPerSecond: number;
  readonly p99Milliseconds: number;
}

/** How much load: words of wrk. */
export interface Load {
  readonly seconds: string;
  readonly connections: string;
}

/** One bounded load of wrk on a port of this machine. */
export async function load(
  port: number,
  { seconds, connections }: Load,
  headers: readonly string[] = [],
  { path = '/', script }: { readonly path?: string; readonly script?: string } = {},
): Promise<Sample> {
  const { stdout } = await promisify(execFile)('wrk', [
    '-t1',
    `-c${connections}`,
    `-d${seconds}s`,
    '--latency',
    ...headers.flatMap((header) => ['-H', header]),
    ...(script === undefined ? [] : ['-s', script]),
    `https://localhost:${port}${path}`,
  ]);
  const rate = /Requests\/sec:\s+([\d.]+)/.exec(stdout);
  const p99 = /99%\s+([\d.]+)(us|ms|s)/.exec(stdout);
  const failed = /Non-2xx or 3xx responses: (\d+)|Socket errors: .*/.exec(stdout);
  if (!rate || !p99 || failed) throw new Error(`wrk did not measure port ${port}:\n${stdout}`);
  const unit = { us: 0.001, ms: 1, s: 1000 }[p99[2] as 'us' | 'ms' | 's'];
  return { requestsPerSecond: Number(rate[1]), p99Milliseconds: Number(p99[1]) * unit };
}

/**
 * Keeps this process, and all that it starts, on one processor. Over several, the scheduler gives two servers that cost
 * the same very unlike shares for seconds; on one, each gets its half, and what a request costs decides.
 */
export async function onOneProcessor(): Promise<void> {
  const allowed =
    /^Cpus_allowed_list:\s*(\S+)/m.exec(await readFile('/proc/self/status', 'utf8'))?.[1] ?? '0';
  const last = allowed.split(/[,-]/).at(-1) as string;
  await promisify(execFile)('taskset', ['--all-tasks', '--cpu-list', '--pid', last, `${process.pid}`]);
}
