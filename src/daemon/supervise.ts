import { readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { quitEngine, runningMaster } from '../apply/engine-process.ts';
import { type Applied, resumeLocally } from '../apply/executor.ts';
import { engineAccount, observe } from '../apply/observe.ts';
import { serverEngines } from '../engines/index.ts';
import type { Facts } from '../model/facts.ts';
import { Fault } from '../model/fault.ts';
import type { Finding } from '../model/finding.ts';
import { type Message, message, warning } from '../model/message.ts';
import type { Site } from '../model/site.ts';
import { type Keeper, keepCertificates, type RenewalAsk, type RenewalResult } from './acme/keeper.ts';
import { openSharing } from './acme/sharing.ts';
import { keepBans } from './bans/watch.ts';
import { keepCanary } from './canary/keep.ts';
import { markKept } from './cut/records.ts';
import { keepCuts } from './cut/watch.ts';
import { keepRefusals } from './engine-refusals.ts';
import type { EntryServer } from './entry/entry.ts';
import { hasEntry } from './entry/needed.ts';
import { activeManifest, converge, type Gateway, intend } from './gateway.ts';
import { forgetPins } from './partners/pins.ts';
import { watchPins } from './partners/watch.ts';

/** How often a dead engine is looked for, names are resolved again, and certificates are reviewed. */
const every = { engine: 1000, names: 30_000, certificates: 3_600_000, entry: 10_000 } as const;
/** The longest wait between two tries to start an engine that keeps dying. */
const longestBackOff = 60_000;

/** What became of one try to apply the description. */
export type Attempt =
  | { readonly kind: 'applied'; readonly site: string; readonly applied: Applied }
  /** The description has errors. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'failed'; readonly fault: Fault };

/** A request to read the description again, or (`isRefresh`) to apply again what was applied last: told what became of that. */
export interface ReloadRequest {
  readonly answer: (attempt: Attempt) => void;
  readonly isRefresh?: boolean;
}

/** A request to renew certificates, or to rehearse it: told the steps, then what became of it. */
export interface RenewalRequest {
  readonly ask: RenewalAsk;
  readonly tell: (step: Message) => void;
  readonly done: (result: Promise<readonly RenewalResult[]>) => void;
}

/** What the supervisor needs of whoever runs it. */
export interface Supervised {
  /** Reads the description again; no site when it has errors, which are reported where they are read. */
  readonly describe: () => Promise<Site | undefined>;
  readonly tell: (step: Message) => void;
  readonly report: (findings: readonly Finding[]) => void;
  readonly fail: (fault: Fault) => void;
  /** Told once, when the first configuration is being served. */
  readonly ready: () => void;
  /** Told when nothing can be served at first: it waits for a description that can. */
  readonly waiting: () => void;
  /** Aborted: end the engines and come back. */
  readonly signal: AbortSignal;
  /** Called once: has each request to read the description again brought to `hear`, from then on. */
  readonly reloads: (hear: (request: ReloadRequest) => void) => void;
  /** The same with requests about certificates. */
  readonly renewals?: (hear: (request: RenewalRequest) => void) => void;
}

/**
 * Runs the gateway of this machine until told to stop: applies the description (or, when it has errors, what was last
 * good), starts engines again when they die, follows the addresses of upstream names and renews certificates.
 */
export async function supervise(gateway: Gateway, on: Supervised): Promise<void> {
  // From the beginning: a SIGHUP during the first apply would end us otherwise.
  const requests = listen(on);
  let addresses: Addresses | undefined;
  let keeper: Keeper | undefined;
  let pins: ReturnType<typeof watchPins> | undefined;
  const entry = followEntry(gateway, on);
  let served = false;
  const serving = () => {
    if (!served) on.ready();
    served = true;
  };
  const applyAgain = async (site: () => Promise<Site | undefined>) => {
    const attempt = await tryToApply(gateway, site, on);
    if (attempt.kind !== 'applied') return attempt;
    addresses = attempt.addresses;
    await entry.follow();
    serving();
    keeper?.wake();
    pins?.look();
    return attempt;
  };
  // What was seen before an end counts no more, unless calls go on.
  if (!(await allRunning(gateway.state))) await forgetPins(gateway.state);
  // nginx may have gone on serving: its visitors do not wait for what is applied now.
  await entry.follow();
  await applyAgain(on.describe);
  if (!served && (await resume(gateway, on))) {
    await entry.follow();
    serving();
  }
  if (!served) on.waiting();
  keeper = keepCertificates({
    state: gateway.state,
    site: () => lastApplied(gateway),
    serve: () => serveAgain(gateway, requests, on.signal),
    ...{ tell: on.tell, fail: on.fail, signal: on.signal },
  });
  pins = watchPins(gateway, {
    active: () => activeManifest(gateway.state),
    ...{ tell: on.tell, fail: (error) => told(on, unforeseen(error)), signal: on.signal },
  });
  const cuts = keepCuts({ state: gateway.state, tell: on.tell, fail: on.fail, signal: on.signal });
  const bans = keepBans({ state: gateway.state, tell: on.tell, fail: on.fail, signal: on.signal });
  const canary = keepCanary({ gateway, tell: on.tell, fail: on.fail, signal: on.signal });
  const refusals = keepRefusals({ state: gateway.state, fail: on.fail, signal: on.signal });
  on.renewals?.(({ ask, tell, done }) => done((keeper as Keeper).renew(ask, tell)));
  // By the monotonic clock: the other may be set back by hours.
  let nextNames = performance.now() + every.names;
  let nextCertificates = performance.now() + every.certificates;
  let backOff: number = every.engine;
  let nextStart = 0;
  while (!on.signal.aborted) {
    await requests.wait(every.engine);
    if (on.signal.aborted) break;
    // What another process applied too.
    await entry.follow();
    const asking = requests.take();
    if (asking.length > 0) {
      const attempt = await applyAgain(on.describe);
      for (const { answer } of asking) answer(attempt);
    }
    const again = requests.takeAgain();
    if (again.length > 0) {
      const applied = await lastApplied(gateway);
      const attempt = applied && (await applyAgain(async () => applied));
      for (const { answer } of again) answer(attempt ?? { kind: 'refused' });
    }
    if (performance.now() >= nextStart && !(await allRunning(gateway.state))) {
      on.tell(warning(message('up.died')));
      const started = await resume(gateway, on);
      if (started) serving();
      backOff = started ? every.engine : Math.min(backOff * 2, longestBackOff);
      nextStart = performance.now() + backOff;
    }
    // What was applied last is kept fresh, whoever applied it, also while the description here has errors.
    if (performance.now() >= nextNames) {
      nextNames = performance.now() + every.names;
      const applied = await lastApplied(gateway);
      if (applied && (await namesMoved(gateway, applied, addresses ?? {}))) {
        on.tell(message('up.names'));
        await applyAgain(async () => applied);
      }
    }
    if (performance.now() >= nextCertificates) {
      nextCertificates = performance.now() + every.certificates;
      const applied = await lastApplied(gateway);
      if (applied) await applyAgain(async () => applied);
    }
  }
  await Promise.all([keeper.ended, pins.ended, cuts.ended, bans.ended, canary.ended, refusals.ended]);
  for (const engine of serverEngines) await quitEngine(engine, join(gateway.state, engine.name));
  // Requests in progress have been answered.
  await entry.close();
}

/** Has the entry answer by what was applied last. Its libraries are loaded once visitors are asked who they are. */
function followEntry(gateway: Gateway, on: Supervised): { follow(): Promise<void>; close(): Promise<void> } {
  let entry: EntryServer | undefined;
  let followed: string | undefined;
  let nextTry = 0;
  return {
    async follow() {
      if (performance.now() < nextTry) return;
      const links = serverEngines.map(({ name }) =>
        readlink(join(gateway.state, name, 'current')).catch(() => ''),
      );
      const current = (await Promise.all(links)).join(' ');
      if (current === followed) return;
      try {
        const site = await lastApplied(gateway);
        if (!entry && site && hasEntry(site)) {
          const { openEntry } = await import('./entry/entry.ts');
          entry = openEntry(gateway.state, engineAccount(), on);
        }
        await entry?.follow(site);
        followed = current;
      } catch (cause) {
        // What asks nobody is served all the same.
        nextTry = performance.now() + every.entry;
        const reason = String((cause as Error).message);
        told(on, cause instanceof Fault ? cause : new Fault('entry.unopened', { reason }, { cause }));
      }
    },
    close: async () => entry?.close(),
  };
}

/** Has what was applied last be served with the certificates that are there now; gives the publications that the engine refused. */
async function serveAgain(
  gateway: Gateway,
  requests: ReturnType<typeof listen>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const attempt = await new Promise<Attempt>((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
    requests.again({ answer: resolve });
  });
  if (attempt.kind === 'failed') throw attempt.fault;
  return Object.keys((await activeManifest(gateway.state))?.standing ?? {});
}

/** The addresses that upstream names had when they were last planned with. */
type Addresses = Facts['addresses'];

/** Requests to read the description again, as they come in. */
function listen(on: Supervised) {
  let waiting: ReloadRequest[] = [];
  let waitingAgain: ReloadRequest[] = [];
  let wake = () => {};
  on.signal.addEventListener('abort', () => wake());
  on.reloads((request) => {
    (request.isRefresh ? waitingAgain : waiting).push(request);
    wake();
  });
  return {
    /** Resolves at a request, when told to stop, or after so many milliseconds. */
    wait: async (milliseconds: number) => {
      if (waiting.length + waitingAgain.length > 0) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    },
    /** Asks for what was applied last to be applied again. */
    again: (request: ReloadRequest) => {
      waitingAgain.push(request);
      wake();
    },
    takeAgain: () => {
      const taken = waitingAgain;
      waitingAgain = [];
      return taken;
    },
    /** Those that the description is read for now: whoever asks later may have changed it since. */
    take: () => {
      const taken = waiting;
      waiting = [];
      return taken;
    },
  };
}

async function tryToApply(
  gateway: Gateway,
  describe: () => Promise<Site | undefined>,
  on: Supervised,
): Promise<Attempt & { readonly addresses?: Addresses }> {
  const site = await describe();
  if (!site) return { kind: 'refused' };
  try {
    await meetOthers(gateway, site, on);
    const intent = await intend(gateway, site);
    const applied = await converge(gateway, intent, on.tell, true);
    on.report(applied.findings);
    return { kind: 'applied', site: site.name, applied, addresses: intent.facts.addresses };
  } catch (error) {
    return { kind: 'failed', fault: told(on, error) };
  }
}

/** Before challenges are answered here: for the account that all gateways of the site have. */
async function meetOthers({ state }: Gateway, site: Site, on: Supervised): Promise<void> {
  const { acme } = site;
  if (!acme?.sharedKey) return;
  try {
    const sharing = await openSharing({ state, site: { ...site, acme } });
    await sharing?.meet().finally(() => sharing.close());
  } catch (error) {
    // What is served does not wait for a database.
    told(on, error);
  }
}

async function lastApplied(gateway: Gateway): Promise<Site | undefined> {
  return (await activeManifest(gateway.state))?.site;
}

async function resume(gateway: Gateway, on: Supervised): Promise<boolean> {
  try {
    for (const engine of serverEngines) await resumeLocally(engine, gateway.state);
    // A fresh engine has made the sockets anew that were put aside.
    await markKept(gateway.state, (await lastApplied(gateway))?.publications ?? []);
    on.tell(message('up.resumed'));
    return true;
  } catch (error) {
    told(on, error);
    return false;
  }
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

/** What the system refuses, as a fault: a look at partners ends nothing. */
function unforeseen(error: unknown): Fault {
  return error instanceof Fault ? error : new Fault('partner.look', { reason: (error as Error).message });
}

/** A fault is told and the gateway goes on; anything else is a defect and ends it. */
function told(on: Supervised, error: unknown): Fault {
  if (!(error instanceof Fault)) throw error;
  on.fail(error);
  return error;
}
