import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mmdb } from '../../lib/testing-mmdb.ts';
import { program, ran } from '../../lib/testing-program.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poterne-why-'));
  await writeFile(join(folder, 'site.yaml'), site);
  await writeFile(
    join(folder, 'geo.mmdb'),
    mmdb({ '192.0.2.0/24': { country: { iso_code: 'FR' } } }, new Date()),
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const site = `site: mairie
timezone: Europe/Paris
zones: { lan: { networks: [10.0.0.0/24] } }
people: { alice: { groups: [staff] }, dora: { groups: [staff, admins] }, carl: { groups: [staff], until: 2026-10-01 } }
directories:
  ad: { kind: ldap, servers: [ldaps://10.0.0.5], base: "dc=lan", bind: { user: u, password: { file: /p } }, groups: { staff: [x] } }
sign-in: { at: portail.example.fr, second-factor: { required: [{ groups: [admins], from: [internet] }] } }
countries: geo.mmdb
services: { erp: { url: "http://10.0.0.9", healthy: { path: / } } }
publications:
  erp.example.fr:
    service: erp
    audience:
      - { groups: [staff], from: [lan], when: Mon-Fri 08:00-18:00 }
      - { groups: [staff], countries: [FR], mfa: required, paths: [/rfe/] }
  wiki.example.fr: { service: erp, audience: [{ groups: [staff] }] }
  open.example.fr: { service: erp, audience: { from: [lan] } }
`;

const poterne = (...args: string[]) =>
  ran([program, ...args], { env: { ...process.env, POTERNE_LANG: 'en' } });

const why = (...args: string[]) =>
  poterne('why', ...args.slice(0, 2), join(folder, 'site.yaml'), ...args.slice(2));

test('why says who is let in, by which rule, and until when', async () => {
  const at = ['--at', '2026-11-26 10:00'];
  const inside = await why('alice', 'erp.example.fr', '--from', '10.0.0.7', ...at);
  expect(inside).toMatchObject({ code: 0, err: '' });
  expect(inside.out).toContain('rule 1 lets them in');
  expect(inside.out).toContain('This ends by itself: 2026-11-26 18:00.');
  const factor = ['--path', '/rfe/x', '--second-factor'];
  const outside = await why(
    'carol@ad',
    'erp.example.fr',
    '--from',
    '192.0.2.1',
    '--groups',
    'staff',
    ...factor,
    '--json',
  );
  expect(JSON.parse(outside.out)).toMatchObject({
    admitted: true,
    rule: 2,
    country: 'FR',
    groups: ['staff'],
  });
});

test('why says what is lacking, and leaves with 1; a wrong question leaves with 2', async () => {
  const ended = await why(
    'carl',
    'erp.example.fr',
    '--from',
    '10.0.0.7',
    '--json',
    '--at',
    '2026-11-26T09:00:00Z',
  );
  expect(ended.code).toBe(1);
  expect(JSON.parse(ended.out)).toMatchObject({ admitted: false, why: 'ended' });
  const nobody = await why(
    'nobody',
    'erp.example.fr',
    '--from',
    '10.0.0.7',
    '--at',
    '2026-11-26 10:00',
    '--lang',
    'fr',
  );
  expect(nobody.code).toBe(1);
  expect(nobody.out).toContain('Il faut se connecter.');
  // Which of the site and the rule asks for a second factor.
  const factor = ['--from', '192.0.2.1', '--path', '/rfe/'];
  expect((await why('alice', 'erp.example.fr', ...factor)).out).toContain('rule 2 asks for a second factor');
  const asked = await why('dora', 'wiki.example.fr', '--from', '192.0.2.1');
  expect(asked.code).toBe(1);
  expect(asked.out).toContain(
    'the site asks for a second factor of groups: admins; from: internet (sign-in: second-factor)',
  );
  expect((await why('dora', 'wiki.example.fr', '--from', '10.0.0.7')).code).toBe(0);
  const eve = await why('eve', 'erp.example.fr', '--from', '10.0.0.7');
  expect(eve.code).toBe(2);
  expect(eve.err).toContain('nobody is called "eve"');
});

test('who can reach tells the rules and whom they mean', async () => {
  const file = join(folder, 'site.yaml');
  const told = await poterne('who', 'can', 'reach', 'erp.example.fr', file, '--json');
  expect(JSON.parse(told.out)).toMatchObject({
    name: 'erp.example.fr',
    rules: [
      { verdict: 'allow', rule: 'groups: staff; from: lan; when: Mon-Fri 08:00-18:00', directories: ['ad'] },
      { rule: 'groups: staff; mfa: required; countries: FR; paths: /rfe/', people: ['alice', 'dora'] },
    ],
  });
  const wiki = await poterne('who', 'can', 'reach', 'wiki.example.fr', file);
  expect(wiki.out).toContain(
    'the site asks these people for a second factor: groups: admins; from: internet',
  );
  expect((await poterne('who', 'can', 'reach', 'open.example.fr', file)).out).toContain('without signing in');
  expect((await poterne('who', 'enters', 'open.example.fr', file)).code).toBe(2);
});
