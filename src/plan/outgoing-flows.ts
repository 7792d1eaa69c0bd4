import type { Endpoint, Flow, Reason } from '../model/flow.ts';
import { message } from '../model/message.ts';
import type { Site } from '../model/site.ts';
import { gatewayEndpoint, hostEndpoint, partyEndpoint, upstreamEndpoint } from './endpoints.ts';

type Ask = (wanted: Omit<Flow, 'reasons'>, reason: Reason) => void;

/** What the gateway connects to for people: the servers of directories, and OpenID providers. */
export function askDirectories(site: Site, ask: Ask): void {
  const from = gatewayEndpoint(site);
  for (const directory of site.directories ?? []) {
    const { name, pointer: because } = directory;
    const reason = { say: message('flow.directory', { name }), because };
    if (directory.kind === 'openid') {
      const { hostname, port } = new URL(directory.issuer);
      const to = providerOf(site, hostname.replace(/^\[(.*)\]$/, '$1'));
      if (to) ask({ from, to, protocol: 'tcp', port: Number(port || 443) }, reason);
      continue;
    }
    for (const { host, port } of directory.servers) {
      const to = placeOf(site, host);
      // A name that no host has is found where a firewall should let it through.
      if (to) ask({ from, to, protocol: 'tcp', port }, reason);
    }
  }
}

/** What the gateway's own letters leave through: the portal's, and those of alarms. Results and alerts of jobs leave from where jobs run. */
export function askMail(site: Site, ask: Ask): void {
  const { mail, signIn } = site;
  if (!mail || !(signIn || mail.alert)) return;
  const { host, port, pointer } = mail.smtp;
  const to = providerOf(site, host);
  const reason = { say: message('flow.mail'), because: pointer };
  if (to) ask({ from: gatewayEndpoint(site), to, protocol: 'tcp', port }, reason);
}

/** What a name leads to that may be a public provider's, which is at addresses that change. */
function providerOf(site: Site, name: string): Endpoint | undefined {
  const place = placeOf(site, name);
  return place?.kind === 'name' ? partyEndpoint(site, { kind: 'internet', name: 'internet' }) : place;
}

/** A host is found by the name that its certificate has, when it is called so, or by its address. */
function placeOf(site: Site, name: string): Endpoint | undefined {
  const called = site.hosts.find((host) => host.name.toLowerCase() === name);
  if (called) return called.name === site.gateway.host ? undefined : hostEndpoint(site, called);
  return upstreamEndpoint(site, {}, { kind: 'tcp', host: name, port: 0 });
}
