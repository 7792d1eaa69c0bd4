import { existsSync } from 'node:fs';
import { mkdir, realpath, stat } from 'node:fs/promises';
import { hostname, networkInterfaces } from 'node:os';
import { join, relative } from 'node:path';
import { quitEngine, runningMaster } from '../apply/engine-process.ts';
import { type Applied, applyLocally } from '../apply/executor.ts';
import { generationsOf } from '../apply/generations.ts';
import { observe } from '../apply/observe.ts';
import { openAudit } from '../audit/log.ts';
import type { ServerEngine } from '../engines/engine.ts';
import { serverEngines } from '../engines/index.ts';
import { installation } from '../hosts/installation.ts';
import { isAddress } from '../lib/ip.ts';
import type { Manifest } from '../model/applied.ts';
import type { Evidence } from '../model/evidence.ts';
import type { Facts } from '../model/facts.ts';
import { Fault } from '../model/fault.ts';
import { type Message, message } from '../model/message.ts';
import type { Plan } from '../model/plan.ts';
import type { Site } from '../model/site.ts';
import { type Authority, openAuthority } from '../pki/authority/authority.ts';
import { authorityFolder } from '../pki/authority/folder.ts';
import { plan } from '../plan/planner.ts';
import { openStore, type Store } from '../store/store.ts';
import { type Network, verify } from '../verify/index.ts';
import { readCanary } from './canary/record.ts';
import { markKept } from './cut/records.ts';
import { denied } from './denied.ts';
import { lookAtPins } from './partners/pins.ts';
import { clientCertificates, prepareProof } from './proof.ts';
import { markOf } from './waf/own.ts';

/** The gateway of this machine: its state folder and what lives there. */
export interface Gateway {
  /** Absolute. */
  readonly state: string;
  readonly store: Store;
  readonly authority: Authority;
  close(): Promise<void>;
}

/** Opens the state folder, which is made the first time. Throws `state.denied` when it cannot be written. */
export async function openGateway(state: string): Promise<Gateway> {
  try {
    await mkdir(state, { recursive: true, mode: 0o755 });
    const authority = await openAuthority(authorityFolder(state), `Poterne CA (${hostname()})`, new Date(), {
      audit: () => openAudit(state),
    });
    const store = await openStore(state);
    // By its true path: processes are recognised by it.
    return { state: await realpath(state), store, authority, close: () => store.close() };
  } catch (cause) {
    throw denied(state, cause) ?? cause;
  }
}

/** Ends the engines of this machine after the requests in progress; false when none ran. Throws `state.denied`. */
export async function stopGateway(state: string): Promise<boolean> {
  try {
    const ended = await Promise.all(
      serverEngines.map((engine) => quitEngine(engine, join(state, engine.name))),
    );
    return ended.includes(true);
  } catch (cause) {
    throw denied(state, cause) ?? cause;
  }
}

/** How to have packages installed: the script keeps Debian from starting a service, which would take port 80. */
export function installing(packages: string): Message {
  const script = join(installation, 'scripts', 'ensure-debian-packages.sh');
  if (!existsSync(script)) return message('engine.missing.apt', { packages });
  const near = relative(process.cwd(), script);
  return message('engine.missing.next', { script: near.startsWith('..') ? script : near, packages });
}

/** What is wanted of this machine, and what is active on it now. */
export interface Intent {
  readonly plan: Plan;
  readonly facts: Facts;
  readonly active: Manifest | undefined;
}

/**
 * Reads the machine and plans the site for it. Throws `engine.missing` when an engine is not installed, and
 * `gateway.elsewhere` when the description gives the role to another machine.
 */
export async function intend(gateway: Gateway, site: Site): Promise<Intent> {
  requireHere(site);
  const remembered = await gateway.store.addresses();
  const facts = await observe(site, gateway.state, serverEngines, remembered);
  const missing = serverEngines.filter((engine) => !(engine.name in facts.versions));
  if (missing.length > 0) {
    const packages = missing.flatMap((engine) => engine.packages).join(' ');
    const names = missing.map((engine) => engine.name).join(', ');
    throw new Fault('engine.missing', { engine: names }, { next: installing(packages) });
  }
  for (const engine of serverEngines) await requireModules(engine, site);
  await kept(gateway, gateway.store.rememberAddresses(new Date().toISOString(), facts.addresses));
  return { plan: plan(site, facts), facts, active: await activeManifest(gateway.state) };
}

/** Throws `engine.module.missing` for the first file of an engine's software that this site needs and this machine lacks. */
export async function requireModules(
  engine: Pick<ServerEngine, 'name' | 'modules'>,
  site: Site,
): Promise<void> {
  for (const { file, package: from, because, spared } of engine.modules(site)) {
    if (spared || (await stat(file).catch(() => undefined))) continue;
    throw new Fault(
      'engine.module.missing',
      { engine: engine.name, package: from },
      { pointer: because, next: installing(from) },
    );
  }
}

/** What the store keeps. Throws `store.unusable` when it cannot, which is no defect: a full disk, most often. */
async function kept<T>(gateway: Gateway, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw new Fault('store.unusable', { file: gateway.state, reason: (cause as Error).message }, { cause });
  }
}

