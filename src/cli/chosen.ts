import { asksFacts, describedHosts } from '../lib/selector.ts';
import type { HostFacts } from '../model/host-facts.ts';
import { message } from '../model/message.ts';
import type { Site } from '../model/site.ts';
import { type Context, controllerFolder } from './context.ts';
import { WrongRequest } from './exit.ts';
import { type ReachOptions, reachOf } from './reach.ts';
import { selectHosts } from './selection.ts';

/** The hosts that a command works on. */
export interface Chosen {
  readonly hosts: readonly string[];
  /** Selected, and left out: nothing says how they are reached. */
  readonly unreached: readonly string[];
}

/** The hosts that a selector chooses and that can be reached, by name. Throws `run.none` and `run.unreached` when there is none. */
export async function chosenHosts(
  context: Context,
  on: string,
  site: Site,
  options: ReachOptions,
): Promise<Chosen> {
  const described = describedHosts(site);
  const facts = asksFacts(on) ? await factsOf(site, options) : [];
  const chosen = selectHosts(context, on, { site, facts }, options.json);
  if (chosen.length === 0) throw new WrongRequest('run.none', { on }, { next: message('run.none.next') });
  const { here } = reachOf(site, options);
  const isReached = (name: string) =>
    name === here || described.some((host) => host.name === name && host.ssh);
  const hosts = chosen.filter(isReached);
  const unreached = chosen.filter((name) => !isReached(name));
  if (hosts.length > 0) return { hosts, unreached };
  const params = { hosts: unreached.join(', ') };
  throw new WrongRequest('run.unreached', params, { next: message('run.unreached.next') });
}

/** What is remembered of the hosts. */
async function factsOf(site: Site, options: ReachOptions): Promise<readonly HostFacts[]> {
  // Databases are much to load where nobody asks.
  const { withSiteStore } = await import('../daemon/state-store.ts');
  const state = controllerFolder(options.state, process.env);
  return withSiteStore(state, site, (store) => store.facts(site.name));
}
