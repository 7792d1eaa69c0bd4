import { expect, test } from 'vitest';
import { say } from '../i18n/index.ts';
import type { Host, Site } from '../model/site.ts';
import { expectationsFrom } from './planner.ts';
import { networkPromises } from './promises.ts';
import { perimeter, siteOf } from './testing.ts';

const host = (site: Site, name: string) => site.hosts.find((h) => h.name === name) as Host;

/** What is promised from a machine, in one line each: the id after the arrow, and what is tried. */
async function lines(vantage: string, yaml = perimeter): Promise<string[]> {
  const site = await siteOf(yaml);
  return networkPromises(site, host(site, vantage)).map(({ id, probe, vantages }) => {
    expect(vantages).toEqual([vantage]);
    expect(id.startsWith(`${vantage}→`)).toBe(true);
    const what = id.slice(vantage.length + 1);
    if (probe.kind === 'scan')
      return `${what} ${probe.addresses.join(' ')} open ${probe.open.join(' ') || '–'}`;
    if (probe.kind === 'connects' || probe.kind === 'refuses-connection')
      return `${what} ${probe.addresses.join(' ')}`;
    return `${what} ${JSON.stringify(probe)}`;
  });
}

test('from outside: the published ports at the public address, and nothing else anywhere', async () => {
  expect(await lines('outside')).toEqual([
    'router#scan 203.0.113.1 10.20.0.1 10.10.0.1 open 80 443',
    'gw#scan 10.20.0.2 open 80 443 8443',
    'erp#scan 10.10.0.15 fd00:10::15 open –',
    'db#scan 10.10.0.16 open –',
    'erp:8069#shut 10.10.0.15 fd00:10::15',
    'db:5432#shut 10.10.0.16',
    'erp:22#shut 10.10.0.15 fd00:10::15',
    'router:22#shut 203.0.113.1 10.20.0.1 10.10.0.1',
    'gw:22#shut 10.20.0.2',
    'db:2222#shut 10.10.0.16',
  ]);
});

test('from the gateway: what it serves and administers answers, the rest does not', async () => {
  expect(await lines('gw')).toEqual(
    expect.arrayContaining([
      'erp:8069#connects 10.10.0.15',
      'erp:22#connects 10.10.0.15',
      'db:2222#connects 10.10.0.16',
      'erp#scan 10.10.0.15 fd00:10::15 open 22 8069',
      'db:5432#shut 10.10.0.16',
    ]),
  );
});

test('a server reaches what it needs, and no SSH server of its neighbours', async () => {
  const found = await lines('erp');
  expect(found).toContain('db:5432#connects 10.10.0.16');
  expect(found).toContain('db#scan 10.10.0.16 open 5432');
  expect(found).toContain('db:2222#shut 10.10.0.16');
});

test('the user’s assertions, and where names lead', async () => {
  const found = await lines(
    'outside',
    `${perimeter.replace('{ service: erp, audience: everyone }', '{ service: erp, audience: everyone, dns: { internet: [203.0.113.1], lan: [10.20.0.2] } }')}expect:
  - deny: { from: internet, to: lan }
  - deny: { from: internet, to: erp, port: 22 }
  - deny: { from: lan, to: db, port: 9 }
  - allow: { from: internet, to: erp.example.fr, port: 443 }
`,
  );
  expect(found.slice(-5)).toEqual([
    'expect/0/erp 10.10.0.15 fd00:10::15 open –',
    'expect/0/db 10.10.0.16 open –',
    'expect/1/erp 10.10.0.15 fd00:10::15',
    'expect/3 {"kind":"resolves","name":"erp.example.fr","port":443}',
    'erp.example.fr#dns/internet {"kind":"resolves","name":"erp.example.fr","addresses":["203.0.113.1"]}',
  ]);
});

test('whoever must not reach what is passed through is hung up on, where the proxy would answer 403', async () => {
  const found = await lines(
    'outside',
    `${perimeter}  base.example.fr: { service: base, scenario: direct, audience: { from: [lan] } }
  inner.example.fr: { service: erp, audience: { from: [lan] } }
expect:
  - deny: { from: internet, to: base.example.fr }
  - deny: { from: internet, to: inner.example.fr }
`,
  );
  expect(found.slice(-2)).toEqual([
    'expect/0 {"kind":"answers","door":{"name":"base.example.fr","port":443,"proxyProtocol":false,"from":[]},"path":"/"}',
    'expect/1 {"kind":"answers","door":{"name":"inner.example.fr","port":443,"proxyProtocol":false},"path":"/","from":[]}',
  ]);
});

test('what is published is promised to those whom a firewall lets as far as the gateway', async () => {
  const site = await siteOf(perimeter);
  const about = (vantage: string) =>
    new Set(expectationsFrom(site, host(site, vantage)).map((expectation) => expectation.about));
  expect(about('outside')).toContain('erp.example.fr');
  const inner = await siteOf(
    perimeter.replace('{ service: erp, audience: everyone }', '{ service: erp, audience: { from: [lan] } }'),
  );
  const from = (vantage: string) => expectationsFrom(inner, host(inner, vantage)).map((e) => e.about);
  expect(from('erp')).toContain('erp.example.fr');
  expect(from('outside')).not.toContain('erp.example.fr');
});

test('each promise is a sentence', async () => {
  const site = await siteOf(perimeter);
  for (const { promise } of networkPromises(site, host(site, 'gw'))) {
    expect(say('en', promise)).not.toMatch(/[{}]/);
    expect(say('fr', promise)).not.toMatch(/[{}]/);
  }
});