function requireHere(site: Site): void {
  const host = site.hosts.find(({ name }) => name === site.gateway.host);
  const { address } = host ?? {};
  if (!host || !address || !isAddress(address)) return;
  const here = Object.values(networkInterfaces()).flatMap((some) => some ?? []);
  if (here.some((own) => own.address === address)) return;
  throw new Fault(
    'gateway.elsewhere',
    { host: host.name, address },
    { pointer: host.pointer, next: message('gateway.elsewhere.next', { host: host.name }) },
  );
}

/** The manifest of what this machine serves, or would serve when started. */
export async function activeManifest(state: string): Promise<Manifest | undefined> {
  for (const engine of serverEngines) {
    const active = await generationsOf(join(state, engine.name)).active();
    if (active) return active.manifest;
  }
  return undefined;
}

/** Applies the plan to every engine of this machine and keeps a record of it. */
export async function converge(
  gateway: Gateway,
  { plan, facts }: Intent,
  tell: (step: Message) => void,
  pinsAreWatched = false,
): Promise<Applied> {
  const started = Date.now();
  const record = (hash: string, outcome: Applied['outcome'] | 'failed', detail: unknown) =>
    gateway.store.recordRun({
      at: new Date(started).toISOString(),
      site: plan.site.name,
      hash,
      outcome,
      milliseconds: Date.now() - started,
      detail,
    });
  try {
    await prepareProof(gateway, plan.site);
    const { partners } = plan.site;
    // Before anything is called at new addresses, or with a pin that is new.
    const looking = { tell, timeout: 3000 };
    let shut = (await anyRuns(gateway.state)) ? await lookAtPins(gateway, partners, looking) : undefined;
    // What is cut off stays so, and what is new to one who cut everything off is too.
    await markKept(gateway.state, plan.site.publications);
    let last: Applied | undefined;
    for (const engine of serverEngines)
      last = await applyLocally(plan, engine, {
        state: gateway.state,
        authority: gateway.authority,
        ...(facts.account ? { account: facts.account } : {}),
        now: () => new Date(),
        // What was changed by hand and put back is still in nginx's memory.
        isDoubted: ((await readCanary(gateway.state))?.alarms.length ?? 0) > 0,
        tell,
      });
    if (!last) throw new Error('no engine to apply to');
    // An engine that was started made the sockets anew that were put aside.
    await markKept(gateway.state, plan.site.publications);
    if (!pinsAreWatched && shut?.length !== 0) shut = await lookAtPins(gateway, partners, looking);
    await kept(gateway, record(last.hash, last.outcome, last.findings));
    const awaited = awaitedNames(plan.site, facts);
    return awaited.length === 0 ? last : { ...last, awaited };
  } catch (error) {
    const detail = error instanceof Fault ? { code: error.code, params: error.params } : {};
    // Should the store fail too (a full disk), what came first is what must be told.
    await record('', 'failed', detail).catch(() => undefined);
    throw error;
  }
}

async function anyRuns(state: string): Promise<boolean> {
  for (const engine of serverEngines) if (await runningMaster(engine, join(state, engine.name))) return true;
  return false;
}

/** The names that wait for their first certificate. */
function awaitedNames({ acme }: Site, facts: Facts): readonly string[] {
  const missing = acme?.certificates.filter(({ id }) => !facts.acme?.present.includes(id)) ?? [];
  return missing.flatMap(({ names }) => names);
}

export interface ProveOptions {
  /** Further roots to trust, in PEM, beside the system's and this gateway's own. */
  readonly authorities?: readonly string[];
  /** Further roots of Poterne's own authorities, in PEM, for what these issued. */
  readonly ownRoots?: readonly string[];
  /** Connect here instead of resolving names. */
  readonly address?: string;
  /** Where it is proved from: a described host and its network. Default: this machine. */
  readonly from?: { readonly host: string; readonly network: Network };
  /** By which the gateway that is asked knows our attacks; default this one's own. */
  readonly mark?: string;
  /** Stops at once; what was seen until then is kept. */
  readonly signal?: AbortSignal;
  /** Told each piece of evidence as it comes in. */
  readonly progress?: (evidence: Evidence, done: number, total: number) => void;
}

/** Proves expectations, from this machine or another, and keeps the evidence. */
export async function prove(
  gateway: Gateway,
  site: Site,
  expectations: Plan['expectations'],
  options: ProveOptions = {},
): Promise<readonly Evidence[]> {
  const mark = options.mark ?? (await markOf(gateway.state));
  const evidence = await verify(
    expectations,
    {
      vantage: {
        name: options.from?.host ?? hostname(),
        ...(options.from ? { host: options.from.host } : {}),
        ...(options.address ? { address: options.address } : {}),
      },
      ...(options.from ? { network: options.from.network } : {}),
      ownRoots: [gateway.authority.root, ...(options.ownRoots ?? [])],
      authorities: options.authorities ?? [],
      clients: clientCertificates(gateway, site),
      ...(mark === undefined ? {} : { mark }),
      ...(options.signal ? { signal: options.signal } : {}),
    },
    options.progress,
  );
  await gateway.store.recordEvidence(site.name, new Date().toISOString(), evidence);
  return evidence;
}
