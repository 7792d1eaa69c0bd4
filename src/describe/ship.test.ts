import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Site } from '../model/site.ts';
import { describe, shippable } from './index.ts';
import { memory } from './testing.ts';

const folder = '/etc/poterne/files';

/** Ships a description, and reads what arrives; also the site with the files where they were. */
async function ship(files: Readonly<Record<string, string>> | string) {
  const read =
    typeof files === 'string'
      ? await describe(files)
      : await describe('/home/me/site.yaml', { files: memory(files) });
  if (!read.site) throw new Error(JSON.stringify(read.findings, null, 1));
  const shipment = shippable(read.sources, read.site, folder);
  const arrived = await describe('/etc/poterne/site.yaml', {
    files: memory({ '/etc/poterne/site.yaml': shipment.yaml }),
  });
  const back = shipment.files.reduce(
    (text, { from, to }) => text.replaceAll(JSON.stringify(to), JSON.stringify(from)),
    JSON.stringify(arrived.site ?? arrived.findings),
  );
  return { ...read, shipment, arrived, back: JSON.parse(back) as Site };
}

const withFiles = {
  '/home/me/site.yaml': `
site: "l'été: 100%"
include: [more/*.yaml]
timezone: Europe/Paris
zones: { lan: { networks: [10.0.0.0/24] }, "no": { networks: [10.0.1.0/24] } }
hosts: { gw: { address: 192.0.2.1, roles: [gateway], groups: ["1e3", "0x10", "true", "null"] } }
services:
  app: { url: "https://10.0.0.9", trust: { ca: ca.pem, name: app.lan }, healthy: { path: /, contains: "a\\nb: #c \\u00e9 \\u2028" } }
  "007": &same { url: "http://10.0.0.7", title: "~" }
  "7": *same
publications:
  a.example.fr: { service: app, tls: { certificate: tls/cert.pem, key: tls/key.pem } }
expect: [ { deny: { from: internet, to: "no" } } ]
`,
  '/home/me/more/b.yaml': `
publications:
  "~^b[0-9]+\\\\.example\\\\.fr$": { example: b1.example.fr, audience: { from: ["no"] }, routes: { "~ ^/x": { service: "7" }, /: { service: "007" } }, tls: { certificate: ../tls/cert.pem, key: key.pem } }
`,
};

test('the same site, pointer by pointer, out of one text; the files it names go with it', async () => {
  const { site, shipment, arrived, back } = await ship(withFiles);
  expect(arrived.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(back).toEqual(site);
  expect(shipment.files).toEqual([
    { from: '/home/me/ca.pem', to: expect.stringMatching(/-ca\.pem$/), because: '/services/app/trust/ca' },
    {
      from: '/home/me/tls/cert.pem',
      to: expect.stringMatching(/-cert\.pem$/),
      because: '/publications/a.example.fr/tls/certificate',
    },
    {
      from: '/home/me/tls/key.pem',
      to: expect.stringMatching(/^\/etc\/poterne\/files\/[0-9a-f]{12}-key\.pem$/),
      because: '/publications/a.example.fr/tls/key',
    },
    {
      from: '/home/me/more/key.pem',
      to: expect.stringMatching(/-key\.pem$/),
      because: '/publications/~0^b[0-9]+\\.example\\.fr$/tls/key',
    },
  ]);
  expect(new Set(shipment.files.map(({ to }) => to)).size).toBe(4);
});

test('what is found in the copy is found at the same pointer as in the original', async () => {
  const { findings, arrived } = await ship(withFiles);
  const said = (some: typeof findings) => some.map(({ at: _, ...finding }) => finding);
  const order = (some: ReturnType<typeof said>) => some.map((finding) => JSON.stringify(finding)).sort();
  expect(findings.length).toBeGreaterThan(0);
  expect(order(said(arrived.findings))).toEqual(order(said(findings)));
});

test('what is shown to partners goes along, and whom to trust there; a passphrase stays where it is', async () => {
  const { site, shipment, back } = await ship({
    '/home/me/site.yaml': `
site: x
hosts: { gw: { address: 10.0.0.1, roles: [gateway] }, app: { address: 10.0.0.2 } }
tls-configurations: { to-api: { certificate: c.pem, key: k.pem, passphrase: { file: /etc/secret } } }
partners:
  api: { url: "https://api.example/", tls-configuration: to-api, trust: { ca: ca.pem }, callers: [app], paths: [/a] }
`,
  });
  expect(back).toEqual(site);
  expect(shipment.files.map(({ from, because }) => [from, because])).toEqual([
    ['/home/me/c.pem', '/tls-configurations/to-api/certificate'],
    ['/home/me/k.pem', '/tls-configurations/to-api/key'],
    ['/home/me/ca.pem', '/partners/api/trust/ca'],
  ]);
});

test('the authority of an ACME server goes along; the store does where certificates are shared in it', async () => {
  const { site, shipment, back } = await ship({
    '/home/me/site.yaml': `
site: x
services: { app: { url: "http://10.0.0.9", healthy: { path: / } } }
store: { postgres: { host: db.lan, database: p, user: p, password: { file: /etc/db }, ca: db.pem } }
acme: { directory: "https://ca.lan/dir", trust: ca.pem, terms: agreed, shared: { key: { file: /etc/shared } } }
publications: { a.example.fr: { service: app, audience: everyone, tls: acme } }
`,
  });
  expect(back).toEqual(site);
  expect(shipment.files.map(({ from, because }) => [from, because])).toEqual([
    ['/home/me/ca.pem', '/acme/trust'],
    ['/home/me/db.pem', '/store/postgres/ca'],
  ]);
});

const examples = join(import.meta.dirname, '../../examples');
// The certificates of iris-mtls are made when it runs.
const real = readdirSync(examples, { recursive: true, encoding: 'utf8' }).filter(
  (name) => /(^|\/)site\.yaml$/.test(name) && !name.startsWith('iris-mtls/'),
);

test.each(real)('examples/%s', async (name) => {
  const { site, back } = await ship(join(examples, name));
  // Jobs, and the store that they share, are of the machine where the description is.
  const { store: _, ...shipped } = site as Site;
  expect(back).toEqual({ ...shipped, jobs: [] });
});

test('whatever texts a description holds, they arrive as they were', async () => {
  const words = fc
    .string({ unit: 'binary', minLength: 1 })
    .filter((text) => /^[^\p{Cc}\p{Cs}\ufeff]+$/u.test(text));
  await fc.assert(
    fc.asyncProperty(words, words, async (title, contains) => {
      const service = { url: 'http://10.0.0.7', title, healthy: { path: '/', contains } };
      const json = JSON.stringify({ site: 'x', services: { app: service }, publications: {} });
      const { site, back } = await ship({ '/home/me/site.yaml': json });
      expect(back).toEqual(site);
      expect(site?.services[0]).toMatchObject({ title, healthy: { contains } });
    }),
    { numRuns: 100 },
  );
});
