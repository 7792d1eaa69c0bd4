import { beforeAll, expect, test } from 'vitest';
import { type ClientAuthority, clientAuthority } from '../engines/nginx/testing-clients.ts';
import { describe, shippable } from './index.ts';
import { memory } from './testing.ts';

let root: ClientAuthority;
let below: ClientAuthority;
let files: Record<string, string>;

beforeAll(async () => {
  root = await clientAuthority('CN=Partner Root');
  below = await root.under('CN=Partner Issuing');
  const other = await clientAuthority('CN=Other Root');
  const [right, over, revoked, foreign] = await Promise.all([
    ...[root.client(), root.client({ from: -5, until: -1 }), root.client()],
    other.client({ from: -5, until: -1 }),
  ]);
  files = {
    ...Object.fromEntries(
      Object.entries({ right, over, revoked, foreign }).flatMap(([name, made]) => [
        [`/home/me/${name}.pem`, made?.cert ?? ''],
        [`/home/me/${name}.key`, made?.key ?? ''],
      ]),
    ),
    '/home/me/revoked.crl': await root.list([revoked?.serial ?? '']),
    '/home/me/ca.pem': root.pem,
    '/home/me/chain.pem': below.pem + root.pem,
    '/home/me/below.pem': below.pem,
    '/home/me/leaf.pem': (await root.client()).cert,
    '/home/me/cut.pem': root.pem.slice(0, 300),
    '/home/me/empty.pem': '',
    '/home/me/root.crl': await root.list(),
    '/home/me/below.crl': await below.list(),
    '/home/me/ended.crl': await root.list([], -1),
    '/home/me/soon.crl': await root.list([], 1),
    '/home/me/cut.crl': (await root.list()).slice(0, 120),
  };
});

const site = (configurations: string, use = 'tls-configuration: p', more = '') => `site: s
services:
  app: { url: "http://10.0.0.1", healthy: { path: / } }
  direct: { url: "tcp://10.0.0.2:443" }
tls-configurations:
${configurations}
publications:
  a.example.fr: { service: app, audience: everyone, ${use} }
${more}`;

const found = async (yaml: string, now = new Date()) => {
  const disk = memory({ ...files, '/home/me/site.yaml': yaml });
  const { findings } = await describe('/home/me/site.yaml', { files: disk, now });
  return findings
    .filter(({ code }) => code !== 'service.unpublished' && !/^client-proof\.(?!file)/.test(code))
    .map(
      ({ severity, code, pointer }) => `${severity} ${code} ${pointer?.replace('/tls-configurations', '')}`,
    );
};

