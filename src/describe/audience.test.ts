import { expect, test } from 'vitest';
import { mmdb } from '../lib/testing-mmdb.ts';
import { describe, shippable } from './index.ts';
import { memory } from './testing.ts';

const now = new Date('2026-11-26T12:00:00Z');
const read = (text: string, made = new Date('2026-11-01T00:00:00Z')) =>
  describe('/home/me/site.yaml', {
    files: memory({
      '/home/me/site.yaml': text,
      '/home/me/geo.mmdb': mmdb({ '192.0.2.0/24': { country: { iso_code: 'FR' } } }, made),
      '/home/me/broken.mmdb': 'hello',
      '/home/me/conges.txt': '2026-12-24\n',
    }),
    now,
  });

const ground = `site: s
timezone: Europe/Paris
zones: { lan: { networks: [10.0.0.0/24] } }
people: { alice: { groups: [staff, suspended] }, bob: { until: 2026-10-01 }, carl: { groups: [it] } }
calendars: { ouvres: { days: Mon-Fri, except: [fr-holidays, conges.txt] } }
directories: { ad: { kind: ldap, servers: [ldaps://a.lan], base: "dc=lan", bind: { user: u, password: { file: /p } }, groups: { staff: [x] } } }
services: { crm: { url: "http://10.0.0.9", healthy: { path: / } } }
`;
const portal = 'sign-in: { at: portail.example.fr, guests: [contractors] }\ncountries: geo.mmdb\n';
const published = (audience: string, more = '') =>
  `${ground}${portal}publications:\n  a.fr: { service: crm, ${more}audience: ${audience} }\n`;

