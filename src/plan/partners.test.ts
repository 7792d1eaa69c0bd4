import { expect, test } from 'vitest';
import nftables from '../engines/nftables/engine.ts';
import type { Host, Site } from '../model/site.ts';
import { flows } from './flows.ts';
import { networkFindings, networkOf } from './network.ts';
import { partnerPromises, partnerPromisesHere } from './partner-promises.ts';
import { expectations } from './planner.ts';
import { siteOf } from './testing.ts';
import { exposure } from './topology.ts';

const yaml = (url = 'https://api.example:8443/v1') => `site: s
zones: { lan: { networks: [10.0.0.0/24] } }
hosts:
  gw: { address: [10.0.0.1, 203.0.113.1], zone: lan, roles: [gateway], ssh: {} }
  app: { address: 10.0.0.5 }
  other: { address: 10.0.0.6 }
admin: { from: [10.0.0.9] }
flows: [ { from: gw, to: 10.0.0.53, protocol: udp, ports: [53], why: names } ]
services: { w: { url: "http://10.0.0.7", healthy: { path: / } } }
publications: { w.example: { service: w, audience: everyone } }
tls-configurations: { to-api: { certificate: c.pem, key: k.pem } }
partners:
  api: { url: "${url}", tls-configuration: to-api, callers: [app], paths: [/a, /b/], healthy: { path: /a, status: 204 } }
`;

const host = (site: Site, name: string) => site.hosts.find((h) => h.name === name) as Host;
const firewall = (site: Site) => {
  const content = nftables.part(networkOf(site), host(site, 'gw'))?.files[0]?.content;
  return content && 'text' in content ? content.text : '';
};

test('callers reach the gateway, and the gateway the partner; nothing else is open for it', async () => {
  const site = await siteOf(yaml());
  const asked = flows(site)
    .filter(({ reasons }) => reasons.some(({ say }) => say.code.startsWith('flow.partner')))
    .map(({ from, to, port, reasons }) => [from.name, to.name, port, reasons[0]?.because]);
  expect(asked).toEqual([
    ['app', 'gw', 8180, '/partners/api/callers/0'],
    ['gw', 'internet', 8443, '/partners/api/url'],
  ]);
  expect(networkFindings(site)).toEqual([]);
  const rules = firewall(site);
  expect(rules).toMatch(/ip saddr 10\.0\.0\.5 tcp dport 8180 counter accept/);
  expect(rules).toMatch(/ip daddr != @inside4 tcp dport 8443 counter accept/);
  const opened = rules.split('\n').filter((line) => line.includes('dport 8180'));
  expect(opened.filter((line) => !line.includes('ip saddr 10.0.0.5'))).toEqual([]);
});

test('where the partner’s address is described, the gateway goes nowhere else', async () => {
  const described = yaml().replace('  other:', '  api.example: { address: 198.51.100.7 }\n  other:');
  const rules = firewall(await siteOf(described));
  expect(rules).toMatch(/ip daddr 198\.51\.100\.7 tcp dport 8443 counter accept/);
  expect(rules).not.toMatch(/@inside4 tcp dport 8443/);
});

test('the exposure says who may call what', async () => {
  expect(exposure(await siteOf(yaml())).slice(1)).toEqual([
    { who: 'app', networks: ['10.0.0.5/32'], what: 'partner/api/a', service: 'api.example' },
    { who: 'app', networks: ['10.0.0.5/32'], what: 'partner/api/b/', service: 'api.example' },
  ]);
  // What was served before there were partners.
  const { partners: _, ...before } = await siteOf(yaml());
  expect(exposure(before as Site)).toHaveLength(1);
});

test('on the gateway itself the partner’s certificate is promised, and a call where the gateway is a caller', async () => {
  const here = async (text: string) =>
    partnerPromisesHere(await siteOf(text)).map(({ id, probe }) => [id, probe.kind]);
  expect(await here(yaml())).toEqual([['partner/api#certificate', 'partner-certificate']]);
  expect(await here(yaml().replace('callers: [app]', 'callers: [app, gw]'))).toEqual([
    ['partner/api#answers', 'partner-answers'],
    ['partner/api#certificate', 'partner-certificate'],
  ]);
});

test('a call is promised to callers, a refusal to others, the partner’s certificate to the gateway', async () => {
  const site = await siteOf(yaml());
  const from = (name: string) => partnerPromises(site, host(site, name)).map(({ probe }) => probe);
  const to = { addresses: ['10.0.0.1'], port: 8180, path: '/api/a' };
  expect(from('app')).toEqual([{ kind: 'partner-answers', ...to, status: 204 }]);
  expect(from('other')).toEqual([{ kind: 'partner-refuses', ...to }]);
  expect(from('gw')).toMatchObject([
    {
      kind: 'partner-certificate',
      door: { name: 'api.example', port: 8443 },
      name: 'api.example',
      minDays: 14,
    },
  ]);
  expect(expectations(site).at(-1)?.probe).toMatchObject({ kind: 'client-certificate', minDays: 14 });
});
