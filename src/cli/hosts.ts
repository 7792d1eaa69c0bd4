import type { Reach } from '../daemon/reach.ts';
import { withSiteStore } from '../daemon/state-store.ts';
import { shortDuration } from '../lib/duration.ts';
import { describedHosts } from '../lib/selector.ts';
import type { HostFacts } from '../model/host-facts.ts';
import type { Host, Site } from '../model/site.ts';
import type { Store } from '../store/store.ts';
import { type Context, controllerFolder } from './context.ts';
import { requireSite } from './description.ts';
import { type ReachOptions, reachOf } from './reach.ts';
import { selectHosts } from './selection.ts';

/** Options of the commands that list hosts. */
export interface HostsOptions extends ReachOptions {
  readonly on?: string;
}

/** How old facts may be before they are asked for again, and called stale until then: a day, in milliseconds. */
export const staleAfter = 86_400_000;

/** What a command works with: the description, the hosts that were chosen, and what is remembered of all. */
export interface OnHosts {
  readonly site: Site;
  readonly chosen: readonly Host[];
  readonly facts: ReadonlyMap<string, HostFacts>;
  readonly reach: Reach;
  readonly store: Store;
}

/** Works with the hosts that `--on` selects, or all that are described. */
export async function onHosts(
  context: Context,
  file: string,
  options: HostsOptions,
  work: (on: OnHosts) => Promise<void>,
): Promise<void> {
  const { site } = await requireSite(context, file, options.json);
  const reach = reachOf(site, options);
  await withSiteStore(controllerFolder(options.state, process.env), site, async (store) => {
    const remembered = await store.facts(site.name);
    const names =
      options.on === undefined
        ? undefined
        : selectHosts(context, options.on, { site, facts: remembered }, options.json);
    const chosen = describedHosts(site).filter(({ name }) => names?.includes(name) ?? true);
    const facts = new Map(remembered.map((each) => [each.host, each]));
    await work({ site, chosen, facts, reach, store });
  });
}

/** How a host is reached, if it is. */
export function wayTo({ name, ssh }: Host, { here }: Reach): 'here' | 'ssh' | 'no' {
  return name === here ? 'here' : ssh ? 'ssh' : 'no';
}

/** When a host was asked, as a table says it. */
export function ageOf({ t }: Context, facts: HostFacts | undefined, now: number): string {
  if (!facts) return t('hosts.facts.never');
  const milliseconds = Math.max(0, now - Date.parse(facts.at));
  return t(milliseconds > staleAfter ? 'hosts.facts.stale' : 'hosts.facts.age', {
    // Less than a second is as good as one.
    age: shortDuration(Math.max(milliseconds, 1000)),
  });
}
