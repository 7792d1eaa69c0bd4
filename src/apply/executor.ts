import { chmod, chown, lstat, mkdir, open, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServerEngine } from '../engines/engine.ts';
import { localhost } from '../hosts/local.ts';
import { policyOf } from '../lib/authority.ts';
import { Fault } from '../model/fault.ts';
import type { Finding } from '../model/finding.ts';
import { type Message, message } from '../model/message.ts';
import type { Plan } from '../model/plan.ts';
import type { Site } from '../model/site.ts';
import type { Authority } from '../pki/authority/authority.ts';
import { publishAuthority } from '../pki/authority/publish.ts';
import { withLock } from '../store/lock.ts';
import { directorySecretFindings } from './directory-secrets.ts';
import {
  orphans,
  quitEngine,
  retired,
  runningMaster,
  servedHash,
  startEngine,
  workersOf,
} from './engine-process.ts';
import { type Generation, type Generations, generationsOf } from './generations.ts';
import { stageAccepted } from './isolate.ts';
import { materialsOf } from './materialise.ts';
import { requireSocketFolders } from './partner-sockets.ts';
import { needsRestart, requirePorts } from './ports.ts';
import { type Process, signal, sleep } from './processes.ts';

/** How long requests may take when the engine must end before it can start on other addresses: nobody is served then. */
const restartDrainMilliseconds = 2000;

export interface ApplyOptions {
  /** Absolute folder of everything Poterne keeps on this machine. */
  readonly state: string;
  readonly authority: Authority;
  readonly account?: string;
  readonly now: () => Date;
  /** The engine reads its configuration again even where it is the one that is served already: what it does is not what it says. */
  readonly isDoubted?: boolean;
  /** How long new workers may take to serve; default 30 s, for a reload of thousands of names takes seconds. */
  readonly confirmMilliseconds?: number;
  /** Told each step as it is done. */
  readonly tell: (step: Message) => void;
}

/** What apply did for one engine. */
export interface Applied {
  /** `partial`: some publications do not stand as described. */
  readonly outcome: 'applied' | 'unchanged' | 'partial';
  readonly hash: string;
  readonly started: boolean;
  /** The engine's complaints, with pointers into the description. */
  readonly findings: readonly Finding[];
  /** The names of certificates that are still to be obtained; absent when there are none. */
  readonly awaited?: readonly string[];
}

/**
 * Has one engine of this machine serve the plan: stage → check → activate → reload (or start) → confirm. Until the engine
 * has accepted the new configuration the live one is not touched, and when the new workers do not come the last good
 * one is put back. Safe to be killed at any moment. Throws `engine.*`, `gateway.*` and `lock.held` faults.
 */
export async function applyLocally(
  plan: Plan,
  engine: ServerEngine,
  options: ApplyOptions,
): Promise<Applied> {
  const prefix = join(options.state, engine.name);
  return locked(prefix, async () => {
    await prepareFolders(engine, prefix, options.account);
    const generations = generationsOf(prefix);
    if (await generations.setAsideDamaged(engine.seal))
      options.tell(message('apply.damaged', { folder: generations.current }));
    await requireNewPorts(plan.site, engine, prefix, generations);
    await requireSocketFolders(plan.site);
    await options.authority.adopt(policyOf(plan.site), options.now());
    await publishAuthority(options.authority, options.state, options.now());
    const materials = materialsOf(options.state, options.authority, options.now());
    const { generation, findings } = await stageAccepted(plan, engine, prefix, generations, materials);
    if (materials.issued.length > 0)
      options.tell(message('apply.certificates', { count: materials.issued.length }));
    options.tell(message('apply.accepted', { engine: engine.name, hash: short(generation.manifest.hash) }));
    const done = await serve(engine, prefix, generations, generation, options);
    await generations.prune();
    const partial = Object.keys(generation.manifest.standing).length > 0;
    return {
      outcome: partial ? 'partial' : done.changed ? 'applied' : 'unchanged',
      hash: generation.manifest.hash,
      started: done.started,
      findings: [...findings, ...(await directorySecretFindings(plan.site))],
    };
  });
}

/** Starts the engine on its last good configuration if it is not running: what a restart needs, and no description. */
export async function resumeLocally(
  engine: ServerEngine,
  state: string,
): Promise<{ started: boolean; hash: string }> {
  const prefix = join(state, engine.name);
  return locked(prefix, async () => {
    const generations = generationsOf(prefix);
    const active = await generations.active();
    if (!active) {
      // A link that leads to nothing good is not a gateway that never was.
      const code = (await lstat(generations.current).catch(() => undefined))
        ? 'gateway.damaged'
        : 'gateway.empty';
      throw new Fault(code, { state }, { next: message(`${code}.next`) });
    }
    const running = await runningMaster(engine, prefix);
    if (!running) await startEngine(engine, prefix);
    return { started: !running, hash: active.manifest.hash };
  });
}

/** Works below a prefix while nobody else does. Throws `state.unwritable` for an error of the disk. */
async function locked<T>(prefix: string, work: () => Promise<T>): Promise<T> {
  try {
    await mkdir(prefix, { recursive: true, mode: 0o755 });
    return await withLock(prefix, 60_000, work);
  } catch (cause) {
    const { code, syscall, message: reason } = cause as NodeJS.ErrnoException;
    const isDisk = (syscall !== undefined && syscall !== 'kill') || code?.startsWith('SQLITE_');
    if (cause instanceof Fault || !isDisk) throw cause;
    const next = message('state.unwritable.next');
    throw new Fault('state.unwritable', { folder: prefix, reason }, { cause, next });
  }
}

