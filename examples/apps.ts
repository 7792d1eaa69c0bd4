/** Starts the example applications as processes of their own, for `poterne demo` and for tests. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Announcement } from './web.ts';

export const appNames = ['constellation', 'open-prod'] as const;
export type AppName = (typeof appNames)[number];

export interface StartOptions {
  /** Where the examples are; default beside this file. */
  readonly folder?: string;
  /** Added to this process's environment: ports (`CONSTELLATION_PORT`, …) and folders (`OPEN_PROD_DATA`). */
  readonly environment?: Readonly<Record<string, string>>;
  /** Takes each line that an application prints; by default they are dropped. */
  readonly log?: (line: string) => void;
  /** How long an application may take before it listens; default 20 seconds. */
  readonly milliseconds?: number;
}

export interface RunningApps {
  /** The first page of each server, by its name: `constellation`, `zoneminder`, `jeedom`, `open-prod`. */
  readonly urls: Readonly<Record<string, string>>;
  /** Ends them all, and waits until they have ended. */
  stop(): Promise<void>;
}

function launch(name: AppName, options: StartOptions): ChildProcess {
  const folder = options.folder ?? dirname(fileURLToPath(import.meta.url));
  // Not before: an installed Poterne has no tsx, and no demonstration.
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const child = fork(join(folder, name, 'app.ts'), [], {
    execArgv: ['--import', loader],
    env: { ...process.env, ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.split('\n')) if (line !== '') options.log?.(line);
    });
  }
  return child;
}

/** Waits until an application listens; throws with its own words when it cannot. */
function whenReady(
  name: AppName,
  child: ChildProcess,
  milliseconds: number,
): Promise<Readonly<Record<string, string>>> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`${name}: not listening after ${milliseconds / 1000} seconds`)),
      milliseconds,
    );
    child.on('message', (announcement: Announcement) => {
      clearTimeout(timer);
      if (announcement.kind === 'ready') resolve(announcement.urls);
      else reject(new Error(announcement.message));
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      reject(new Error(`${name}: ended before it listened (${signal ?? `exit ${code}`})`));
    });
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), 5000);
  await ended;
  clearTimeout(force);
}

/** Starts applications and waits until all of them listen. When one cannot, the others are ended and it throws. */
export async function startApps(
  names: readonly AppName[] = appNames,
  options: StartOptions = {},
): Promise<RunningApps> {
  const children = names.map((name) => [name, launch(name, options)] as const);
  const stop = async () => {
    await Promise.all(children.map(([, child]) => end(child)));
  };
  try {
    const urls = await Promise.all(
      children.map(([name, child]) => whenReady(name, child, options.milliseconds ?? 20_000)),
    );
    return { urls: Object.assign({}, ...urls) as Record<string, string>, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