test.each([
  ['[{ groups: [staff, contractors], mfa: required, from: [lan, internet], countries: [fr] }]', []],
  ['[{ people: [carl, carol@ad], when: 2026-12-01 08:00 for 4h, paths: [/rfe/] }]', []],
  // Providers call people by their addresses.
  ['[{ people: [carol@example.fr@ad] }]', []],
  ['[{ signed-in: true, when: { hours: 08:00-18:00, calendar: ouvres, timezone: Asia/Tokyo } }]', []],
  ['[{ groups: [staff], approval: { by: { groups: [it] }, for: 4h } }]', []],
  ['[{ signed-in: true }, { deny: true, groups: [suspended] }]', []],
  ['[{ from: [lan] }, { groups: [staff], mfa: required }]', []],
  // Words.
  ['[{ groups: [staff], mfa: optional }]', ['value.choice 0/mfa']],
  ['[{ groups: [staff], mfaa: required }]', ['audience.key.unknown 0/mfaa']],
  ['[{ groups: [staff], approval: { by: { groups: [it] } } }]', ['audience.key.missing 0/approval']],
  ['[{ groups: [] }]', ['value.empty 0/groups']],
  ['[{ deny: false, signed-in: true }]', ['value.choice 0/deny']],
  ['[{}]', ['audience.empty 0']],
  ['[{ groups: [staff], countries: [FR, UK, EU, France] }]', Array(3).fill('value.country 0/countries')],
  // Names.
  ['[{ groups: [staf] }]', ['person.group.unknown 0/groups/0']],
  ['[{ people: [dave, carol@ldap] }]', ['person.unknown 0/people/0', 'directory.unknown 0/people/1']],
  ['[{ signed-in: true, from: [lna, everyone] }]', ['zone.unknown', 'audience.everyone']],
  ['[{ signed-in: true, when: { calendar: ferme } }]', ['calendar.unknown 0/when/calendar']],
  ['[{ certificate: partenaires }]', ['tls-configuration.unknown 0/certificate']],
  // Times.
  ['[{ signed-in: true, when: sometimes }]', ['value.when 0/when']],
  ['[{ signed-in: true, when: 2026-02-30 08:00 for 4h }]', ['value.window 0/when']],
  ['[{ signed-in: true, when: { once: 2026-12-01 } }]', []],
  [
    '[{ signed-in: true, when: { once: 2026-12-01, hours: Mon, calendar: ouvres } }]',
    ['audience.when.both 0/when/hours'],
  ],
  ['[{ signed-in: true, when: { timezone: Asia/Tokyo } }]', ['audience.when.empty 0/when']],
  ['[{ signed-in: true, when: { hours: Sat-Sun, calendar: ouvres } }]', ['audience.when.never 0/when']],
  ['[{ signed-in: true, when: 2026-11-26 08:00 for 5h }]', ['audience.window.over 0/when']],
  ['[{ signed-in: true, when: 2026-11-26 08:00 for 6h }]', []],
  ['[{ signed-in: true, when: 2027-03-28 02:30 for 1h }]', ['audience.window.skipped 0/when']],
  ['[{ signed-in: true, when: 2027-10-31 02:30 for 1h }]', ['audience.window.twice 0/when']],
  // What cannot be asked, and rules that let in nobody.
  ['[{ from: [lan], mfa: required }]', ['audience.asks.nobody 0/mfa']],
  ['[{ signed-in: true }, { deny: true, groups: [it], mfa: required }]', ['audience.deny.asks 1/mfa']],
  ['[{ deny: true, groups: [suspended] }]', ['audience.deny.only']],
  ['[{ groups: [staff], approval: { by: {}, for: 4h } }]', ['audience.approval.by 0/approval/by']],
  [
    '[{ groups: [staff], approval: { by: { people: [carl] }, for: 1s } }]',
    ['audience.approval.for 0/approval/for'],
  ],
  [
    '[{ people: [carl], approval: { by: { people: [carl] }, for: 1h } }]',
    ['audience.approval.self 0/approval/by'],
  ],
  ['[{ groups: [staff], from: [lan], countries: [FR] }]', ['audience.countries.inside 0/countries']],
  ['[{ groups: [staff], paths: [/rfe] }]', ['audience.path.slash 0/paths/0']],
  ['[{ people: [bob] }]', ['audience.left 0']],
  ['[{ groups: [suspended] }, { deny: true, groups: [suspended] }]', ['audience.hidden 0']],
  ['[{ people: [alice] }, { deny: true, groups: [suspended], from: [lan] }]', []],
  [
    '[{ people: [alice], from: [10.0.0.7] }, { deny: true, groups: [suspended], from: [lan] }]',
    ['audience.hidden 0'],
  ],
  [
    '[{ groups: [it], paths: [/a/b/] }, { deny: true, signed-in: true, paths: [/a/] }]',
    ['audience.hidden 0'],
  ],
  ['[{ from: [lan] }, { deny: true, groups: [suspended] }]', ['audience.deny.anonymous 1']],
])('%s', async (audience, found) => {
  const { findings, site } = await read(published(audience));
  const told = findings.map(({ code, pointer = '' }) => `${code} ${pointer.split('/audience/')[1] ?? ''}`);
  expect(told.sort()).toEqual([...found].sort().map((each) => expect.stringMatching(`^${each}`)));
  expect(site === undefined).toBe(findings.some(({ severity }) => severity === 'error'));
});

const configuration =
  'tls-configurations: { partenaires: { client-certificate: optional, authorities: [internal] } }\n';
test.each([
  ['tls-configuration: partenaires, audience: [{ certificate: partenaires }]', []],
  ['audience: [{ certificate: partenaires }]', []],
  ['audience: [{ certificate: partenaires }, { deny: true, groups: [it] }]', []],
  [
    'tls-configuration: autres, audience: [{ certificate: partenaires }]',
    ['audience.certificate.other', 'tls-configuration.unknown'],
  ],
  [
    'tls-configuration: partenaires, audience: [{ certificate: partenaires, groups: [it] }]',
    ['audience.certificate.both'],
  ],
  [
    'scenario: direct, audience: [{ signed-in: true }]',
    ['audience.direct', 'publication.direct.http', 'tls-configuration.unused'],
  ],
  ['audience: { groups: [it] }', ['audience.form', 'tls-configuration.unused']],
])('%s', async (more, found) => {
  const { findings } = await read(
    `${ground}${portal}${configuration}publications:\n  a.fr: { service: crm, ${more} }\n`,
  );
  expect(findings.map(({ code }) => code).sort()).toEqual(found);
});

