import type { Applied } from '../apply/executor.ts';
import { type Sources, shippable } from '../describe/index.ts';
import { ownPackages } from '../hosts/own-packages.ts';
import { sshHost } from '../hosts/ssh.ts';
import type { Manifest } from '../model/applied.ts';
import type { Bundle, BundlePart } from '../model/bundle.ts';
import { Fault } from '../model/fault.ts';
import { type Message, message } from '../model/message.ts';
import type { Plan } from '../model/plan.ts';
import { type Host, isManaged, type Site } from '../model/site.ts';
import { bastionPart, isBastion } from '../plan/bastion/part.ts';
import { gatewayPart, installedGateway, reloadCommand } from '../plan/gateway-part.ts';
import { expectations } from '../plan/planner.ts';
import { exposure } from '../plan/topology.ts';
import { readReloaded } from './control.ts';
import { converge, type Gateway, intend } from './gateway.ts';
import {
  applyMachines,
  bundlesOf,
  type MachineOptions,
  type MachineOutcome,
  planMachines,
} from './machines.ts';
import { type Reach, readOfGateway, servedGateway, targetOf } from './reach.ts';
import { withRevocations } from './revocations.ts';

/** What is wanted of a whole site, and how its machines are now. */
export interface SiteIntent {
  readonly plan: Plan;
  /** What the gateway serves now; `unknown` when it cannot be reached. */
  readonly active: Manifest | 'unknown' | undefined;
  readonly machines: readonly MachineOutcome[];
}

/** What became of a whole site. */
export interface SiteApplied {
  readonly machines: readonly MachineOutcome[];
  /** What the gateway made of its part; absent when its machine could not be brought to it. */
  readonly gateway?: Applied;
}

/** Where an installed gateway keeps what it serves. */
const installedManifest = `${installedGateway.state}/nginx/current/manifest.json`;

/** Opens the gateway that is this machine's own, for as long as the work with it takes: one that a service runs is left alone. */
export type OpenGateway = <T>(work: (own: Gateway) => Promise<T>) => Promise<T>;

/** What a site asks of its machines. */
export interface Wanted {
  readonly site: Site;
  readonly bundles: ReadonlyMap<string, Bundle>;
  /** The gateway that Poterne installs as a service, and the site as it will read it there. */
  readonly served?: { readonly host: Host; readonly site: Site };
}

/** What each machine of a site should be like; an installed gateway gets Poterne and its description as well. */
export async function wantedOf(site: Site, sources: Sources, tell: (step: Message) => void): Promise<Wanted> {
  const host = servedGateway(site);
  const bastion = site.hosts.find((each) => isManaged(each) && isBastion(site, each));
  if (!host && !bastion) return { site, bundles: bundlesOf(site) };
  const packages = await ownPackages(tell);
  const more = new Map<string, readonly BundlePart[]>();
  const isAlone = bastion !== host;
  if (bastion) more.set(bastion.name, [bastionPart(site, isAlone ? packages : undefined)]);
  if (!host) return { site, bundles: bundlesOf(site, more) };
  const shipped = shippable(sources, site, installedGateway.files);
  more.set(host.name, [gatewayPart(shipped, packages), ...(more.get(host.name) ?? [])]);
  return { site, bundles: bundlesOf(site, more), served: { host, site: shipped.site } };
}

/** Reads every machine of a site and plans for them; changes nothing. Throws as `intend` does for a gateway of this machine's own. */
export async function intendSite(
  open: OpenGateway,
  { site, bundles, served }: Wanted,
  reach: Reach,
  options: MachineOptions,
): Promise<SiteIntent> {
  const brought = await withRevocations(site, bundles, reach);
  const [machines, intent] = await Promise.all([
    planMachines(site, brought, reach, options),
    served ? intendThere(served.site, served.host, reach) : open((own) => intend(own, site)),
  ]);
  return { ...intent, machines };
}

/** The gateway reads files and engines of its own machine by itself: here only what it is asked to serve counts. */
async function intendThere(site: Site, host: Host, reach: Reach): Promise<Omit<SiteIntent, 'machines'>> {
  const plan = { site, artefacts: [], expectations: expectations(site), exposure: exposure(site) };
  try {
    const text = await readOfGateway(site, host, reach, installedManifest);
    return { plan, active: text === undefined ? undefined : (JSON.parse(text) as Manifest) };
  } catch (error) {
    // Its account may write there what it likes. Why it cannot be reached is said with the other machines.
    if (error instanceof SyntaxError) return { plan, active: 'unknown' };
    if (!(error instanceof Fault)) throw error;
    return { plan, active: 'unknown' };
  }
}

/**
 * Has every machine of a site become what its bundle says, and the gateway serve. A gateway of this machine's own is served
 * after the machines have settled; an installed one serves as soon as its bundle is there, and is asked what it made of it.
 */
export async function applySite(
  open: OpenGateway,
  { site, bundles, served }: Wanted,
  reach: Reach,
  options: MachineOptions,
): Promise<SiteApplied> {
  const brought = await withRevocations(site, bundles, reach);
  const machines = await applyMachines(site, brought, reach, options);
  if (!served) {
    const gateway = await open(async (own) => converge(own, await intend(own, site), options.tell));
    return { machines, gateway };
  }
  const outcome = machines.find(({ host }) => host === served.host.name);
  if (!outcome || 'fault' in outcome) return { machines };
  const answer = await servedThere(site, served.host, reach);
  // The service was started with it, or has read it since: that it is unchanged by now is no news.
  const isNew = outcome.report.parts.some(({ name, outcome }) => name === 'gateway' && outcome === 'changed');
  const asked = isNew && answer.outcome === 'unchanged' ? { ...answer, outcome: 'applied' as const } : answer;
  return { machines, gateway: asked };
}

/** What an installed gateway makes of the description that it has. Throws what is wrong there. */
async function servedThere(site: Site, host: Host, reach: Reach): Promise<Applied> {
  const { stdout, stderr } = await onHost(site, host, reach, reloadCommand());
  const answer = readReloaded(stdout);
  if (answer?.kind === 'applied') return answer;
  if (answer?.kind === 'failed') {
    const { code, params, pointer, next } = answer.fault;
    throw new Fault(code, params, { ...(pointer ? { pointer } : {}), ...(next ? { next } : {}) });
  }
  // Poterne here found no error in what Poterne there refuses.
  const refused = answer?.findings.map(({ code }) => code).join(', ');
  const params = { host: host.name, reason: refused ?? stderr.trim().split('\n').at(-1) ?? '' };
  throw new Fault('gateway.remote', params, { next: message('gateway.remote.next', { host: host.name }) });
}

function onHost(site: Site, host: Host, { settings, here }: Reach, argv: readonly string[]) {
  return sshHost(targetOf(site, host, here), settings).run(argv, { timeout: 11 * 60_000 });
}
