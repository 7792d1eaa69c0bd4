import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { describe } from '../describe/index.ts';
import { memory } from '../describe/testing.ts';
import { say } from '../i18n/index.ts';
import { sha256 } from '../lib/digest.ts';
import type { Manifest } from '../model/applied.ts';
import type { Plan } from '../model/plan.ts';
import { changes, exposureDiff } from './diff.ts';
import { plan } from './planner.ts';
import { letsInMore } from './topology.ts';

const facts = { prefixes: { nginx: '/var/lib/poterne/nginx' }, versions: { nginx: '1.22.1' }, addresses: {} };

async function planned(yaml: string, addresses = {}): Promise<Plan> {
  const { site, findings } = await describe('site.yaml', { files: memory({ [resolve('site.yaml')]: yaml }) });
  if (!site) throw new Error(JSON.stringify(findings));
  return plan(site, { ...facts, addresses });
}

/** What would be active after applying a plan. */
function applied({ site, artefacts }: Plan, standing: Manifest['standing'] = {}): Manifest {
  const files = Object.fromEntries(
    artefacts.map((a) => [a.path, { sha256: sha256(a.text), origins: a.origins }]),
  );
  return { format: 1, hash: 'h', site, files, standing };
}

const sentences = (active: Manifest | undefined, wanted: Plan) =>
  changes(active, wanted).map((change) => `${change.kind}: ${say('en', change.say)}`);

const house = `
site: house
zones: { lan: { networks: [10.0.0.0/24] } }
services:
  erp: { url: "http://erp.lan:8069", healthy: { path: / } }
  zm: { url: "http://10.0.0.16", healthy: { path: /zm/ } }
publications:
  erp.example.fr: { service: erp, audience: { from: [lan] }, limits: { requests: 10/s, burst: 20 } }
  house.example.fr:
    audience: everyone
    routes: { /zm/: { service: zm } }
`;

test('the name of the portal opens to everyone with sign-in, moves with it, and closes', async () => {
  const closed = await planned(house);
  const signing = (at: string) => planned(`${house}sign-in: { at: ${at} }\n`);
  const [here, there] = [await signing('portal.example.fr'), await signing('login.example.fr')];
  const reach = (at: string) => ({ who: 'everyone', what: `${at}/`, service: 'sign-in' });
  expect(exposureDiff(applied(closed), here)).toEqual({ gained: [reach('portal.example.fr')], lost: [] });
  expect(exposureDiff(applied(here), here)).toEqual({ gained: [], lost: [] });
  expect(exposureDiff(applied(here), there)).toEqual({
    gained: [reach('login.example.fr')],
    lost: [reach('portal.example.fr')],
  });
  expect(exposureDiff(applied(here), closed)).toEqual({ gained: [], lost: [reach('portal.example.fr')] });
});

test('from nothing, every publication and all its exposure are new', async () => {
  const wanted = await planned(house);
  expect(sentences(undefined, wanted)).toEqual([
    'add: publish erp.example.fr: / → erp (for lan)',
    'add: erp.example.fr: one address may ask 10/s (so far without limit)',
    'add: publish house.example.fr: /zm/ → zm (for everyone)',
  ]);
  expect(exposureDiff(undefined, wanted)).toEqual({
    gained: [
      { who: 'lan', networks: ['10.0.0.0/24'], what: 'erp.example.fr/', service: 'erp' },
      { who: 'everyone', what: 'house.example.fr/zm/', service: 'zm' },
    ],
    lost: [],
  });
});

test('the same description changes nothing', async () => {
  const active = applied(await planned(house));
  const wanted = await planned(house);
  expect(changes(active, wanted)).toEqual([]);
  expect(exposureDiff(active, wanted)).toEqual({ gained: [], lost: [] });
});