test('people are those whom their sources call so, however it is written: a denial of Carol is one of carol', async () => {
  const { site } = await read(
    published('[{ signed-in: true }, { deny: true, people: [Carol@ad, "Dan@Example.fr@ad"] }]'),
  );
  expect(site?.publications[0]?.audience.rules?.[1]?.subject?.people).toEqual([
    'carol@ad',
    'dan@example.fr@ad',
  ]);
});

test('a path that no route leads to, people without a portal, countries that nothing tells', async () => {
  const routes = 'routes: { /crm/: { service: crm } }, ';
  const rule = '[{ groups: [staff], countries: [FR], paths: [/crm/a/, /erp/, /] }]';
  const { findings } = await read(`${ground}publications:\n  a.fr: { ${routes}audience: ${rule} }\n`);
  expect(
    findings
      .filter(({ severity }) => severity !== 'note')
      .map(({ code }) => code)
      .sort(),
  ).toEqual([...['audience.path.unrouted', 'countries.missing', 'directory.unused', 'sign-in.missing']]);
});

test.each([
  ['broken.mmdb', 'countries.broken'],
  ['missing.mmdb', 'countries.unreadable'],
  ['geo.mmdb', 'countries.old'],
])('a file of countries %s: %s', async (file, code) => {
  const text = published('[{ groups: [staff], countries: [FR] }]').replace('geo.mmdb', file);
  const { findings } = await read(text, new Date('2024-01-01T00:00:00Z'));
  expect(findings).toMatchObject([{ code, pointer: '/countries' }]);
});

const whole = published(
  '[{ groups: [staff], from: [lan], when: { hours: 08:00-18:00, calendar: ouvres } }, { people: [carol@ad], from: [192.0.2.0/24], when: 2026-12-01 08:00 for 4h, approval: { by: { groups: [it] }, for: 4h } }, { deny: true, groups: [suspended] }]',
);

test('rules are resolved, and what all of them limit, the door does', async () => {
  const { site } = await read(whole);
  const { audience } = site?.publications[0] ?? {};
  expect(audience).toMatchObject({
    from: ['lan', '192.0.2.0/24'],
    networks: ['10.0.0.0/24', '192.0.2.0/24'],
    rules: [
      {
        verdict: 'allow',
        subject: { groups: ['staff'], people: [], signedIn: false },
        networks: ['10.0.0.0/24'],
        secondFactor: false,
        when: { kind: 'weekly', timezone: 'Europe/Paris', calendar: { closed: ['2026-12-24'] } },
        pointer: '/publications/a.fr/audience/0',
      },
      {
        when: { kind: 'once', from: '2026-12-01T07:00:00.000Z', to: '2026-12-01T11:00:00.000Z' },
        approval: { groups: ['it'], lasts: 14_400_000 },
      },
      { verdict: 'deny' },
    ],
  });
  const open = (await read(published('[{ groups: [staff], from: [lan] }, { groups: [it] }]'))).site;
  expect(open?.publications[0]?.audience).toMatchObject({ from: ['everyone'] });
  expect(open?.publications[0]?.audience.networks).toBeUndefined();
});

test('a rule keeps its id wherever it stands, and has another when it says something else', async () => {
  const idsOf = async (audience: string) =>
    (await read(published(audience))).site?.publications[0]?.audience.rules?.map(({ id }) => id) ?? [];
  const [one, two] = await idsOf('[{ groups: [it] }, { groups: [staff] }]');
  expect(await idsOf('[{ groups: [staff] }, { groups: [it] }]')).toEqual([two, one]);
  expect(await idsOf('[{ groups: [staff], mfa: required }]')).not.toContain(two);
});

test('a gateway that is reached over SSH gets the same rules, without the files of the calendar', async () => {
  const { site, sources } = await read(whole);
  if (!site) throw new Error('no site');
  const shipment = shippable(sources, site, '/etc/poterne/files');
  const arrived = await describe('/etc/poterne/site.yaml', {
    files: memory({
      '/etc/poterne/site.yaml': shipment.yaml,
      [shipment.site.countries ?? '']: mmdb({}, now),
    }),
    now,
  });
  expect(arrived.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(arrived.site?.publications).toEqual(shipment.site.publications);
});
