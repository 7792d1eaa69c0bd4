import { expect, test } from 'vitest';
import { say } from '../i18n/index.ts';
import type { Manifest } from '../model/applied.ts';
import type { Site } from '../model/site.ts';
import { changes, exposureDiff } from './diff.ts';
import { flows } from './flows.ts';
import { networkFindings } from './network.ts';
import { plan } from './planner.ts';
import { siteOf } from './testing.ts';
import { exposure, letsInMore } from './topology.ts';

const facts = {
  prefixes: { nginx: '/var/lib/poterne/nginx' },
  versions: { nginx: '1.22.1' },
  addresses: {},
};

const written = (audience: string, more = '', factor = '') => `site: s
timezone: Europe/Paris
zones: { lan: { networks: [10.0.0.0/24] }, dmz: { networks: [10.0.20.0/24] } }
hosts: { dc1.lan: { address: 10.0.0.5 } }
people: { alice: { groups: [staff, it] } }
sign-in: { at: portail.example.fr, second-factor: { required: [${factor}] } }
directories:
  ad: { kind: ldap, servers: [ldaps://dc1.lan, "ldap://10.0.0.6"], base: "dc=lan", bind: { user: u, password: { file: /p } }, groups: { staff: [x] } }
  entra: { kind: openid, issuer: "https://id.example.com", client-id: p, groups: { staff: [x] } }
services: { crm: { url: "http://10.0.0.9", healthy: { path: / } }, rfe: { url: "http://10.0.0.8", healthy: { path: / } } }
publications:
  a.fr: { ${more}routes: { /: { service: crm }, /rfe/: { service: rfe } }, audience: ${audience} }
`;
const site = (audience: string, more = '', factor = '') => siteOf(written(audience, more, factor));
const applied = (of: Site): Manifest => ({
  ...{ format: 1, hash: 'h', site: of, standing: {} },
  files: Object.fromEntries(
    plan(of, facts).artefacts.map((a) => [a.path, { sha256: '', origins: a.origins }]),
  ),
});
async function diff(before: string, after: string, factors: readonly [string, string] = ['', '']) {
  const [was, is] = await Promise.all([site(before, '', factors[0]), site(after, '', factors[1])]);
  const { gained, lost } = exposureDiff(applied(was), plan(is, facts));
  const lines = (some: typeof gained) => some.map(({ who, what }) => `${what} ${who}`);
  return { gained: lines(gained), lost: lines(lost) };
}

test('exposure speaks of groups, hours and factors, where the rules lead', async () => {
  const found = exposure(
    await site(
      '[{ groups: [staff], mfa: required, from: [lan], when: Mon-Fri 07:00-20:00 }, { people: [carol@ad], paths: [/rfe/x/] }, { deny: true, groups: [it] }]',
    ),
  );
  expect(found.map(({ who, what, service }) => `${service} ${what}: ${who}`)).toEqual([
    'crm a.fr/: groups: staff; mfa: required; from: lan; when: Mon-Fri 07:00-20:00',
    'rfe a.fr/rfe/: groups: staff; mfa: required; from: lan; when: Mon-Fri 07:00-20:00',
    'rfe a.fr/rfe/x/: people: carol@ad; paths: /rfe/x/',
  ]);
});

test.each([
  // Narrower: only lost. Wider: only gained.
  ['everyone', '[{ groups: [staff] }]', 0, 2],
  ['[{ groups: [staff] }]', 'everyone', 2, 0],
  ['[{ groups: [staff] }]', '[{ groups: [staff], mfa: required }]', 0, 2],
  ['[{ groups: [staff], mfa: required }]', '[{ groups: [staff] }]', 2, 0],
  ['[{ groups: [staff] }]', '[{ groups: [staff, it] }]', 2, 0],
  ['[{ groups: [staff] }]', '[{ signed-in: true }]', 2, 0],
  ['[{ groups: [staff] }]', '[{ groups: [staff], from: [lan] }]', 0, 2],
  ['[{ groups: [staff], from: [10.0.0.7] }]', '[{ groups: [staff], from: [lan] }]', 2, 0],
  ['[{ groups: [staff] }]', '[{ groups: [staff] }, { deny: true, groups: [it] }]', 0, 2],
  ['[{ groups: [staff] }]', '[{ groups: [staff], paths: [/rfe/] }]', 0, 1],
  ['[{ groups: [staff], paths: [/rfe/] }]', '[{ groups: [staff] }]', 1, 0],
  ['[{ groups: [staff] }]', '[{ groups: [staff], paths: [/rfe/x/] }]', 0, 2],
  // Something else: both.
  ['[{ groups: [staff] }]', '[{ groups: [it] }]', 2, 2],
  [
    '[{ groups: [staff], when: Mon-Fri 08:00-18:00 }]',
    '[{ groups: [staff], when: Mon-Fri 08:00-19:00 }]',
    2,
    2,
  ],
  ['[{ groups: [staff] }]', '[{ groups: [staff] }]', 0, 0],
])('from %s to %s: gained %i, lost %i', async (before, after, gained, lost) => {
  const found = await diff(before, after);
  expect([found.gained.length, found.lost.length]).toEqual([gained, lost]);
});