test.each([
  ['burst: 20', 'burst: 40', ['change: erp.example.fr: limits.burst: 20 → 40']],
  ['requests: 10/s', 'requests: 30/m', ['change: erp.example.fr: one address may ask 30/m (so far 10/s)']],
  [
    'burst: 20',
    'burst: 20, all: { requests: 90/s, connections: 40 }, download: { rate: 2MB/s, after: 1MB }, upload: 3MB/s',
    [
      'change: erp.example.fr: all visitors together may ask 90/s (so far without limit)',
      'change: erp.example.fr: all visitors together may have 40 requests in progress (so far without limit)',
      'change: erp.example.fr: an answer comes at 2MB/s (so far without limit)',
      'change: erp.example.fr: limits.download.after: – → 1MB',
      'change: erp.example.fr: a connection sends at 3MB/s (so far without limit)',
    ],
  ],
  [
    'requests: 10/s, burst: 20',
    'connections: 5',
    expect.arrayContaining([
      'change: erp.example.fr: one address may ask without limit (so far 10/s)',
      'change: erp.example.fr: one address may have 5 requests in progress (so far without limit)',
    ]),
  ],
  [
    'site: house',
    'site: house\ngateway: { limits: { connections: 50 } }',
    [
      'change: gateway: one address may have 50 requests in progress on all publications (so far without limit)',
    ],
  ],
  [', burst: 20', '', ['change: erp.example.fr: limits.burst: 20 → –']],
  [
    '/zm/: {',
    '/camera/: {',
    ['add: house.example.fr: open /camera/ to zm', 'remove: house.example.fr: close /zm/'],
  ],
  ['http://10.0.0.16', 'http://10.0.0.17', ['change: zm: upstreams.0.address.host: 10.0.0.16 → 10.0.0.17']],
  [
    'site: house',
    'site: house\nsign-in: { at: portal.example.fr, session: { idle: 90m } }',
    expect.arrayContaining([
      'change: sign-in: session.idle: – → 90m',
      'change: sign-in: session.longest: – → 12h',
    ]),
  ],
  [
    'burst: 20 } }',
    'burst: 20 }, scenario: proxy+waf, waf: { request-body: 256KB, exclusions: [{ rule: 942100, path: /search, target: "ARGS:q", why: people search }] } }',
    expect.arrayContaining([
      'change: erp.example.fr: rule 942100 of the firewall does not read ARGS:q under /search: people search',
      'change: erp.example.fr: waf.request-body: – → 256kB',
    ]),
  ],
  ['site: house', 'site: house\nlanguage: fr', ['change: site: language: en → fr']],
  [
    'site: house',
    'site: house\ngateway: { https-port: 8443 }',
    expect.arrayContaining(['change: gateway: https-port: 443 → 8443']),
  ],
])('%s → %s is said as a person would', async (from, to, expected) => {
  expect(sentences(applied(await planned(house)), await planned(house.replace(from, to)))).toEqual(expected);
});

test('bans that begin, change and end are said, also of what is applied first', async () => {
  const bans = (words: string) => planned(house.replace('site: house', `site: house\nbans: ${words}`));
  const none = await planned(house);
  const some = await bans('{ ssh: false, portal: false, waf: false, floods: false, never: [lan] }');
  const scans =
    'add: bans: 10 requests for names that nobody published in 10m ban their address for 1h, at most 7d';
  const lan = 'add: bans: lan is never banned';
  expect(sentences(applied(none), some)).toEqual([scans, lan]);
  expect(sentences(undefined, some)).toEqual(expect.arrayContaining([scans, lan]));
  expect(sentences(applied(some), some)).toEqual([]);
  const other = await bans(
    '{ ssh: false, portal: false, waf: false, floods: {}, scans: { for: 2h }, contact: it@example.fr }',
  );
  expect(sentences(applied(some), other)).toEqual([
    'add: bans: 300 requests that are too many (429) in 1m ban their address for 5m, at most 1d',
    'change: bans: scans (failures, within, for, longest): 10, 10m, 2h, 7d (so far 10, 10m, 1h, 7d)',
    'remove: bans: lan may be banned',
    'change: bans: the banned are told to ask it@example.fr (so far –)',
  ]);
  expect(sentences(applied(other), none)).toEqual([
    'remove: bans: nobody is banned any more for requests that are too many (429)',
    'remove: bans: nobody is banned any more for requests for names that nobody published',
  ]);
});

test('a certificate that will be asked for is said with its names and its server, once', async () => {
  const acme = `${house}acme: { terms: agreed, challenge: dns, dns: { hook: [/usr/local/bin/dns] } }\n`;
  const over = (tls: string) =>
    planned(acme.replace('house.example.fr:', `house.example.fr:\n    tls: ${tls}`));
  const asked = 'add: a certificate for house.example.fr will be asked of acme-v02.api.letsencrypt.org';
  expect(sentences(applied(await planned(house)), await over('acme'))).toContain(asked);
  expect(sentences(applied(await over('acme')), await over('acme'))).toEqual([]);
  const more = await over('{ acme: { names: [house.example.fr, www.example.fr] } }');
  expect(sentences(applied(await over('acme')), more)).toContain(
    'add: a certificate for house.example.fr, www.example.fr will be asked of acme-v02.api.letsencrypt.org',
  );
});

test('widening an audience is exposure gained, narrowing it exposure lost', async () => {
  const narrow = await planned(house);
  const wide = await planned(house.replace('{ from: [lan] }', 'everyone'));
  const everyone = { who: 'everyone', what: 'erp.example.fr/', service: 'erp' };
  // Whoever is in the lan is among everyone, and can reach it before and after.
  expect(exposureDiff(applied(narrow), wide)).toEqual({ gained: [everyone], lost: [] });
  expect(exposureDiff(applied(wide), narrow)).toEqual({ gained: [], lost: [everyone] });
});

