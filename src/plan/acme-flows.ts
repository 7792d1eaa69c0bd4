import { isAddress } from '../lib/ip.ts';
import type { Endpoint, Flow, Reason } from '../model/flow.ts';
import { message } from '../model/message.ts';
import type { Site } from '../model/site.ts';
import { gatewayEndpoint, partyEndpoint, upstreamEndpoint } from './endpoints.ts';

type Ask = (wanted: Omit<Flow, 'reasons'>, reason: Reason) => void;

/** What the gateway connects to for certificates: the server, and for records in the DNS those who hold them. */
export function askAcme(site: Site, ask: Ask): void {
  const { acme } = site;
  if (!acme || acme.certificates.length === 0) return;
  const from = gatewayEndpoint(site);
  const { hostname, port, host } = new URL(acme.authority.directory);
  const server = hostname.replace(/^\[(.*)\]$/, '$1');
  const internet = partyEndpoint(site, { kind: 'internet', name: 'internet' });
  // A server of one's own stands where the description says; a public one at addresses that change.
  const to = acme.authority.trust === undefined ? internet : placeOf(site, server);
  const reason = { say: message('flow.acme', { server: host }), because: acme.pointer };
  if (to) ask({ from, to, protocol: 'tcp', port: Number(port || 443) }, reason);
  const { dns } = acme;
  if (!dns || acme.certificates.every(({ challenge }) => challenge === 'http')) return;
  const records = { say: message('flow.acme.dns'), because: dns.pointer };
  const [, name = '', written] =
    dns.kind === 'rfc2136' ? (/^\[?(.*?)\]?(?::(\d{1,5}))?$/.exec(dns.server) ?? []) : [];
  const update = name === '' ? undefined : placeOf(site, name);
  if (update) ask({ from, to: update, protocol: 'tcp', port: Number(written ?? 53) }, records);
  // Whether every server of the zone shows the record is seen before it is asked for.
  for (const holder of [...(update ? [update] : []), internet])
    for (const protocol of ['udp', 'tcp'] as const) ask({ from, to: holder, protocol, port: 53 }, records);
}

function placeOf(site: Site, name: string): Endpoint | undefined {
  const found = upstreamEndpoint(site, {}, { kind: 'tcp', host: name, port: 0 });
  // Where a name leads the description does not say: at most, to the internet.
  return found?.kind === 'name' && !isAddress(name)
    ? partyEndpoint(site, { kind: 'internet', name: 'internet' })
    : found;
}
