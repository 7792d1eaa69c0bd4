import type { HostEngine } from '../engines/engine.ts';
import { hostEngines } from '../engines/index.ts';
import type { Finding } from '../model/finding.ts';
import { deepFreeze } from '../model/freeze.ts';
import type { Network } from '../model/network.ts';
import { isManaged, type Site } from '../model/site.ts';
import { flows } from './flows.ts';
import { forwardings } from './forwardings.ts';

/** What a site asks of networks: the flows, and the ports that are forwarded. */
export function networkOf(site: Site): Network {
  return deepFreeze({ site, flows: flows(site), forwardings: forwardings(site) });
}

/** What the engines of hosts find in the flows, where Poterne acts on any host. */
export function networkFindings(
  site: Site,
  engines: readonly HostEngine[] = hostEngines,
): readonly Finding[] {
  if (!site.hosts.some(isManaged)) return [];
  const network = networkOf(site);
  return engines.flatMap((engine) => engine.examine(network));
}