test('what the site asks of people counts too', async () => {
  const rules = '[{ groups: [staff] }]';
  expect(await diff(rules, rules, ['{ groups: [staff] }', ''])).toMatchObject({ lost: [] });
  expect((await diff(rules, rules, ['{ groups: [staff] }', ''])).gained).toHaveLength(2);
  expect((await diff(rules, rules, ['', '{ from: [internet] }'])).lost).toHaveLength(2);
});

test('rules come and go in the words of the description', async () => {
  const said = async (before: string, after: string) => {
    const [was, is] = await Promise.all([site(before), site(after)]);
    return changes(applied(was), plan(is, facts))
      .map((change) => `${change.kind}: ${say('en', change.say)}`)
      .filter((line) => !line.includes('generated'));
  };
  expect(await said('[{ groups: [staff] }]', '[{ groups: [staff], mfa: required }]')).toEqual([
    'add: audience of a.fr: groups: staff; mfa: required',
    'remove: no longer in the audience of a.fr: groups: staff',
  ]);
  expect(
    await said('[{ groups: [staff] }, { groups: [it] }]', '[{ groups: [it] }, { groups: [staff] }]'),
  ).toEqual([]);
});

test('a version of before goes on only where its rules are those of now', async () => {
  const version = async (audience: string) => {
    const of = await site(audience);
    return { site: of, publication: of.publications[0] as Site['publications'][number] };
  };
  const [guarded, other, open] = await Promise.all(
    ['[{ groups: [staff] }]', '[{ groups: [it] }]', 'everyone'].map(version),
  );
  if (!guarded || !other || !open) throw new Error('no version');
  expect(letsInMore(guarded, guarded)).toBe(false);
  expect(letsInMore(guarded, other)).toBe(true);
  expect(letsInMore(open, guarded)).toBe(true);
  expect(letsInMore(guarded, open)).toBe(false);
});

test('the gateway may reach directories and providers, and visitors the gateway, as the rules say', async () => {
  const found = flows(await site('[{ groups: [staff], from: [lan] }]'));
  const told = found.map(
    ({ from, to, port, reasons }) =>
      `${from.name} → ${to.name}:${port} ${reasons.map(({ say: text }) => text.code).join()}`,
  );
  expect(told).toContain('localhost → dc1.lan:636 flow.directory');
  expect(told).toContain('localhost → 10.0.0.6/32:389 flow.directory');
  expect(told).toContain('localhost → internet:443 flow.directory');
  expect(told).toContain('lan → localhost:443 flow.guarded');
});

test('a directory whose address nobody tells is found where a firewall should let it through', async () => {
  const managed = written('everyone')
    .replace('hosts: {', 'hosts: { gw: { address: 10.0.20.2, zone: dmz, roles: [gateway], ssh: {} },')
    .replace('site: s', 'site: s\nadmin: { from: [lan] }');
  const codes = async (yaml: string) =>
    networkFindings(await siteOf(yaml)).map(({ code, params }) => [code, params.name]);
  expect(await codes(managed)).not.toContainEqual(['firewall.address.unknown', 'dc1.lan']);
  expect(await codes(managed.replace('dc1.lan: {', 'autre: {'))).toContainEqual([
    'firewall.address.unknown',
    'dc1.lan',
  ]);
});