test.each<[string, string[]]>([
  ['p: { client-certificate: required, authorities: [ca.pem] }', []],
  ['p: { client-certificate: required, authorities: [internal] }', []],
  ['p: { client-certificate: required, authorities: [chain.pem], crl: [root.crl, below.crl] }', []],
  ['p: { client-certificate: required, authorities: [internal, ca.pem], crl: root.crl }', []],
  ['p: { authorities: [ca.pem] }', ['error tls-configuration.key.missing /p']],
  ['p: { client-certificate: required }', ['error tls-configuration.key.missing /p']],
  ['p: { client-certificate: required, authorities: [] }', ['error value.empty /p/authorities']],
  ['p: { client-certificate: never, authorities: [ca.pem] }', ['error value.choice /p/client-certificate']],
  [
    'p: { client-certificate: required, authorities: [ca.pem], optional_no_ca: true }',
    ['error tls-configuration.key.unknown /p/optional_no_ca'],
  ],
  [
    'p: { client-certificate: required, authorities: [internal, ca.pem] }',
    ['error tls-configuration.lists /p/authorities'],
  ],
  ['p: { client-certificate: required, authorities: [no.pem] }', ['error trust.unreadable /p/authorities/0']],
  ['p: { client-certificate: required, authorities: [empty.pem] }', ['error trust.empty /p/authorities/0']],
  ['p: { client-certificate: required, authorities: [cut.pem] }', ['error trust.broken /p/authorities/0']],
  [
    'p: { client-certificate: required, authorities: [ca.pem, leaf.pem] }',
    ['error trust.leaf /p/authorities/1'],
  ],
  [
    'p: { client-certificate: required, authorities: [below.pem] }',
    ['error trust.root.missing /p/authorities/0'],
  ],
  [
    'p: { client-certificate: required, authorities: [chain.pem], crl: root.crl }',
    ['error trust.crl.missing /p/authorities/0'],
  ],
  [
    'p: { client-certificate: required, authorities: [ca.pem], crl: below.crl }',
    ['error trust.crl.missing /p/authorities/0'],
  ],
  [
    'p: { client-certificate: required, authorities: [ca.pem], crl: [root.crl, empty.pem] }',
    ['error trust.crl.empty /p/crl/1'],
  ],
  [
    'p: { client-certificate: required, authorities: [ca.pem], crl: [root.crl, cut.crl] }',
    ['error trust.crl.broken /p/crl/1'],
  ],
  [
    'p: { client-certificate: required, authorities: [ca.pem], crl: ended.crl }',
    ['warning trust.crl.expired /p/crl'],
  ],
  [
    'p: { client-certificate: required, authorities: [ca.pem], crl: soon.crl }',
    ['warning trust.crl.soon /p/crl'],
  ],
  [
    'p: { client-certificate: required, authorities: [ca.pem], ocsp: { responder: "https://x.example/" } }',
    ['error value.url.http /p/ocsp/responder'],
  ],
  [
    'p: { client-certificate: required, authorities: [ca.pem], headers: { identity: Host } }',
    ['error tls-configuration.header.reserved /p/headers/identity'],
  ],
  [
    'p: { client-certificate: required, authorities: [ca.pem], headers: { subject: "X Y" } }',
    ['error value.header /p/headers/subject'],
  ],
  [
    'p: { client-certificate: required, authorities: [ca.pem], headers: { identity: x-client-subject } }',
    ['error tls-configuration.header.twice /p/headers/identity'],
  ],
])('%s', async (configuration, wanted) => {
  expect((await found(site(`  ${configuration}`))).sort()).toEqual(wanted.sort());
});

test('an authority that has expired is said before nobody gets in', async () => {
  const later = new Date(Date.now() + 40 * 86_400_000);
  expect(await found(site('  p: { client-certificate: required, authorities: [ca.pem] }'), later)).toEqual([
    'warning trust.expired /p/authorities/0',
  ]);
});

const good = '  p: { client-certificate: required, authorities: [ca.pem] }';

test.each<[string, string, string, string[]]>([
  ['nobody uses it', '', '', ['warning tls-configuration.unused /p']],
  [
    'nobody has it',
    'tls-configuration: q',
    '',
    ['error tls-configuration.unknown /publications/a.example.fr/tls-configuration'],
  ],
  [
    'what is direct uses it',
    'tls-configuration: p',
    '  d.example.fr: { service: direct, scenario: direct, audience: everyone, tls-configuration: p }',
    ['error tls-configuration.direct /publications/d.example.fr/tls-configuration'],
  ],
])('when %s', async (_, use, more, wanted) => {
  expect(await found(site(good, use, more))).toEqual(wanted);
});

test('two in one publication are refused, and the same twice is said', async () => {
  const routes = (first: string, second: string, whole = '') => `site: s
services: { app: { url: "http://10.0.0.1", healthy: { path: / } } }
tls-configurations:
${good}
  q: { client-certificate: required, authorities: [internal] }
publications:
  a.example.fr: { audience: everyone,${whole} routes: { /: { service: app }, /a/: { service: app, tls-configuration: ${first} }, /b/: { service: app, tls-configuration: ${second} } } }
  b.example.fr: { audience: everyone, service: app, tls-configuration: q }
`;
  expect(await found(routes('p', 'p'))).toEqual([]);
  expect(await found(routes('p', 'q'))).toEqual([
    'error tls-configuration.several /publications/a.example.fr/routes/~1b~1/tls-configuration',
  ]);
  expect(await found(routes('p', 'p', ' tls-configuration: p,'))).toEqual([
    'warning tls-configuration.twice /publications/a.example.fr/routes/~1a~1/tls-configuration',
    'warning tls-configuration.twice /publications/a.example.fr/routes/~1b~1/tls-configuration',
  ]);
});

