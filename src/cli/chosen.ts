import { withSiteStore } from '../daemon/state-store.ts';
import { describedHosts } from '../lib/selector.ts';
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
  const chosen = await withSiteStore(controllerFolder(options.state, process.env), site, async (store) =>
    selectHosts(context, on, { site, facts: await store.facts(site.name) }, options.json),
  );
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
