import { expect, test } from 'vitest';
import { describe, shippable } from './index.ts';
import { memory } from './testing.ts';

const read = (text: string) =>
  describe('/home/me/site.yaml', {
    files: memory({ '/home/me/site.yaml': `site: s\n${text}`, '/home/me/geo/country.mmdb': '' }),
  });

const ground = `zones: { lan: { networks: [10.0.0.0/24] } }
people: { alice: { groups: [admins] }, bob: {} }
services: { crm: { url: "http://10.0.0.9", healthy: { path: / } } }
publications:
  crm.example.fr: { service: crm, audience: everyone }
`;
const portal = 'at: portail.example.fr';
const ldap =
  'kind: ldap, servers: [ldaps://a.lan], base: "dc=lan", bind: { user: u, password: { file: /p } }, groups: { staff: [x] }';
const openid = 'kind: openid, issuer: "https://id.example.fr", client-id: p, groups: { staff: [x] }';

test.each([
  [`sign-in: { ${portal} }`, []],
  ['sign-in: {}', ['sign-in.key.missing /sign-in']],
  [`sign-in: { ${portal}, tsl: acme }`, ['sign-in.key.unknown /sign-in/tsl']],
  ['sign-in: { at: "*.example.fr" }', ['value.dns /sign-in/at']],
  ['sign-in: { at: CRM.example.fr. }', ['sign-in.at.taken /sign-in/at']],
  [`sign-in: { ${portal}, tls: acme }`, ['acme.missing /sign-in/tls']],
  [`sign-in: { ${portal}, sources: [local, ad, local] }`, ['directory.unknown', 'value.twice']],
  [`sign-in: { ${portal}, session: { idle: 1s } }`, ['sign-in.session /sign-in/session/idle']],
  [`sign-in: { ${portal}, session: { longest: 90d } }`, ['sign-in.session /sign-in/session/longest']],
  [`sign-in: { ${portal}, session: { idle: 2h, longest: 1h } }`, ['sign-in.session.idle']],
  [`sign-in: { ${portal}, second-factor: { methods: [sms] } }`, ['value.choice']],
  [`sign-in: { ${portal}, second-factor: { remember: 800d } }`, ['sign-in.remember']],
  [`sign-in: { ${portal}, second-factor: { required: [{}] } }`, ['sign-in.required.empty']],
  [`sign-in: { ${portal}, second-factor: { required: [{ groups: [admin] }] } }`, ['person.group.unknown']],
  [
    `sign-in: { ${portal}, second-factor: { required: [{ from: [internet, lan, 10.0.0.0/8, lna, everyone, 1.2.3] }] } }`,
    ['zone.unknown', 'audience.everyone', 'value.network'],
  ],
  [`sign-in: { ${portal}, brand: { logo: a.gif, colour: red } }`, ['value.colour', 'sign-in.logo']],
  [`sign-in: { ${portal} }\ndirectories: { ad: { ${ldap} }, entra: { ${openid} } }`, []],
  [
    `directories: { ad: { ${ldap} } }`,
    ['directory.unused /directories/ad', 'person.keys.missing', 'person.keys.missing'],
  ],
  [`sign-in: { ${portal} }\ndirectories: { local: { ${ldap} } }`, ['directory.local /directories/local']],
  [`sign-in: { ${portal} }\ndirectories: { a@b: { ${ldap} } }`, ['directory.name /directories/a@b']],
  [`sign-in: { ${portal} }\ndirectories: { a: { kind: nis } }`, ['value.choice /directories/a/kind']],
  [`sign-in: { ${portal} }\ndirectories: { a: {} }`, ['directory.key.missing /directories/a']],
  [
    `sign-in: { ${portal} }\ndirectories: { a: { ${ldap}, nested: false } }`,
    ['directory.key.unknown /directories/a/nested'],
  ],
  [
    `sign-in: { ${portal} }\ndirectories: { a: { kind: ldap, servers: [ldaps://A.lan, "ldaps://a.lan:636"], base: "dc=lan", bind: { user: u, password: { file: /p } } } }`,
    ['directory.groups.missing /directories/a', 'value.twice /directories/a/servers/1'],
  ],
  [
    `sign-in: { ${portal} }\ndirectories: { a: { kind: ldap, servers: [ldap.lan, "ldap://a:0"], base: lan, filter: "(a=b", attributes: { login: "a b" }, bind: { user: u, password: hunter2 }, groups: { staff: [] } } }`,
    [
      ...['value.directory.server', 'value.directory.server', 'value.dn', 'value.filter', 'value.attribute'],
      ...['secret.written', 'value.empty'],
    ],
  ],
  [
    `sign-in: { ${portal} }\ndirectories: { a: { kind: openid, issuer: "http://id", client-id: p, client-secret: hunter2, scopes: [email] } }`,
    ['value.issuer', 'secret.written'],
  ],
  [
    `sign-in: { ${portal} }\ndirectories: { a: { kind: openid, issuer: "https://id", client-id: p, scopes: [email] } }`,
    ['directory.groups.missing', 'directory.scopes'],
  ],
])('%s', async (text, found) => {
  const { findings } = await read(ground + text);
  const told = findings.map(({ code, pointer }) => `${code} ${pointer}`);
  expect(told.sort()).toEqual([...found].sort().map((each) => expect.stringMatching(`^${each}`)));
  expect(JSON.stringify(findings)).not.toContain('hunter2');
});

