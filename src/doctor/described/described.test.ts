import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TlsOptions } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describe as read } from '../../describe/index.ts';
import { freePort } from '../../lib/testing-ports.ts';
import type { Site } from '../../model/site.ts';
import { thisMachine } from '../../verify/network/local.ts';
import { issue, type Pair } from '../../verify/testing/pki.ts';
import { tls } from '../../verify/testing/servers.ts';
import { good, middle, root } from '../testing/wrong.ts';
import { type DescribedQuestion, examineSubject } from './index.ts';
import { subjectNames, subjectsNamed } from './subjects.ts';

let folder: string;
let stranger: Pair;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poterne-described-'));
  stranger = await issue({ names: ['app.example.fr'] });
  for (const [name, pair] of Object.entries({ stranger, good })) {
    await write(`${name}.pem`, name === 'good' ? good.cert + middle.cert : pair.cert);
    await write(`${name}.key`, pair.key);
  }
  await write('root.pem', root.cert);
  await write('middle.pem', middle.cert);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const write = (name: string, text: string) => writeFile(join(folder, name), text, { mode: 0o600 });

async function described(port: number, ca = 'root.pem'): Promise<Site> {
  await write(
    'site.yaml',
    `site: s
zones: { lan: { networks: [10.0.0.0/24] } }
hosts: { gate: { address: 10.0.0.1, zone: lan, roles: [gateway] } }
gateway: { https-port: ${port} }
services: { app: { url: "http://10.0.0.2", owner: { name: x }, healthy: { path: / } } }
tls-configurations:
  agences: { client-certificate: required, authorities: [${ca}] }
  vers-api: { certificate: good.pem, key: good.key }
publications:
  app.example.fr:
    service: app
    audience: everyone
    tls: { certificate: good.pem, key: good.key }
    tls-configuration: agences
partners:
  api: { url: "https://localhost:${port}/", tls-configuration: vers-api, trust: { ca: root.pem, name: app.example.fr }, callers: [lan], paths: [/] }
`,
  );
  const { site, findings } = await read(join(folder, 'site.yaml'));
  if (!site) throw new Error(JSON.stringify(findings));
  return site;
}

async function examine(site: Site, name: string, more: Partial<DescribedQuestion> = {}) {
  const question = {
    site,
    now: new Date(),
    address: '127.0.0.1',
    timeout: 5000,
    secret: async () => undefined,
    ...more,
  };
  const reports = await Promise.all(
    subjectsNamed(site, name).map((subject) => examineSubject(subject, question)),
  );
  // The system's authorities are asked about a publication's own certificate: the tests' root is none of them.
  const found = reports
    .flatMap(({ found }) => found)
    .filter(({ code }) => !code.startsWith('cert.chain.incomplete'));
  return { found, codes: found.map(({ code }) => code), shakes: reports.flatMap(({ shakes }) => shakes) };
}

const serve = (options: TlsOptions = {}) =>
  tls((socket) => socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\n')), {
    ...{ cert: good.cert + middle.cert, key: good.key, ca: root.cert, ALPNProtocols: ['http/1.1'] },
    ...options,
  });
const mutual = { requestCert: true, rejectUnauthorized: true } as const;

test('what has to do with certificates is found by its name', async () => {
  expect(subjectNames(await described(443))).toEqual(['app.example.fr', 'api', 'agences', 'vers-api']);
});

test('a partner is called as the gateway would, with its certificate', async () => {
  const well = await examine(await described(await serve(mutual)), 'api');
  expect(well.codes).toEqual([]);
  expect(well.shakes[0]?.[1].shake?.shown?.[0]?.commonName).toBe('app.example.fr');
  const other = await serve({ cert: stranger.cert, key: stranger.key });
  expect((await examine(await described(other), 'api')).codes).toEqual([
    'cert.self-signed',
    'cert.tls.unasked',
  ]);
  expect((await examine(await described(await freePort()), 'api')).codes).toEqual(['cert.tls.closed']);
});

test('a publication: its files, what is served, and which certificates it asks for', async () => {
  expect((await examine(await described(await serve(mutual)), 'app.example.fr')).codes).toEqual([]);
  const open = await examine(await described(await serve()), 'app.example.fr');
  expect(open.found).toMatchObject([{ code: 'cert.doctor.unasked', params: { configuration: 'agences' } }]);
  const renewed = await issue({ names: ['app.example.fr'], by: root });
  const { codes } = await examine(
    await described(await serve({ ...mutual, cert: renewed.cert, key: renewed.key })),
    'app.example.fr',
  );
  expect(codes[0]).toBe('cert.doctor.other');
});

test('a TLS configuration: its authorities still count; what it shows is for clients', async () => {
  expect((await examine(await described(443), 'agences')).codes).toEqual([]);
  const old = await issue({ common: 'Old', authority: true, from: -9, until: -2 });
  await write('old.pem', old.cert);
  expect((await examine(await described(443, 'old.pem'), 'agences')).found).toMatchObject([
    { code: 'cert.expired', where: join(folder, 'old.pem') },
  ]);
  expect((await examine(await described(443), 'vers-api')).codes).toEqual([]);
});

test('from elsewhere the same certificate must be shown', async () => {
  const [one, other] = [
    await serve(mutual),
    await serve({ ...mutual, cert: stranger.cert, key: stranger.key }),
  ];
  const elsewhere = (port: number) => ({
    name: 'poste',
    network: { ...thisMachine, connect: (address: string) => thisMachine.connect(address, port) },
  });
  const site = await described(one);
  expect((await examine(site, 'api', { from: elsewhere(one) })).codes).toEqual([]);
  const { found, shakes } = await examine(site, 'api', { from: elsewhere(other) });
  expect(found[0]).toMatchObject({
    code: 'cert.tls.differs',
    where: `localhost:${one} (poste)`,
    params: { vantage: 'poste' },
  });
  expect(shakes.map(([place]) => place)).toEqual([`localhost:${one}`, `localhost:${one} (poste)`]);
});
