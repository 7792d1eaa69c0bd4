import { join } from 'node:path';
import { quitEngine, runningMaster } from '../apply/engine-process.ts';
import { resumeLocally } from '../apply/executor.ts';
import { observe } from '../apply/observe.ts';
import { sleep } from '../apply/processes.ts';
import { serverEngines } from '../engines/index.ts';
import type { Facts } from '../model/facts.ts';
import { Fault } from '../model/fault.ts';
import type { Finding } from '../model/finding.ts';
import { type Message, message } from '../model/message.ts';
import type { Site } from '../model/site.ts';
import { activeManifest, converge, type Gateway, intend } from './gateway.ts';

/** How often a dead engine is looked for, names are resolved again, and certificates are reviewed. */
const every = { engine: 1000, names: 30_000, certificates: 3_600_000 } as const;
/** The longest wait between two tries to start an engine that keeps dying. */
const longestBackOff = 60_000;

/** What the supervisor needs of whoever runs it. */
export interface Supervised {
  /** Reads the description again; no site when it has errors, which are reported where they are read. */
  readonly describe: () => Promise<Site | undefined>;
  readonly tell: (step: Message) => void;
  readonly report: (findings: readonly Finding[]) => void;
  readonly fail: (fault: Fault) => void;
  /** Told once, when the first configuration is being served. */
  readonly ready: () => void;
  /** Aborted: end the engines and come back. */
  readonly signal: AbortSignal;
  /** Resolves at each request to read the description again. */
  readonly reload: () => Promise<void>;
}

/**
 * Runs the gateway of this machine until told to stop: applies the description (or, when it has errors, what was last
 * good), starts engines again when they die, follows the addresses of upstream names and renews certificates.
 */
export async function supervise(gateway: Gateway, on: Supervised): Promise<void> {
  let asked = false;
  const listen = async () => {
    while (!on.signal.aborted) {
      await on.reload();
      asked = true;
    }
  };
  // From the beginning: a SIGHUP during the first apply would end us otherwise.
  void listen();
  let addresses = await applyDescription(gateway, on);
  if (addresses || (await resume(gateway, on))) on.ready();
  let nextNames = Date.now() + every.names;
  let nextCertificates = Date.now() + every.certificates;
  let backOff: number = every.engine;
  let nextStart = 0;
  while (!on.signal.aborted) {
    await sleep(every.engine);
    if (on.signal.aborted) break;
    if (asked) {
      asked = false;
      addresses = (await applyDescription(gateway, on)) ?? addresses;
    }
    if (Date.now() >= nextStart && !(await allRunning(gateway.state))) {
      on.tell(message('up.died'));
      const started = await resume(gateway, on);
      backOff = started ? every.engine : Math.min(backOff * 2, longestBackOff);
      nextStart = Date.now() + backOff;
    }
    // What was applied last is kept fresh, whoever applied it, also while the description here has errors.
    if (Date.now() >= nextNames) {
      nextNames = Date.now() + every.names;
      const applied = await lastApplied(gateway);
      if (applied && (await namesMoved(gateway, applied, addresses ?? {}))) {
        on.tell(message('up.names'));
        addresses = (await applySite(gateway, applied, on)) ?? addresses;
      }
    }
    if (Date.now() >= nextCertificates) {
      nextCertificates = Date.now() + every.certificates;
      const applied = await lastApplied(gateway);
      if (applied) addresses = (await applySite(gateway, applied, on)) ?? addresses;
    }
  }
  for (const engine of serverEngines) await quitEngine(engine, join(gateway.state, engine.name));
}

/** The addresses that upstream names had when they were last planned with. */
type Addresses = Facts['addresses'];

async function applyDescription(gateway: Gateway, on: Supervised): Promise<Addresses | undefined> {
  const site = await on.describe();
  return site && applySite(gateway, site, on);
}

async function applySite(gateway: Gateway, site: Site, on: Supervised): Promise<Addresses | undefined> {
  return guarded(on, async () => {
    const intent = await intend(gateway, site);
    const { findings } = await converge(gateway, intent, on.tell);
    on.report(findings);
    return intent.facts.addresses;
  });
}

async function lastApplied(gateway: Gateway): Promise<Site | undefined> {
  return (await activeManifest(gateway.state))?.site;
}

async function resume(gateway: Gateway, on: Supervised): Promise<boolean> {
  const done = await guarded(on, async () => {
    for (const engine of serverEngines) await resumeLocally(engine, gateway.state);
    on.tell(message('up.resumed'));
    return true;
  });
  return done === true;
}

async function allRunning(state: string): Promise<boolean> {
  for (const engine of serverEngines)
    if (!(await runningMaster(engine, join(state, engine.name)))) return false;
  return true;
}

async function namesMoved(gateway: Gateway, site: Site, addresses: Addresses): Promise<boolean> {
  const { addresses: now } = await observe(site, gateway.state, [], await gateway.store.addresses());
  return JSON.stringify(now) !== JSON.stringify(addresses);
}

/** A fault is told and the gateway goes on; anything else is a defect and ends it. */
async function guarded<T>(on: Supervised, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    on.fail(error);
    return undefined;
  }
}
