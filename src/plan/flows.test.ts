import { expect, test } from 'vitest';
import { say } from '../i18n/index.ts';
import type { Site } from '../model/site.ts';
import { flows, localLinks } from './flows.ts';
import { forwardings } from './forwardings.ts';
import { perimeter, siteOf } from './testing.ts';

const ground = `site: s
zones:
  lan: { networks: [10.0.0.0/24, "fd00:1::/64"] }
  dmz: { networks: [10.0.20.0/24] }
  admin: { networks: [10.0.0.128/25] }
hosts:
  gw: { address: 10.0.20.2, zone: dmz, roles: [gateway] }
  erp: { address: 10.0.0.15 }
  wiki: { address: wiki.lan, zone: lan }
  bare: {}
`;

const site = (service: string, audience: string, gateway = '{}') =>
  siteOf(`${ground}gateway: ${gateway}
services:
  app: { healthy: { path: / }, ${service} }
publications:
  app.example.fr: { service: app, audience: ${audience} }
`);

/** Flows in one line each: ends with their zones, the port, and why. */
const lines = (of: Site) =>
  flows(of).map(({ from, to, port, forwardedTo, reasons }) => {
    const end = (e: typeof from) => e.name + ('zone' in e ? `@${e.zone}` : '');
    const ports = forwardedTo ? `${port}>${forwardedTo}` : port;
    return `${end(from)} → ${end(to)}:${ports} (${reasons.map((r) => r.say.code).join(' ')})`;
  });

const url = 'url: "http://10.0.0.15:8069"';

test.each<[string, string, string, string, string[]]>([
  [
    'everyone',
    url,
    'everyone',
    '{}',
    ['internet → gw@dmz:443 (flow.everyone)', 'internet → gw@dmz:80 (flow.redirect)'],
  ],
  [
    'zones and networks, which stand in the smallest zone that holds them',
    url,
    '{ from: [lan, 192.0.2.7, 10.0.0.200] }',
    '{}',
    [
      'lan → gw@dmz:443 (flow.audience)',
      'lan → gw@dmz:80 (flow.redirect)',
      '192.0.2.7/32 → gw@dmz:443 (flow.audience)',
      '192.0.2.7/32 → gw@dmz:80 (flow.redirect)',
      '10.0.0.200/32@admin → gw@dmz:443 (flow.audience)',
      '10.0.0.200/32@admin → gw@dmz:80 (flow.redirect)',
    ],
  ],
  [
    'other ports, one of them forwarded by something in front',
    url,
    'everyone',
    '{ http-port: 8080, https-port: 8443, public-port: 443 }',
    ['internet → gw@dmz:443>8443 (flow.everyone)', 'internet → gw@dmz:8080 (flow.redirect)'],
  ],
  [
    'a load balancer in front',
    url,
    '{ from: [lan] }',
    '{ trusted-fronts: [10.0.20.5] }',
    [
      'lan → gw@dmz:443 (flow.audience)',
      'lan → gw@dmz:80 (flow.redirect)',
      '10.0.20.5/32@dmz → gw@dmz:443 (flow.front)',
      '10.0.20.5/32@dmz → gw@dmz:80 (flow.front)',
    ],
  ],
])('visitors: %s', async (_, service, audience, gateway, expected) => {
  expect(lines(await site(service, audience, gateway)).filter((l) => l.includes('→ gw'))).toEqual(expected);
});

test.each<[string, string, string[], string[]]>([
  ['by address', url, ['erp@lan:8069'], []],
  ['by name', 'url: "http://WIKI.lan"', ['wiki@lan:80'], []],
  ['by the host that the service names', 'host: bare, url: "http://other.lan:81"', ['bare:81'], []],
  [
    'an address that the named host has not',
    'host: erp, url: "http://10.0.0.16"',
    ['10.0.0.16/32@lan:80'],
    [],
  ],
  ['an address that no host has', 'url: "http://10.0.20.9:81"', ['10.0.20.9/32@dmz:81'], []],
  ['IPv6', 'url: "http://[fd00:1::9]:81"', ['fd00:1::9/128@lan:81'], []],
  ['an address in no zone', 'url: "http://192.0.2.9"', ['192.0.2.9/32:80'], []],
  ['a name that nobody has', 'url: "http://cloud.example.com"', ['cloud.example.com:80'], []],
  ['a unix socket', 'url: "unix:/run/app.sock"', [], ['unix:/run/app.sock']],
  ['loopback', 'url: "http://127.0.0.1:81"', [], ['127.0.0.1:81']],
  ['localhost', 'url: "http://localhost:81"', [], ['localhost:81']],
  ['loopback, of a host that is not here', 'host: erp, url: "http://[::1]:81"', [], ['[::1]:81 erp']],
  ['an address of the gateway itself', 'url: "http://10.0.20.2:81"', [], ['10.0.20.2:81']],
  ['an address that it listens on', 'url: "http://10.9.9.9:81"', [], ['10.9.9.9:81']],
  [
    'several upstreams',
    'upstreams: [{ url: "http://10.0.0.15" }, { url: "http://10.0.0.16", backup: true }]',
    ['erp@lan:80', '10.0.0.16/32@lan:80'],
    [],
  ],
])('upstreams: %s', async (_, service, expected, local) => {
  const found = await site(service, 'everyone', '{ listen: [10.9.9.9] }');
  const upstream = lines(found).filter((l) => l.startsWith('gw'));
  expect(upstream).toEqual(expected.map((to) => `gw@dmz → ${to} (flow.upstream)`));
  expect(localLinks(found).map(({ at, host }) => (host ? `${at} ${host}` : at))).toEqual(local);
});