test('a zone that grows is exposure gained, one that shrinks exposure lost', async () => {
  const small = await planned(house);
  const large = await planned(house.replace('10.0.0.0/24', '10.0.0.0/16'));
  const lan = (network: string) => ({
    who: 'lan',
    networks: [network],
    what: 'erp.example.fr/',
    service: 'erp',
  });
  expect(exposureDiff(applied(small), large)).toEqual({ gained: [lan('10.0.0.0/16')], lost: [] });
  expect(exposureDiff(applied(large), small)).toEqual({ gained: [], lost: [lan('10.0.0.0/16')] });
});

test('a publication that is not served as described is still to do', async () => {
  const wanted = await planned(house);
  const id = wanted.site.publications[0]?.id as string;
  const active = applied(wanted, { [id]: { state: 'stand-in', complaint: 'no' } });
  expect(sentences(active, wanted)).toEqual([
    'add: publish erp.example.fr: / → erp (for lan)',
    'add: erp.example.fr: one address may ask 10/s (so far without limit)',
  ]);
});

test('what a kept publication still lets in counts, and what it does not yet is still to do', async () => {
  const before = await planned(house);
  const [served] = before.site.publications;
  if (!served) throw new Error('no publication');
  const wide = await planned(house.replace('{ from: [lan] }', 'everyone'));
  const active = applied(wide, { [served.id]: { state: 'kept', complaint: 'no', served } });
  expect(sentences(active, wide)).toEqual(['change: erp.example.fr: audience.from: lan → everyone']);
  expect(exposureDiff(active, wide).gained).toEqual([
    { who: 'everyone', what: 'erp.example.fr/', service: 'erp' },
  ]);
});

test.each([
  ['the same', house, false],
  ['a limit changed', house.replace('burst: 20', 'burst: 40'), false],
  ['people shut out', house.replace('[lan]', '[10.0.0.7]'), true],
  ['people let in', house.replace('{ from: [lan] }', 'everyone'), false],
  ['led to another service', house.replace('{ service: erp,', '{ service: zm,'), false],
])('whether what was served lets in people that are shut out now: %s', async (_, now, more) => {
  const [one] = (await planned(house)).site.publications;
  const [other] = (await planned(now)).site.publications;
  if (!one || !other) throw new Error('no publication');
  expect(letsInMore({ site: {}, publication: one }, { site: {}, publication: other })).toBe(more);
});

test('new addresses of a name are told although the description is the same', async () => {
  const active = applied(await planned(house, { 'erp.lan': ['10.0.0.15'] }));
  const [change] = sentences(active, await planned(house, { 'erp.lan': ['10.0.0.99'] }));
  expect(change).toContain('publications/erp_example_fr.conf');
});

test('planning is deterministic and its result cannot be changed', async () => {
  const [one, two] = [await planned(house), await planned(house)];
  expect(JSON.stringify(one)).toBe(JSON.stringify(two));
  expect(() => Object.assign(one.site, { name: 'other' })).toThrow(TypeError);
});

test('every line of every file knows why it exists', async () => {
  for (const { path, text, origins } of (await planned(house)).artefacts)
    expect([path, origins.length]).toEqual([path, text.replace(/\n$/, '').split('\n').length]);
});

test('what client certificates guard: asked for, asked less, no longer asked for', async () => {
  const guarded = (client: string, depth = 1, given = 'tls-configuration: partners, ') =>
    planned(`
site: house
tls-configurations:
  partners: { client-certificate: ${client}, authorities: [internal], depth: ${depth} }
services: { erp: { url: "http://10.0.0.16:8069", healthy: { path: / } } }
publications: { erp.example.fr: { service: erp, ${given}audience: everyone } }
`);
  const [open, asked] = [await guarded('required', 1, ''), await guarded('required')];
  const everyone = { who: 'everyone', what: 'erp.example.fr/', service: 'erp' };
  expect(sentences(undefined, asked)).toEqual([
    'add: publish erp.example.fr: / → erp (for everyone with a client certificate of "partners")',
  ]);
  expect(exposureDiff(applied(asked), open)).toEqual({ gained: [{ ...everyone, without: true }], lost: [] });
  expect(exposureDiff(applied(open), asked)).toEqual({ gained: [], lost: [{ ...everyone, without: true }] });
  const optional = await guarded('optional');
  expect(sentences(applied(asked), optional)).toEqual([
    'change: tls-configuration/partners: client: required → optional',
  ]);
  expect(exposureDiff(applied(asked), optional).gained).toEqual([{ ...everyone, without: true }]);
  const deeper = await guarded('required', 2);
  expect(exposureDiff(applied(asked), deeper)).toMatchObject({
    gained: [{ ...everyone, certificate: { configuration: 'partners', depth: 2 } }],
    lost: [],
  });
  expect(exposureDiff(applied(deeper), asked)).toMatchObject({
    gained: [],
    lost: [{ ...everyone, certificate: { depth: 2 } }],
  });
});
