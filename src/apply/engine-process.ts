import { spawn } from 'node:child_process';
import { mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { dirname, join } from 'node:path';
import type { ServerEngine, Staged } from '../engines/engine.ts';
import { readIfThere } from '../hosts/files.ts';
import { findProgram } from '../hosts/local.ts';
import { Fault } from '../model/fault.ts';
import { generationsOf } from './generations.ts';
import { clearPartnerSockets } from './partner-sockets.ts';
import { gone, type Process, processes, processOf, signal, sleep, worksIn } from './processes.ts';

/** How long the requests in progress may take before a quitting engine is stopped. */
const drainMilliseconds = 15_000;
/** Within this a started engine serves, or it is told not to. */
const startMilliseconds = 30_000;

/** The engine's running master below a prefix, or `undefined`. */
export async function runningMaster(engine: ServerEngine, prefix: string): Promise<Process | undefined> {
  // The pid may have gone to someone else since: ours names its prefix in its title.
  const isOurs = (p: Process | undefined) => p?.title.includes(`-p ${prefix}/ `) === true;
  const pid = Number(await readIfThere(join(prefix, engine.actions.pidFile)));
  const found = pid > 0 ? await processOf(pid) : undefined;
  if (isOurs(found)) return found;
  // Its pid file may be lost; starting a second one beside it would be worse than looking.
  return (await processes()).find((p) => p.title.startsWith(`${engine.name}: master process`) && isOurs(p));
}

/** The processes that a master has started. */
export async function workersOf(master: Process): Promise<Process[]> {
  return (await processes()).filter((p) => p.parent === master.pid);
}

/** Whether these workers take no more visitors: they ended, or say in their title that they are ending. */
export async function retired(engine: ServerEngine, workers: readonly Process[]): Promise<boolean> {
  const now = await Promise.all(workers.map(({ pid }) => processOf(pid)));
  return now.every((p) => p === undefined || engine.actions.isEnding(p.title));
}

/** The hash of the generation that the running engine serves now; `undefined` when nothing answers. */
export async function servedHash(engine: ServerEngine, prefix: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const asked = request(
      {
        socketPath: join(prefix, engine.actions.socket),
        path: engine.actions.hashPath,
        timeout: 1000,
        agent: false,
      },
      (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (part: string) => {
          body = (body + part).slice(0, 200);
        });
        response.on('end', () => resolve(response.statusCode === 200 ? body.trim() : undefined));
        response.on('error', () => resolve(undefined));
      },
    );
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(undefined));
    asked.end();
  });
}

/**
 * Starts the engine detached, so that it outlives us, and resolves with its master once it runs. What a killed master
 * left behind (its workers, its socket) is cleared first. Throws `engine.start.failed` with what the engine said.
 */
export async function startEngine(engine: ServerEngine, prefix: string): Promise<Process> {
  const { actions } = engine;
  await clearOrphans(engine, prefix);
  await clearSockets(join(prefix, dirname(actions.socket)));
  await clearPartnerSockets((await generationsOf(prefix).active())?.manifest.site);
  await rm(join(prefix, actions.pidFile), { force: true });
  const staged: Staged = { prefix, folder: join(prefix, 'current') };
  const [name = '', ...rest] = actions.start(staged);
  const program = await findProgram(name);
  if (!program) throw new Fault('host.command.missing', { program: name });
  const said = join(prefix, 'log', 'start.log');
  await mkdir(dirname(said), { recursive: true });
  const output = await open(said, 'w', 0o640);
  const child = spawn(program, rest, {
    detached: true,
    stdio: ['ignore', output.fd, output.fd],
    cwd: prefix,
  });
  await output.close();
  let exited = false;
  child.on('exit', () => {
    exited = true;
  });
  child.on('error', () => {
    exited = true;
  });
  child.unref();
  // nginx tries a busy port for 2.5 s before it gives up, and takes long over thousands of certificates.
  for (const until = Date.now() + startMilliseconds; Date.now() < until && !exited; await sleep(20)) {
    const master = await runningMaster(engine, prefix);
    if (master && (await servedHash(engine, prefix))) return master;
  }
  if (!exited && child.pid) signal(child.pid, actions.signals.stop);
  const text = (await readFile(said, 'utf8')).trim();
  throw new Fault('engine.start.failed', {
    engine: engine.name,
    said: text.split('\n').slice(-3).join('\n'),
  });
}

/**
 * Lets the engine finish its requests and end; past `drain` milliseconds it is stopped. What a killed master left
 * behind ends too. Gives whether anything ran.
 */
export async function quitEngine(
  engine: ServerEngine,
  prefix: string,
  drain: number = drainMilliseconds,
): Promise<boolean> {
  const orphaned = await clearOrphans(engine, prefix);
  const master = await runningMaster(engine, prefix);
  if (!master) return orphaned;
  signal(master.pid, engine.actions.signals.quit);
  if (await gone(master.pid, drain)) return true;
  signal(master.pid, engine.actions.signals.stop);
  await gone(master.pid, 5000);
  return true;
}

/** Workers whose master was killed: they hold the ports and serve on, but nobody governs them any more. */
export async function orphans(engine: ServerEngine, prefix: string): Promise<Process[]> {
  const all = await processes();
  const masters = new Set(all.filter((p) => p.title.includes('master process')).map((p) => p.pid));
  const alone = all.filter(
    (p) => p.title.startsWith(`${engine.name}: `) && !masters.has(p.pid) && !masters.has(p.parent),
  );
  const ours = await Promise.all(alone.map((p) => worksIn(p.pid, prefix)));
  return alone.filter((_, i) => ours[i]);
}

/** A killed master leaves its unix sockets, and the next one could not listen there. */
async function clearSockets(folder: string): Promise<void> {
  const left = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.sock'));
  await Promise.all(left.map((name) => rm(join(folder, name), { force: true })));
}

async function clearOrphans(engine: ServerEngine, prefix: string): Promise<boolean> {
  const found = await orphans(engine, prefix);
  for (const worker of found) {
    signal(worker.pid, engine.actions.signals.stop);
    if (!(await gone(worker.pid, 3000))) signal(worker.pid, 'SIGKILL');
  }
  return found.length > 0;
}