test('a flow that several things ask for is one, with all the reasons', async () => {
  const found = flows(
    await siteOf(`${ground}
services:
  app: { url: "http://10.0.0.15:8069", healthy: { path: / } }
  idle: { url: "http://10.0.0.15:9000", healthy: { path: / } }
publications:
  a.example.fr: { audience: { from: [lan] }, routes: { /: { service: app }, /b/: { service: app } } }
  b.example.fr: { service: app, audience: { from: [lan] } }
`),
  );
  const told = found.map(({ from, to, port, reasons }) => [
    `${from.name} ${to.name} ${port}`,
    reasons.map((r) => `${r.because}: ${say('en', r.say)}`),
  ]);
  expect(told).toEqual([
    [
      'lan gw 443',
      [
        '/publications/a.example.fr/audience: a.example.fr is open to lan',
        '/publications/b.example.fr/audience: b.example.fr is open to lan',
      ],
    ],
    [
      'lan gw 80',
      [
        '/publications/a.example.fr: a.example.fr: plain http is sent on to https',
        '/publications/b.example.fr: b.example.fr: plain http is sent on to https',
      ],
    ],
    [
      'gw erp 8069',
      [
        '/publications/a.example.fr/routes/~1: a.example.fr is served by app',
        '/publications/b.example.fr/service: b.example.fr is served by app',
      ],
    ],
  ]);
});

test('nothing published, nothing open', async () => {
  expect(flows(await siteOf(`${ground}gateway: { trusted-fronts: [10.0.20.5] }\n`))).toEqual([]);
});

test('everyone and a zone that is called internet are told apart', async () => {
  const found = flows(
    await siteOf(`site: s
zones: { internet: { networks: [203.0.113.0/24] } }
services: { app: { url: "http://10.0.0.15", healthy: { path: / } } }
publications:
  a.example.fr: { service: app, audience: everyone }
  b.example.fr: { service: app, audience: { from: [internet] } }
`),
  );
  expect(found.filter((f) => f.port === 443).map((f) => f.from)).toEqual([
    { kind: 'zone', name: 'internet', networks: ['0.0.0.0/0', '::/0'] },
    { kind: 'zone', name: 'internet', networks: ['203.0.113.0/24'] },
  ]);
});

test('administration, needs, granted flows and forwarded ports', async () => {
  const site = await siteOf(perimeter);
  expect(lines(site)).toEqual([
    'internet → gw@dmz:443>8443 (flow.everyone)',
    'internet → gw@dmz:80 (flow.redirect)',
    '192.0.2.0/24 → router:2022 (flow.audience)',
    '192.0.2.0/24 → erp@lan:22 (flow.audience)',
    'gw@dmz → erp@lan:8069 (flow.upstream)',
    'erp@lan → db@lan:5432 (flow.needs)',
    'dmz → internet:80 (flow.grant)',
    'dmz → internet:443 (flow.grant)',
    'dmz → 10.10.0.53/32@lan:53 (flow.grant)',
    'lan → router:22 (flow.admin)',
    'lan → gw@dmz:22 (flow.admin)',
    'gw@dmz → erp@lan:22 (flow.admin.via)',
    'gw@dmz → db@lan:2222 (flow.admin.via)',
  ]);
  const outside = flows(site).find(({ to }) => to.kind === 'internet')?.to;
  expect(outside).toMatchObject({
    except: expect.arrayContaining(['10.10.0.0/24', 'fd00:10::/64', '10.0.0.0/8']),
  });
  expect(
    forwardings(site).map(({ at, addresses, port, to, masquerade }) => ({
      at,
      addresses,
      port,
      to,
      masquerade,
    })),
  ).toEqual([
    {
      at: 'router',
      addresses: ['203.0.113.1'],
      port: 443,
      to: [{ address: '10.20.0.2', port: 8443 }],
      masquerade: false,
    },
    {
      at: 'router',
      addresses: ['203.0.113.1'],
      port: 80,
      to: [{ address: '10.20.0.2', port: 80 }],
      masquerade: false,
    },
    {
      at: 'router',
      addresses: ['203.0.113.1'],
      port: 2022,
      to: [{ address: '10.10.0.15', port: 22 }],
      masquerade: false,
    },
  ]);
});

test('without a router the gateway forwards, and stands for the visitors', async () => {
  const site = await siteOf(perimeter.replace('roles: [router], ', ''));
  expect(forwardings(site)).toMatchObject([{ at: 'gw', addresses: [], port: 2022, masquerade: true }]);
  expect(lines(site)).toContain('gw@dmz → erp@lan:22 (flow.audience flow.admin.via)');
});