async function serve(
  engine: ServerEngine,
  prefix: string,
  generations: Generations,
  wanted: Generation,
  { tell, isDoubted = false, confirmMilliseconds = 30_000 }: ApplyOptions,
): Promise<{ changed: boolean; started: boolean }> {
  const previous = await generations.active();
  const same = previous?.folder === wanted.folder;
  const master = await runningMaster(engine, prefix);
  if (master && same && !isDoubted && (await servedHash(engine, prefix)) === wanted.manifest.hash) {
    tell(message('apply.unchanged'));
    return { changed: false, started: false };
  }
  const held = master && (await heldGateway(engine, prefix, generations));
  const restart = held !== undefined && needsRestart(held, wanted.manifest.site.gateway);
  const old = master ? await workersOf(master) : [];
  await generations.activate(wanted);
  try {
    if (restart) await quitEngine(engine, prefix, restartDrainMilliseconds);
    if (master && !restart) signal(master.pid, engine.actions.signals.reload);
    else await startEngine(engine, prefix);
    await confirm(engine, prefix, wanted.manifest.hash, old, confirmMilliseconds);
    tell(message(master && !restart ? 'apply.reloaded' : 'apply.started', { engine: engine.name }));
  } catch (cause) {
    await putBack(engine, prefix, generations, previous, master !== undefined);
    throw cause;
  }
  return { changed: true, started: !master };
}

/** Before anything is staged: the ports that the engine does not hold yet must be there for it. */
async function requireNewPorts(
  { gateway }: Site,
  engine: ServerEngine,
  prefix: string,
  generations: Generations,
): Promise<void> {
  const running = (await runningMaster(engine, prefix)) ?? (await orphans(engine, prefix))[0];
  const held = running && (await heldGateway(engine, prefix, generations));
  // It runs on something that we have no record of: which ports it holds, only a reload can tell.
  if (running && !held) return;
  await requirePorts(gateway, held);
}

/** The gateway that the running engine serves; not always the active one, when an apply was killed half-way. */
async function heldGateway(
  engine: ServerEngine,
  prefix: string,
  generations: Generations,
): Promise<Site['gateway'] | undefined> {
  const served = await servedHash(engine, prefix);
  const found = (served && (await generations.find(served))) || (await generations.active());
  return found?.manifest.site.gateway;
}

/**
 * Resolves once only new workers serve: the running engine tells the new hash, three times in a row, and the old workers
 * take no more visitors. The second matters when a generation is written anew after somebody edited it: same hash.
 */
async function confirm(
  engine: ServerEngine,
  prefix: string,
  hash: string,
  old: readonly Process[],
  milliseconds: number,
): Promise<void> {
  let inARow = 0;
  for (const until = Date.now() + milliseconds; Date.now() < until; await sleep(20)) {
    inARow = (await servedHash(engine, prefix)) === hash ? inARow + 1 : 0;
    if (inARow >= 3 && (await retired(engine, old))) return;
  }
  throw new Fault('engine.unconfirmed', { engine: engine.name, log: join(prefix, engine.actions.errorLog) });
}

async function putBack(
  engine: ServerEngine,
  prefix: string,
  generations: Generations,
  previous: Generation | undefined,
  ran: boolean,
): Promise<void> {
  if (!previous) return;
  await generations.activate(previous);
  const master = await runningMaster(engine, prefix);
  if (master) signal(master.pid, engine.actions.signals.reload);
  // What ended it is being thrown already; should it not start again, that is no news.
  else if (ran) await startEngine(engine, prefix).catch(() => undefined);
}

async function prepareFolders(
  engine: ServerEngine,
  prefix: string,
  account: string | undefined,
): Promise<void> {
  await mkdir(join(prefix, 'generations'), { recursive: true, mode: 0o755 });
  const owner = account && (await idsOf(account));
  for (const { path, account: may } of engine.actions.folders) {
    const folder = join(prefix, path);
    await mkdir(folder, { recursive: true });
    // Nobody else's: logs tell who asked for what.
    const mode = may === 'writes' ? 0o700 : 0o750;
    await chmod(folder, mode).catch((error) => madeAnew(folder, mode, error));
    if (owner) await chown(folder, may === 'writes' ? owner.uid : 0, owner.gid);
  }
  for (const path of engine.actions.privateFiles) await (await open(join(prefix, path), 'a', 0o600)).close();
}

/** Root's `nginx -t` gives the folders for bodies to the account that nginx was compiled with, which shuts the gateway's own out. */
async function madeAnew(folder: string, mode: number, error: NodeJS.ErrnoException): Promise<void> {
  if (error.code !== 'EPERM') throw error;
  await rmdir(folder).catch(() => {
    throw error;
  });
  await mkdir(folder, { mode });
}

async function idsOf(account: string): Promise<{ uid: number; gid: number }> {
  const ask = async (flag: string) => (await localhost.run(['id', flag, account])).stdout;
  return { uid: Number(await ask('-u')), gid: Number(await ask('-g')) };
}

/** The first characters of a hash, enough for a person to tell generations apart. */
export function short(hash: string): string {
  return hash.slice(0, 12);
}
