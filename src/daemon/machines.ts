import { spawn } from 'node:child_process';
import { networkInterfaces } from 'node:os';
import { confirmHost, convergeHost } from '../apply/hosts/converge.ts';
import { hostEngines } from '../engines/index.ts';
import { type SshSettings, sshCommand, sshHost } from '../hosts/ssh.ts';
import { sshFault } from '../hosts/ssh-faults.ts';
import type { SshTarget } from '../hosts/target.ts';
import { isLoopback } from '../lib/ip.ts';
import type { Bundle, BundlePart, HostReport, PartReport } from '../model/bundle.ts';
import { Fault } from '../model/fault.ts';
import type { Finding } from '../model/finding.ts';
import { type Message, message } from '../model/message.ts';
import { type Host, isManaged, type Site } from '../model/site.ts';
import { installedGateway } from '../plan/gateway-part.ts';
import { networkOf } from '../plan/network.ts';
import { type Wave, waves } from '../plan/order.ts';
import { type Network, openVantage, thisMachine } from '../verify/index.ts';

/** How the machines of a site are reached from this one. */
export interface Reach {
  readonly settings: SshSettings;
  /** The described host that this machine is, by name. */
  readonly here?: string;
}

/** What became of one machine. */
export type MachineOutcome =
  | { readonly host: string; readonly report: HostReport }
  | { readonly host: string; readonly fault: Fault };

export interface MachineOptions {
  readonly tell: (step: Message) => void;
  /** Told what became of each machine that is applied to, once nothing more will. */
  readonly done?: (outcome: MachineOutcome) => void;
  /**
   * Whether the person at this machine can still log in to it anew, asked when what can lock them out was changed on this
   * machine itself: no connection of ours would prove it.
   */
  readonly canStillEnter?: (host: string, seconds: number) => Promise<boolean>;
  readonly signal?: AbortSignal;
}

/** The described host that this machine is: the one asked for, else the one that has an address of ours. */
export function whereWeAre({ hosts }: Site, asked?: string): string | undefined {
  if (asked !== undefined) return asked;
  const own = Object.values(networkInterfaces())
    .flatMap((some) => some ?? [])
    .map(({ address }) => address)
    .filter((address) => !isLoopback(address));
  return hosts.find(({ addresses }) => addresses.some((address) => own.includes(address)))?.name;
}

/** How a described host is reached from here. */
export function targetOf(site: Site, host: Host, here?: string): SshTarget {
  const { name, address = name, ssh } = host;
  if (name === here) return { name, address, here: true };
  const via =
    ssh?.via === undefined || ssh.via === here ? undefined : site.hosts.find((h) => h.name === ssh.via);
  return {
    name,
    address,
    ...(ssh && ssh.port !== 22 ? { port: ssh.port } : {}),
    ...(ssh?.user === undefined ? {} : { user: ssh.user }),
    ...(via ? { via: targetOf(site, via, here) } : {}),
    ...(ssh?.hostKey === undefined ? {} : { hostKey: ssh.hostKey }),
  };
}

/** What each machine that Poterne acts on should be like, by its name; `more` are parts that do not come from an engine. */
export function bundlesOf(
  site: Site,
  more: ReadonlyMap<string, readonly BundlePart[]> = new Map(),
): ReadonlyMap<string, Bundle> {
  const network = networkOf(site);
  return new Map(
    site.hosts.filter(isManaged).map((host) => {
      const parts = hostEngines.flatMap((engine) => engine.part(network, host) ?? []);
      return [host.name, { host: host.name, parts: [...(more.get(host.name) ?? []), ...parts] }];
    }),
  );
}

/** Compares every machine with its bundle, all at once; nothing is changed anywhere. */
export async function planMachines(
  site: Site,
  bundles: ReadonlyMap<string, Bundle>,
  reach: Reach,
  options: MachineOptions,
): Promise<readonly MachineOutcome[]> {
  return Promise.all(
    [...bundles].map(([name, bundle]) =>
      outcomeOf(name, () => converge(site, bundle, reach, options, { mode: 'plan' })),
    ),
  );
}

