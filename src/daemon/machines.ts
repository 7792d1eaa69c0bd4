import { confirmHost, convergeHost } from '../apply/hosts/converge.ts';
import { hostEngines } from '../engines/index.ts';
import { withMany } from '../hosts/many.ts';
import type { Bundle, BundlePart, HostReport, PartReport } from '../model/bundle.ts';
import { Fault } from '../model/fault.ts';
import type { Finding } from '../model/finding.ts';
import { type Message, message } from '../model/message.ts';
import { isManaged, type Site } from '../model/site.ts';
import { networkOf } from '../plan/network.ts';
import { type Wave, waves } from '../plan/order.ts';
import { hostOf, type Reach, targetOf } from './reach.ts';

/** How long a part that is no longer described waits for its confirmation, as the firewall does by itself. */
const usualConfirmSeconds = 60;

/** How long a machine may be deaf after it changed, in milliseconds: its SSH server closes its port while it starts anew. */
const settling = 5000;

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

/** Compares every machine with its bundle, many at once; nothing is changed anywhere. */
export async function planMachines(
  site: Site,
  bundles: ReadonlyMap<string, Bundle>,
  reach: Reach,
  options: MachineOptions,
): Promise<readonly MachineOutcome[]> {
  return onMachines(site, [...bundles.keys()], reach, (name) =>
    outcomeOf(name, () => converge(site, bundles.get(name) as Bundle, reach, options, { mode: 'plan' })),
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
  for (const wave of waves(site)) {
    const isNext = (name: string) => {
      const bundle = bundles.get(name);
      return bundle && (wave.phase === 'settle' || isHeldBack(bundle, outcomes.get(name)));
    };
    for (const outcome of await onMachines(site, wave.hosts.filter(isNext), reach, (name) =>
      inWave(site, bundles.get(name) as Bundle, wave, reach, options, outcomes),
    )) {
      outcomes.set(outcome.host, outcome);
      const bundle = bundles.get(outcome.host) as Bundle;
      if (wave.phase === 'guard' || !isHeldBack(bundle, outcome)) options.done?.(outcome);
    }
  }
  return site.hosts.flatMap(({ name }) => outcomes.get(name) ?? []);
}

function onMachines<T>(
  site: Site,
  names: readonly string[],
  { here }: Reach,
  work: (name: string) => Promise<T>,
): Promise<readonly T[]> {
  const machines = names.map((name) => ({ name, target: targetOf(site, hostOf(site, name), here) }));
  return withMany(machines, ({ name }) => work(name));
}

/** Whether a part of a machine was compared only, for it can lock us out, and would change or waits since an earlier run. */
function isHeldBack({ parts }: Bundle, outcome: MachineOutcome | undefined): boolean {
  const guards = new Set(parts.filter(isGuard).map(({ name }) => name));
  const isWaiting = ({ name, outcome }: PartReport) =>
    guards.has(name) && (outcome === 'planned' || outcome === 'unconfirmed');
  return outcome !== undefined && 'report' in outcome && outcome.report.parts.some(isWaiting);
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
    const confirmed = await confirm(site, bundle, reach, options, report, hold);
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
  const host = hostOf(site, bundle.host);
  return convergeHost(targetOf(site, host, here), bundle, {
    settings,
    mode,
    tell,
    ...(hold ? { hold } : {}),
    ...(signal ? { signal } : {}),
  });
}

/**
 * Confirms what can lock us out, over a new connection; what was `held`, and waits since an earlier run, is for a later
 * wave. When no connection can be made the host puts back what was before, and that is what is thrown.
 */
async function confirm(
  site: Site,
  bundle: Bundle,
  { settings, here }: Reach,
  { tell, canStillEnter, signal }: MachineOptions,
  report: HostReport,
  held: readonly string[],
): Promise<HostReport> {
  const isOurs = ({ name, outcome }: PartReport) => outcome === 'unconfirmed' && !held.includes(name);
  const waiting = report.parts.filter(isOurs);
  if (waiting.length === 0) return report;
  const host = hostOf(site, bundle.host);
  const seconds = Math.max(0, ...bundle.parts.map((part) => part.confirm ?? 0)) || usualConfirmSeconds;
  try {
    if (host.name === here && !(await canStillEnter?.(host.name, seconds)))
      throw new Fault('host.unconfirmed.here', { host: host.name, seconds });
    await patiently(Math.min(settling, seconds * 500), () =>
      confirmHost(targetOf(site, host, here), settings, { ...report, parts: waiting }, signal),
    );
  } catch (cause) {
    const told = ['host.rolled.back', 'host.unconfirmed.here'];
    if (cause instanceof Fault && told.includes(cause.code)) throw cause;
    const params = { host: host.name, seconds, parts: waiting.map(({ name }) => name).join(', ') };
    throw new Fault('host.unconfirmed', params, { cause, next: message('host.unconfirmed.next', params) });
  }
  tell(message('apply.host.confirmed', { host: host.name }));
  return {
    ...report,
    parts: report.parts.map((part) => (isOurs(part) ? { ...part, outcome: 'changed' as const } : part)),
  };
}

/** Tries again while no connection can be made, until the time is over. */
async function patiently(milliseconds: number, work: () => Promise<void>): Promise<void> {
  for (const until = Date.now() + milliseconds; ; ) {
    try {
      return await work();
    } catch (fault) {
      const isDeaf = fault instanceof Fault && fault.code === 'host.unreachable';
      if (!isDeaf || Date.now() >= until) throw fault;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
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