test('a service that believes the gateway and is published directly too is said', async () => {
  const yaml = `site: s
services: { app: { url: "https://10.0.0.1", trust: { ca: ca.pem, name: app.lan }, healthy: { path: / } } }
tls-configurations:
${good}
publications:
  a.example.fr: { audience: everyone, service: app, tls-configuration: p }
  d.example.fr: { audience: everyone, service: app, scenario: direct }
`;
  expect(await found(yaml)).toEqual(['warning tls-configuration.bypass /publications/d.example.fr/service']);
});

test('a gateway elsewhere has what says whom it lets in, and no certificate for proofs', async () => {
  const yaml = site(
    '  p: { client-certificate: required, authorities: [internal, ca.pem], crl: root.crl, probe: { certificate: leaf.pem, key: leaf.key } }',
  );
  const disk = memory({ ...files, '/home/me/site.yaml': yaml });
  const { site: described, sources } = await describe('/home/me/site.yaml', { files: disk });
  if (!described) throw new Error('no site');
  const { yaml: shipped, files: carried, site: moved } = shippable(sources, described, '/etc/poterne/files');
  expect(carried.map(({ from }) => from).sort()).toEqual(['/home/me/ca.pem', '/home/me/root.crl']);
  expect(shipped).not.toContain('leaf');
  const there = Object.fromEntries(carried.map(({ from, to }) => [to, files[from] as string]));
  const again = await describe('/etc/poterne/site.yaml', {
    files: memory({ ...there, '/etc/poterne/site.yaml': shipped }),
  });
  expect(again.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(again.site?.tlsConfigurations).toEqual(moved.tlsConfigurations);
});

test('what no proof tries is said for each name, with what there is to be shown', async () => {
  const notes = async (configuration: string) => {
    const yaml = site(`  p: { client-certificate: required, authorities: ${configuration} }`);
    const disk = memory({ ...files, '/home/me/site.yaml': yaml });
    const { findings } = await describe('/home/me/site.yaml', { files: disk });
    return findings
      .filter(({ code }) => code.startsWith('client-proof.'))
      .map(({ severity, code, params, pointer }) =>
        [severity, code, params?.name ?? params?.kind, pointer?.replace('/tls-configurations', '')].join(' '),
      );
  };
  expect(await notes('[internal]')).toEqual([]);
  expect(await notes('[ca.pem], crl: root.crl')).toEqual(['note client-proof.none a.example.fr /p']);
  expect(await notes('[ca.pem]')).toEqual([
    'note client-proof.none a.example.fr /p',
    'note client-proof.unrevocable a.example.fr /p',
  ]);
  const pair = (name: string) => `certificate: ${name}.pem, key: ${name}.key`;
  expect(await notes(`[ca.pem], crl: root.crl, probe: { ${pair('right')} }`)).toEqual([
    'note client-proof.expired a.example.fr /p',
    'note client-proof.revoked a.example.fr /p',
  ]);
  expect(
    await notes(
      `[ca.pem], crl: revoked.crl, probe: { ${pair('right')}, expired: { ${pair('over')} }, revoked: { ${pair('revoked')} } }`,
    ),
  ).toEqual([]);
  expect(
    await notes(
      `[ca.pem], crl: root.crl, probe: { ${pair('over')}, expired: { ${pair('right')} }, revoked: { ${pair('right')} } }`,
    ),
  ).toEqual([
    'warning client-proof.file.dates right /p/probe',
    'warning client-proof.file.ended expired /p/probe/expired',
    'warning client-proof.file.unlisted revoked /p/probe/revoked',
  ]);
  expect(
    await notes(
      `[ca.pem], crl: root.crl, probe: { ${pair('gone')}, expired: { ${pair('foreign')} }, revoked: { certificate: right.pem, key: over.key } }`,
    ),
  ).toEqual([
    'warning client-proof.file.unreadable  /p/probe',
    'warning client-proof.file.authority expired /p/probe/expired',
    'warning client-proof.file.key revoked /p/probe/revoked',
  ]);
});
