import { deepFreeze } from '../model/freeze.ts';
import type { Network } from '../model/network.ts';
import type { Site } from '../model/site.ts';
import { flows } from './flows.ts';
import { forwardings } from './forwardings.ts';

/** What a site asks of networks: the flows, and the ports that are forwarded. */
export function networkOf(site: Site): Network {
  return deepFreeze({ site, flows: flows(site), forwardings: forwardings(site) });
}
