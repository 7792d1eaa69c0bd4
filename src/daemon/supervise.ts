import { join } from 'node:path';
import { quitEngine, runningMaster } from '../apply/engine-process.ts';
import { resumeLocally } from '../apply/executor.ts';
import { observe } from '../apply/observe.ts';
import { sleep } from '../apply/processes.ts';
import { engines } from '../engines/index.ts';
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
  let current = await applyDescription(gateway, on);
  if (current || (await resume(gateway, on))) on.ready();
  // Certificates are renewed and names followed for what is served, also while the description has errors.
  current ??= await lastApplied(gateway);
  let nextNames = Date.now() + every.names;
  let nextCertificates = Date.now() + every.certificates;
  let backOff: number = every.engine;
  let nextStart = 0;
  while (!on.signal.aborted) {
    await sleep(every.engine);
    if (on.signal.aborted) break;
    if (asked) {
      asked = false;
      current = (await applyDescription(gateway, on)) ?? current;
    }
    if (Date.now() >= nextStart && !(await allRunning(gateway.state))) {
      on.tell(message('up.died'));
      const started = await resume(gateway, on);
      backOff = started ? every.engine : Math.min(backOff * 2, longestBackOff);
      nextStart = Date.now() + backOff;
    }
    if (current && Date.now() >= nextNames) {
      nextNames = Date.now() + every.names;
      if (await namesMoved(gateway, current)) {
        on.tell(message('up.names'));
        current = (await applySite(gateway, current.site, on)) ?? current;
      }
    }
    if (current && Date.now() >= nextCertificates) {
      nextCertificates = Date.now() + every.certificates;
      current = (await applySite(gateway, current.site, on)) ?? current;
    }
  }
  for (const engine of engines) await quitEngine(engine, join(gateway.state, engine.name));
}

/** What is being served, and the addresses it was planned with. */
interface Current {
  readonly site: Site;
  readonly addresses: Facts['addresses'];
}

async function applyDescription(gateway: Gateway, on: Supervised): Promise<Current | undefined> {
  const site = await on.describe();
  return site && applySite(gateway, site, on);
}

async function applySite(gateway: Gateway, site: Site, on: Supervised): Promise<Current | undefined> {
  return guarded(on, async () => {
    const intent = await intend(gateway, site);
    const { findings } = await converge(gateway, intent, on.tell);
    on.report(findings);
    return { site, addresses: intent.facts.addresses };
  });
}

async function lastApplied(gateway: Gateway): Promise<Current | undefined> {
  const active = await activeManifest(gateway.state);
  return active && { site: active.site, addresses: {} };
}

async function resume(gateway: Gateway, on: Supervised): Promise<boolean> {
  const done = await guarded(on, async () => {
    for (const engine of engines) await resumeLocally(engine, gateway.state);
    on.tell(message('up.resumed'));
    return true;
  });
  return done === true;
}

async function allRunning(state: string): Promise<boolean> {
  for (const engine of engines) if (!(await runningMaster(engine, join(state, engine.name)))) return false;
  return true;
}

async function namesMoved(gateway: Gateway, { site, addresses }: Current): Promise<boolean> {
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