/**
 * Has every machine become what its bundle says, wave by wave: first all that cannot lock us out, then firewalls, each of
 * which is confirmed over a new connection. A machine that fails is in the outcomes and left out of later waves; the
 * others go on.
 */
export async function applyMachines(
  site: Site,
  bundles: ReadonlyMap<string, Bundle>,
  reach: Reach,
  options: MachineOptions,
): Promise<readonly MachineOutcome[]> {
  const outcomes = new Map<string, MachineOutcome>();
  const told = new Set<string>();
  for (const wave of waves(site)) {
    const waiting = wave.hosts.filter((name) => isLeft(bundles.get(name), wave, outcomes.get(name)));
    for (const outcome of await Promise.all(
      waiting.map((name) => inWave(site, bundles.get(name) as Bundle, wave, reach, options, outcomes)),
    ))
      outcomes.set(outcome.host, outcome);
    for (const name of wave.hosts) {
      const outcome = outcomes.get(name);
      const isOver =
        wave.phase === 'guard' || !isLeft(bundles.get(name), { phase: 'guard', hosts: [] }, outcome);
      if (outcome && isOver && !told.has(name)) options.done?.(outcome);
      if (isOver) told.add(name);
    }
  }
  return site.hosts.flatMap(({ name }) => outcomes.get(name) ?? []);
}

/** Whether a wave has anything to do on a machine. */
function isLeft(bundle: Bundle | undefined, { phase }: Wave, outcome: MachineOutcome | undefined): boolean {
  if (phase === 'settle') return bundle !== undefined;
  return outcome !== undefined && 'report' in outcome && outcome.report.parts.some(isHeld(bundle));
}

/** Whether a part was compared only, for it can lock us out. */
function isHeld(bundle: Bundle | undefined): (part: PartReport) => boolean {
  const guards = new Set(bundle?.parts.filter(isGuard).map(({ name }) => name));
  return ({ name, outcome }) => guards.has(name) && outcome === 'planned';
}

const isGuard = ({ confirm }: BundlePart): boolean => confirm !== undefined;

async function inWave(
  site: Site,
  bundle: Bundle,
  { phase }: Wave,
  reach: Reach,
  options: MachineOptions,
  outcomes: ReadonlyMap<string, MachineOutcome>,
): Promise<MachineOutcome> {
  const before = outcomes.get(bundle.host);
  return outcomeOf(bundle.host, async () => {
    const hold = phase === 'settle' ? bundle.parts.filter(isGuard).map(({ name }) => name) : [];
    const report = await converge(site, bundle, reach, options, { mode: 'apply', hold });
    const confirmed = await confirm(site, bundle, reach, options, report);
    return before && 'report' in before ? together(before.report, confirmed) : confirmed;
  });
}

function converge(
  site: Site,
  bundle: Bundle,
  { settings, here }: Reach,
  { tell, signal }: MachineOptions,
  { mode, hold }: { readonly mode: 'plan' | 'apply'; readonly hold?: readonly string[] },
): Promise<HostReport> {
  const host = site.hosts.find(({ name }) => name === bundle.host) as Host;
  return convergeHost(targetOf(site, host, here), bundle, {
    settings,
    mode,
    tell,
    ...(hold ? { hold } : {}),
    ...(signal ? { signal } : {}),
  });
}

/**
 * Confirms what can lock us out, over a new connection. When none can be made the host puts back what was before, and that
 * is what is thrown.
 */
async function confirm(
  site: Site,
  bundle: Bundle,
  { settings, here }: Reach,
  { tell, canStillEnter, signal }: MachineOptions,
  report: HostReport,
): Promise<HostReport> {
  const waiting = report.parts.filter(({ outcome }) => outcome === 'unconfirmed');
  if (waiting.length === 0) return report;
  const host = site.hosts.find(({ name }) => name === bundle.host) as Host;
  const seconds = Math.max(...bundle.parts.map((part) => part.confirm ?? 0));
  try {
    if (host.name === here && !(await canStillEnter?.(host.name, seconds)))
      throw new Fault('host.unconfirmed.here', { host: host.name, seconds });
    await confirmHost(targetOf(site, host, here), settings, report, signal);
  } catch (cause) {
    const told = ['host.rolled.back', 'host.unconfirmed.here'];
    if (cause instanceof Fault && told.includes(cause.code)) throw cause;
    const params = { host: host.name, seconds, parts: waiting.map(({ name }) => name).join(', ') };
    throw new Fault('host.unconfirmed', params, { cause, next: message('host.unconfirmed.next', params) });
  }
  tell(message('apply.host.confirmed', { host: host.name }));
  return {
    ...report,
    parts: report.parts.map((part) =>
      part.outcome === 'unconfirmed' ? { ...part, outcome: 'changed' as const } : part,
    ),
  };
}

