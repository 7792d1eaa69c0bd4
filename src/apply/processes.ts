import { readdir, readFile, stat } from 'node:fs/promises';

/** A process of this machine, as /proc tells it (proc(5)). */
export interface Process {
  readonly pid: number;
  readonly parent: number;
  /** Arguments joined by spaces; nginx rewrites it to a title such as `nginx: worker process`. */
  readonly title: string;
  readonly since: Date;
}

/** The process with this pid, or `undefined` when there is none (or it is a zombie). */
export async function processOf(pid: number): Promise<Process | undefined> {
  try {
    const [status, title] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
    ]);
    // The command name, in parentheses, may hold anything: fields count from the last one.
    const [state, parent, ...fields] = status.slice(status.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z' || state === 'X') return undefined;
    const startedAfterBoot = Number(fields[17]) / ticksPerSecond;
    return {
      pid,
      parent: Number(parent),
      title: title.replaceAll('\0', ' ').trim(),
      since: new Date((await bootTime()) * 1000 + startedAfterBoot * 1000),
    };
  } catch {
    return undefined;
  }
}

/** USER_HZ, which is 100 on every Linux architecture that Debian has. */
const ticksPerSecond = 100;

async function bootTime(): Promise<number> {
  const found = /^btime (\d+)$/m.exec(await readFile('/proc/stat', 'utf8'));
  return Number(found?.[1]);
}

/** Every process that we may see. */
export async function processes(): Promise<Process[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  return (await Promise.all(pids.map(processOf))).filter((p) => p !== undefined);
}

/** Whether this folder is a process's working directory; false also when we may not look. */
export async function worksIn(pid: number, folder: string): Promise<boolean> {
  const [there, wanted] = await Promise.all(
    [`/proc/${pid}/cwd`, folder].map((path) => stat(path).catch(() => undefined)),
  );
  return there !== undefined && there.ino === wanted?.ino && there.dev === wanted.dev;
}

/** Sends a signal to a process that may have ended by itself meanwhile. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Waits until a process is gone; false when it is still there after `milliseconds`. */
export async function gone(pid: number, milliseconds: number): Promise<boolean> {
  for (const until = Date.now() + milliseconds; Date.now() < until; await sleep(25))
    if (!(await processOf(pid))) return true;
  return !(await processOf(pid));
}

/** Resolves after so many milliseconds. */
export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