test('from the bastion to the machines that somebody may enter, once it is set up', async () => {
  const key = (n: number) => {
    const field = (bytes: Buffer) => Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]);
    return `ssh-ed25519 ${Buffer.concat([field(Buffer.from('ssh-ed25519')), field(Buffer.alloc(32, n))]).toString('base64')}`;
  };
  const described = (bastion: string) =>
    siteOf(`site: s
zones: { lan: { networks: [10.0.0.0/24] } }
admin: { from: [10.0.0.9] }
hosts:
  gw: { address: 10.0.0.1, roles: [gateway], ssh: { user: debian } }
  prod1: { address: 10.0.0.11, ssh: { user: debian, via: gw, port: 2222 } }
  prod2: { address: 10.0.0.12, ssh: { user: debian, via: gw } }
  prod3: { address: 10.0.0.13, ssh: { user: debian } }
people: { alice: {}, bob: {} }
access: [{ people: [alice], to: prod1 or gw, as: [debian] }]
bastion: { ${bastion} break-glass: { people: [bob], to: prod3, as: [root] } }
`);
  const led = (of: Site) => lines(of).filter((line) => line.includes('flow.bastion'));
  expect(led(await described(`authority: ${key(1)}, host-authority: ${key(2)}, `))).toEqual([
    'gw@lan → prod1@lan:2222 (flow.admin.via flow.bastion)',
    'gw@lan → prod3@lan:22 (flow.bastion)',
  ]);
  expect(led(await described(''))).toEqual([]);
});

test('the gateway reaches whom it asks for certificates, and where it writes and sees records', async () => {
  const asking = (acme: string, tls = 'acme') =>
    siteOf(`${ground}acme: ${acme}
services:
  app: { healthy: { path: / }, url: "http://127.0.0.1:80" }
publications:
  app.example.fr: { service: app, audience: everyone, tls: ${tls} }
`);
  const asked = async (acme: string, tls?: string) =>
    lines(await asking(acme, tls)).filter((line) => line.includes('flow.acme'));
  expect(await asked('{ terms: agreed }')).toEqual(['gw@dmz → internet:443 (flow.acme)']);
  expect(await asked('{ terms: agreed }', 'internal')).toEqual([]);
  const own = '{ terms: agreed, directory: "https://10.0.0.15:9000/acme", trust: ca.pem }';
  expect(await asked(own)).toEqual(['gw@dmz → erp@lan:9000 (flow.acme)']);
  const key = '{ name: k, secret: { file: /k } }';
  const dns = `{ terms: agreed, challenge: dns, dns: { rfc2136: { server: "10.0.0.15:5353", key: ${key} } } }`;
  expect(await asked(dns)).toEqual([
    'gw@dmz → internet:443 (flow.acme)',
    'gw@dmz → erp@lan:5353 (flow.acme.dns)',
    ...['erp@lan', 'erp@lan', 'internet', 'internet'].map((to) => `gw@dmz → ${to}:53 (flow.acme.dns)`),
  ]);
});

test('the gateway reaches the mail server where letters of its own leave: of alarms, and of the portal', async () => {
  const leaving = async (mail: string, more = '') =>
    lines(
      await siteOf(`${ground}mail: { from: p@x.fr, ${mail} }
${more}
services:
  app: { healthy: { path: / }, url: "http://127.0.0.1:80" }
publications:
  app.example.fr: { service: app, audience: everyone }
`),
    ).filter((line) => line.includes('flow.mail'));
  expect(await leaving('smtp: { host: 10.0.0.15 }')).toEqual([]);
  expect(await leaving('smtp: { host: 10.0.0.15 }, alert: [dsi@x.fr]')).toEqual([
    'gw@dmz → erp@lan:587 (flow.mail)',
  ]);
  expect(await leaving('smtp: { host: mx.x.fr, tls: implicit }, alert: [dsi@x.fr]')).toEqual([
    'gw@dmz → internet:465 (flow.mail)',
  ]);
  const portal = 'people: { bob: {} }\nsign-in: { at: portail.example.fr, tls: internal }';
  expect(await leaving('smtp: { host: erp }', portal)).toEqual(['gw@dmz → erp@lan:587 (flow.mail)']);
});

test('a certificate that all of a publication wants is part of whom it is open to', async () => {
  const guarded = await siteOf(`${ground}services: { app: { ${url}, healthy: { path: / } } }
tls-configurations:
  must: { client-certificate: required, authorities: [internal] }
  may: { client-certificate: optional, authorities: [internal] }
publications:
  a.example.fr: { service: app, audience: everyone, tls-configuration: must }
  b.example.fr: { service: app, audience: { from: [lan] }, tls-configuration: must }
  c.example.fr: { service: app, audience: everyone, tls-configuration: may }
`);
  const said = flows(guarded).flatMap(({ reasons }) => reasons.map((reason) => say('en', reason.say)));
  expect(said.filter((text) => text.includes(' is open to '))).toEqual([
    'a.example.fr is open to everyone with a certificate of "must"',
    'c.example.fr is open to everyone',
    'b.example.fr is open to lan, with a certificate of "must"',
  ]);
});