/** One report of two passes over a host: what the first did, and what it had held back. */
function together(first: HostReport, second: HostReport): HostReport {
  const done = new Map(first.parts.map((part) => [part.name, part]));
  const parts = second.parts.map((part) => {
    const before = done.get(part.name);
    return part.outcome === 'unchanged' && before && before.outcome !== 'planned' ? before : part;
  });
  return { ...second, parts, milliseconds: first.milliseconds + second.milliseconds };
}

async function outcomeOf(host: string, work: () => Promise<HostReport>): Promise<MachineOutcome> {
  try {
    return { host, report: await work() };
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault;
    return { host, fault };
  }
}

/** What programs of hosts complained of, at what in the description caused it: only what their engines can trace. */
export function complaintsOf(
  bundles: ReadonlyMap<string, Bundle>,
  outcomes: readonly MachineOutcome[],
): readonly Finding[] {
  return outcomes.flatMap((outcome) => {
    if ('fault' in outcome) return [];
    const files = new Map(
      bundles.get(outcome.host)?.parts.flatMap((part) => part.files.map((file) => [file.path, file])),
    );
    return outcome.report.parts.flatMap(({ name, complaint }) => {
      const engine = hostEngines.find((each) => each.name === name);
      return (complaint && engine ? engine.diagnose(complaint.output) : []).flatMap((one): Finding[] => {
        const pointer = files.get(one.file ?? '')?.origins?.[(one.line ?? 1) - 1];
        if (!pointer) return [];
        const params = { host: outcome.host, engine: name, text: one.text };
        return [{ severity: one.severity, code: 'host.refused', params, pointer }];
      });
    });
  });
}

/** Where an installed gateway keeps the root certificate of its own authority. */
const installedRoot = `${installedGateway.state}/authority/root.pem`;

/** The root certificate (PEM) of a gateway on another machine; `undefined` when it is this one, or has none. Throws `host.*` faults. */
export async function rootOfGateway(site: Site, reach: Reach): Promise<string | undefined> {
  const gateway = remoteGateway(site, reach);
  if (!gateway) return undefined;
  const { code, stdout } = await sshHost(targetOf(site, gateway, reach.here), reach.settings).run([
    'cat',
    installedRoot,
  ]);
  return code === 0 ? stdout : undefined;
}

/** The gateway, when it is a machine that is reached over SSH. */
export function remoteGateway({ hosts, gateway }: Site, { here }: Reach): Host | undefined {
  return hosts.find((host) => host.name === gateway.host && host.name !== here && isManaged(host));
}

/** Works with the network of a described machine. Throws `host.unreached` when nothing says how it is reached, `vantage.failed` without perl there, and ssh's faults. */
export async function fromVantage<T>(
  site: Site,
  host: Host,
  { settings, here }: Reach,
  work: (network: Network) => Promise<T>,
): Promise<T> {
  const { name } = host;
  if (name === here) return work(thisMachine);
  if (!host.ssh)
    throw new Fault(
      'host.unreached',
      { name },
      { pointer: host.pointer, next: message('host.unreached.next') },
    );
  const target = targetOf(site, host, here);
  const network = await openVantage(
    name,
    (argv) => {
      const [program = '', ...rest] = sshCommand(target, settings, argv);
      return spawn(program, rest);
    },
    { explain: (stderr, status) => sshFault(target, stderr, status) },
  );
  try {
    return await work(network);
  } finally {
    await network.close();
  }
}
