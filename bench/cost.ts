/** What running a command costs, with all that it starts, also what goes on after it. */
import { spawn } from 'node:child_process';
import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cgroupRoot } from '../lab/state.ts';

export interface Cost {
  readonly seconds: number;
  /** Of the processors, user and system. */
  readonly cpuSeconds: number;
  /** The most memory of their own (no files, what forks share counted once) that its processes had at a moment. */
  readonly megabytes: number;
  /** The most that its processes had at a moment, files included: what they share counted once, and what the first one has. */
  readonly allMegabytes: number;
  readonly firstMegabytes: number;
}

/** A cgroup, for its processes alone. */
export interface Group {
  run(argv: readonly string[], options?: RunOptions): Promise<Cost & { readonly stdout: string }>;
  /** Ends what is left in it: kept connections. */
  clear(): Promise<void>;
  /** Ends what is left in it, and it. */
  close(): Promise<void>;
}

interface RunOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly folder?: string;
}

/** Seconds of the processors that a cgroup (relative to the hierarchy's root) has had so far. */
export async function cpuSecondsOf(cgroup: string): Promise<number> {
  const stat = await readFile(join(await cgroupRoot(), cgroup, 'cpu.stat'), 'utf8');
  return Number(/^usage_usec (\d+)$/m.exec(stat)?.[1]) / 1e6;
}

/**
 * Makes a cgroup. The kernel sums up the processor time of all that ever was in it, also of connections that Ansible keeps in
 * the background, which the parent's own sum (getrusage) leaves out.
 */
export async function openGroup(name: string): Promise<Group> {
  const path = join(await cgroupRoot(), name);
  const procs = join(path, 'cgroup.procs');
  await mkdir(path, { recursive: true });
  const pids = async () => (await readFile(procs, 'utf8')).split('\n').filter(Boolean);
  const memory = async () => {
    const all = (await pids()).map(async (pid) => {
      const map = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
      const of = (name: string) =>
        Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(map)?.[1] ?? 0) / 1024;
      return { pid, own: of('Pss_Anon'), shared: of('Pss'), resident: of('Rss') };
    });
    return Promise.all(all);
  };
  const clear = async () => {
    await writeFile(join(path, 'cgroup.kill'), '1');
    for (const until = Date.now() + 10_000; (await pids()).length > 0 && Date.now() < until; )
      await new Promise((resolve) => setTimeout(resolve, 50));
  };
  return {
    clear,
    async run(argv, { environment = {}, folder } = {}) {
      const before = await cpuSecondsOf(name);
      const begin = performance.now();
      const child = spawn('sh', ['-c', 'echo $$ >"$0" && exec "$@"', procs, ...argv], {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { PATH: process.env.PATH, HOME: process.env.HOME, LANG: 'C.UTF-8', ...environment },
        ...(folder === undefined ? {} : { cwd: folder }),
      });
      let [stdout, stderr] = ['', ''];
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
      });
      const most = { megabytes: 0, allMegabytes: 0, firstMegabytes: 0 };
      const watch = setInterval(async () => {
        const all = await memory();
        const sum = (figure: 'own' | 'shared') => all.reduce((total, one) => total + one[figure], 0);
        const first = all.find(({ pid }) => pid === String(child.pid))?.resident ?? 0;
        most.megabytes = Math.max(most.megabytes, sum('own'));
        most.allMegabytes = Math.max(most.allMegabytes, sum('shared'));
        most.firstMegabytes = Math.max(most.firstMegabytes, first);
      }, 300);
      // Not `close`: kept connections hold the streams open.
      const status = await new Promise((resolve, reject) => {
        child.once('error', reject).once('exit', resolve);
      }).finally(() => clearInterval(watch));
      const seconds = (performance.now() - begin) / 1000;
      const cpuSeconds = (await cpuSecondsOf(name)) - before;
      if (status !== 0) throw new Error(`${argv.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
      return { seconds, cpuSeconds, ...most, stdout };
    },
    async close() {
      await clear();
      await rmdir(path);
    },
  };
}
