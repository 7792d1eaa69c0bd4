import { parseNetwork } from '../lib/ip.ts';
import type { Endpoint, Flow, Reason } from '../model/flow.ts';
import { message } from '../model/message.ts';
import type { Partner } from '../model/partner.ts';
import type { Site } from '../model/site.ts';
import { gatewayEndpoint, hostEndpoint, partyEndpoint, sameAddress, visitorEndpoint } from './endpoints.ts';

/** A flow that partners ask for: callers to the gateway, and the gateway to the partner. */
type Wanted = readonly [Omit<Flow, 'reasons'>, Reason];

/** What must be open for partners to be called, and nothing else. */
export function* partnerFlows(site: Site): Generator<Wanted> {
  const gateway = gatewayEndpoint(site);
  for (const partner of site.partners) {
    const { name, pointer, callers, port } = partner;
    const door = site.gateway.partners;
    for (const [i, who] of callers.entries()) {
      const from = callerEndpoint(site, who);
      if (!door || (from.kind === 'host' && from.name === gateway.name)) continue;
      yield [
        { from, to: gateway, protocol: 'tcp', port: door.port },
        { say: message('flow.partner', { name, who }), because: `${pointer}/callers/${i}` },
      ];
    }
    const to = partnerEndpoint(site, partner);
    if (to.kind === 'host' && to.name === gateway.name) continue;
    yield [
      { from: gateway, to, protocol: 'tcp', port },
      { say: message('flow.partner.out', { name }), because: `${pointer}/url` },
    ];
  }
}

/** Those whom a partner's `callers` name. */
export function callerEndpoint(site: Site, who: string): Endpoint {
  const host = site.hosts.find(({ name }) => name === who);
  return host && !site.zones.some(({ name }) => name === who)
    ? hostEndpoint(site, host)
    : visitorEndpoint(site, who);
}

/** Where a partner is. A name may lead anywhere outside: no firewall can follow it, and the certificate says who is there. */
function partnerEndpoint(site: Site, { host: wanted }: Partner): Endpoint {
  const described = site.hosts.find(
    ({ name, addresses }) => name === wanted || addresses.some((own) => sameAddress(own, wanted)),
  );
  if (described) return hostEndpoint(site, described);
  return parseNetwork(wanted) === undefined
    ? partyEndpoint(site, { kind: 'internet', name: 'internet' })
    : visitorEndpoint(site, wanted);
}