const whole = `${ground}sign-in:
  at: Portail.example.fr.
  tls: { certificate: tls/portal.pem, key: tls/portal.key }
  guests: [contractors]
  second-factor: { remember: 30d, required: [{ groups: [admins], from: [internet] }] }
  brand: { name: Mairie, logo: logo.svg, colour: "#33669A" }
directories:
  ad:
    kind: active-directory
    servers: [ldaps://dc1.example.lan, "ldap://[fd00::2]:3389"]
    trust: { ca: pki/ad.pem }
    base: "dc=example,dc=lan"
    bind: { user: poterne@example.lan, password: { file: /etc/poterne/secrets/ad } }
    groups: { staff: ["CN=Staff,OU=Groups,DC=example,DC=lan"] }
  entra: { ${openid} }
`;

test('what is described is resolved, with its defaults', async () => {
  const { site } = await read(whole);
  expect(site?.signIn).toMatchObject({
    at: 'portail.example.fr',
    id: 'portail_example_fr',
    tls: { kind: 'files', certificate: '/home/me/tls/portal.pem' },
    sources: ['local', 'ad', 'entra'],
    guestGroups: ['contractors'],
    session: { idle: 3_600_000, longest: 43_200_000 },
    secondFactor: { methods: ['totp', 'passkey'], remember: 2_592_000_000 },
    brand: { name: 'Mairie', logo: '/home/me/logo.svg', colour: '#33669a' },
  });
  const { networks = [] } = site?.signIn?.secondFactor.required[0] ?? {};
  expect(networks).toContain('8.0.0.0/7');
  expect(networks.some((each) => each.startsWith('10.'))).toBe(false);
  expect(site?.directories).toMatchObject([
    {
      name: 'ad',
      servers: [
        { host: 'dc1.example.lan', port: 636, startTls: false },
        { host: 'fd00::2', port: 3389, startTls: true },
      ],
      trust: { ca: '/home/me/pki/ad.pem' },
      bind: { password: { file: '/etc/poterne/secrets/ad' } },
      attributes: {},
    },
    { name: 'entra', scopes: ['openid', 'profile', 'email'], groupsClaim: 'groups', secondFactor: [] },
  ]);
});

test('a gateway that is reached over SSH gets the same', async () => {
  const { site, sources } = await read(whole);
  if (!site) throw new Error('no site');
  const shipment = shippable(sources, site, '/etc/poterne/files');
  expect(shipment.files.map(({ from }) => from).sort()).toEqual([
    ...['/home/me/logo.svg', '/home/me/pki/ad.pem', '/home/me/tls/portal.key', '/home/me/tls/portal.pem'],
  ]);
  const arrived = await describe('/etc/poterne/site.yaml', {
    files: memory({ '/etc/poterne/site.yaml': shipment.yaml }),
  });
  expect(arrived.site?.signIn).toEqual(shipment.site.signIn);
  expect(arrived.site?.directories).toEqual(shipment.site.directories);
});
