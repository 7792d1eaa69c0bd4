import fc from 'fast-check';
import { expect, test } from 'vitest';
import { en } from '../i18n/en.ts';
import { describe, jsonSchema, report, textOf, toJson } from './index.ts';
import { publicationId } from './names.ts';
import { describeText, wordy } from './testing.ts';

const whole = `site: maison
language: fr
timezone: Europe/Paris
include: [parts/*.yaml]
zones:
  lan: { networks: [10.0.0.7/24, "fd00:1::/64"] }
hosts:
  erp: { address: 10.0.0.15, zone: lan, groups: [prod] }
gateway: { https-port: 8443, trusted-fronts: [10.0.20.5] }
publications:
  ERP.masociete.fr.:
    service: open-prod
    tls: { certificate: tls/full.pem, key: /etc/key.pem }
    audience: { from: [lan, 192.0.2.1] }
    uploads: 2GB
  house.example.fr:
    audience: everyone
    routes:
      /jeedom/: { service: socket, strip-path: true, limits: { requests: 2/s } }
      "~ ^/api/v[0-9]+/": { service: socket }
  "*.apps.example.fr": { service: socket, audience: everyone }
  "~^app(?<n>[0-9]+)\\\\.example\\\\.fr$":
    service: socket
    audience: everyone
    example: app1.example.fr
    tls: { names: ["*.example.fr"] }
`;
const parts = {
  '/site/parts/a.yaml': `services:
  open-prod:
    title: ERP
    host: erp
    owner: { name: DSI }
    upstreams:
      - { url: "https://10.0.0.15:8069/", weight: 3 }
      - { url: "https://[fd00:1::2]", backup: true }
    trust: { ca: ca.pem, name: erp.lan }
    healthy: { path: /web/login?db=a }
    events: [/stream]
`,
  '/site/parts/b.yaml':
    'services:\n  socket: { url: "unix:/run/app.sock", healthy: { path: /api/v1/ }, keep-alive: 0 }\n',
};

test('a whole description becomes a frozen site', async () => {
  const { site, findings } = await describeText(whole, parts);
  expect(findings.filter((f) => f.severity !== 'note')).toEqual([]);
  expect(Object.isFrozen(site?.publications[0]?.routes[0])).toBe(true);
  expect(site).toEqual(JSON.parse(JSON.stringify(site)));
  expect(site).toMatchObject({
    name: 'maison',
    language: 'fr',
    timezone: 'Europe/Paris',
    zones: [{ name: 'lan', networks: ['10.0.0.0/24', 'fd00:1::/64'], pointer: '/zones/lan' }],
    hosts: [
      { name: 'erp', address: '10.0.0.15', zone: 'lan', roles: [], groups: ['prod'] },
      { name: 'localhost', roles: ['gateway'] },
    ],
    gateway: {
      host: 'localhost',
      listen: [],
      httpPort: 80,
      httpsPort: 8443,
      publicPort: 8443,
      trustedFronts: ['10.0.20.5/32'],
      proxyProtocol: false,
      options: { wordy: { workers: 2 } },
    },
  });
  expect(site?.services).toMatchObject([
    {
      name: 'open-prod',
      owner: { name: 'DSI' },
      upstreams: [
        {
          scheme: 'https',
          address: { kind: 'tcp', host: '10.0.0.15', port: 8069 },
          weight: 3,
          backup: false,
        },
        {
          scheme: 'https',
          address: { kind: 'tcp', host: 'fd00:1::2', port: 443 },
          backup: true,
          pointer: '/services/open-prod/upstreams/1',
        },
      ],
      // Relative to the file that says so, not to the main one.
      trust: { ca: '/site/parts/ca.pem', name: 'erp.lan' },
      healthy: { path: '/web/login?db=a', status: 200 },
      options: { wordy: { 'keep-alive': 32, timeouts: {} } },
    },
    {
      name: 'socket',
      upstreams: [{ scheme: 'http', address: { kind: 'unix', path: '/run/app.sock' }, weight: 1 }],
      options: { wordy: { 'keep-alive': 0 } },
    },
  ]);
  expect(site?.publications).toMatchObject([
    {
      id: 'erp_masociete_fr',
      name: 'erp.masociete.fr',
      match: 'exact',
      example: 'erp.masociete.fr',
      scenario: 'proxy',
      tls: { kind: 'files', certificate: '/site/tls/full.pem', key: '/etc/key.pem' },
      audience: { from: ['lan', '192.0.2.1'], networks: ['10.0.0.0/24', 'fd00:1::/64', '192.0.2.1/32'] },
      routes: [{ path: '/', match: 'prefix', service: 'open-prod', strip: false, options: { wordy: {} } }],
      options: { wordy: { uploads: 2e9, headers: { hsts: 31_536_000_000 } } },
      pointer: '/publications/ERP.masociete.fr.',
    },
    {
      audience: { from: ['everyone'] },
      tls: { kind: 'internal', names: ['house.example.fr'], pointer: '/publications/house.example.fr' },
      routes: [
        {
          path: '/jeedom/',
          strip: true,
          options: { wordy: { limits: { requests: { count: 2, per: 's' } } } },
          pointer: '/publications/house.example.fr/routes/~1jeedom~1',
        },
        { path: '^/api/v[0-9]+/', match: 'regex', strip: false },
      ],
    },
    {
      id: '_apps_example_fr',
      match: 'wildcard',
      example: 'check.apps.example.fr',
      tls: { names: ['*.apps.example.fr'] },
    },
    { match: 'regex', example: 'app1.example.fr', tls: { names: ['*.example.fr'] } },
  ]);
});

test('without roles, a host that is named localhost is the gateway', async () => {
  const { site } = await describeText('site: s\nhosts: { localhost: { address: "::1" } }\n');
  expect(site?.hosts).toMatchObject([{ name: 'localhost', address: '::1', roles: ['gateway'] }]);
});

const brief = async (main: string, others: Record<string, string> = {}) =>
  (await describeText(main, others)).findings.map((f) =>
    [f.code, f.at && `${f.at.file}:${f.at.line}:${f.at.column}`].filter(Boolean).join(' '),
  );

test('included files are part of the description, and so are their mistakes', async () => {
  expect(await brief('site: s\ninclude: [b.yaml, nothing-*.yaml]\n')).toEqual([
    'file.missing /site/site.yaml:2:11',
    'include.nothing /site/site.yaml:2:19',
  ]);
  expect(await brief('site: s\ninclude: b.yaml\n')).toEqual(['include.form /site/site.yaml:2:1']);
  expect(await brief('site: s\ninclude: [b.yaml]\n', { '/site/b.yaml': 'include: [site.yaml]\n' })).toEqual([
    'include.cycle /site/b.yaml:1:11',
  ]);
  expect(await brief('site: s\ninclude: ["*.yaml", b.yaml]\n', { '/site/b.yaml': '# nothing\n' })).toEqual(
    [],
  );
  expect(
    await brief('site: s\ninclude: [b.yaml]\nhosts: { a: {} }\n', {
      '/site/b.yaml': 'site: t\nhosts:\n  a: {}\n  b: { zone: x }\n',
    }),
  ).toEqual([
    'key.duplicate /site/b.yaml:1:1',
    'key.duplicate /site/b.yaml:3:3',
    'zone.unknown /site/b.yaml:4:14',
  ]);
  const { findings } = await describeText('include: [b.yaml]\nsite: s\npublications: { a.fr: {} }\n', {
    '/site/b.yaml': 'publications:\n  a.fr: {}\n',
  });
  expect(findings.find((f) => f.code === 'publication.duplicate')?.hint).toEqual({
    code: 'hint.other',
    params: { place: 'site.yaml:3' },
  });
});

test('what a broken file may hold is not guessed at', async () => {
  expect(
    await brief('include: [b.yaml]\nhosts: { a: { zone: lan, x: 1 } }\n', { '/site/b.yaml': 'zones: {"\n' }),
  ).toEqual([
    'host.key.unknown /site/site.yaml:2:26',
    'yaml.unclosed /site/b.yaml:2:1',
    'yaml.indent /site/b.yaml:2:1',
  ]);
});

test('files that cannot be read', async () => {
  const reading = (code: string) =>
    describe('/site/site.yaml', {
      files: { read: async () => Promise.reject(Object.assign(new Error(), { code })), list: async () => [] },
    });
  for (const [code, finding] of [
    ['ENOENT', 'file.missing'],
    ['EISDIR', 'file.unreadable'],
    ['ERR_ENCODING_INVALID_ENCODED_DATA', 'file.encoding'],
  ] as const)
    expect((await reading(code)).findings).toMatchObject([
      { severity: 'error', code: finding, hint: { code: `${finding}.next` } },
    ]);
  expect((await describe('/proc/nowhere/site.yaml')).findings).toMatchObject([{ code: 'file.missing' }]);
  expect((await describe('/proc')).findings).toMatchObject([
    { code: 'file.unreadable', params: { reason: 'EISDIR' } },
  ]);
});

const misspelt = `site: maison
services:
  crm: { url: "http://10.0.0.1", healthy: { path: / } }
publications:
  crm:
    service: crm
    audiance: staff
`;

test('a report says where, what and what to do', async () => {
  const { findings, sources } = await describeText(misspelt);
  const options = { cwd: '/site', read: (file: string) => textOf(sources, file) };
  expect(report(findings, { ...options, language: 'en' })).toBe(`site.yaml:7:5  error  publication.key.unknown
  unknown key "audiance" in publication "crm"
  7 |     audiance: staff
          ^^^^^^^^
  hint: did you mean "audience"?
`);
  expect(
    report(findings, { ...options, language: 'fr' }),
  ).toBe(`site.yaml:7:5  erreur  publication.key.unknown
  clé inconnue « audiance » dans la publication « crm »
  7 |     audiance: staff
          ^^^^^^^^
  conseil : vouliez-vous dire « audience » ?
`);
  expect(report(findings, { ...options, language: 'en', colour: true })).toContain('\u001b[31merror');
  expect(toJson(findings, 'fr', '/site')).toEqual([
    {
      severity: 'error',
      code: 'publication.key.unknown',
      message: 'clé inconnue « audiance » dans la publication « crm »',
      file: 'site.yaml',
      line: 7,
      column: 5,
      length: 8,
      pointer: '/publications/crm/audiance',
      hint: 'vouliez-vous dire « audience » ?',
    },
  ]);
});

test('a report shows nothing that moves the cursor, and of a long line what matters', async () => {
  const shown = async (yaml: string) => {
    const { findings, sources } = await describeText(yaml);
    return report(findings, { language: 'en', cwd: '/', read: (f) => textOf(sources, f) });
  };
  expect(await shown('site: "\u0001"\n')).not.toContain('\u0001');
  const long = await shown(`{ site: "${'x'.repeat(300)}", lang: fr }\n`);
  expect(Math.max(...long.split('\n').map((l) => l.length))).toBeLessThan(130);
  const [, line, carets] = long.split('\n').slice(1) as [string, string, string];
  expect(line.slice(carets.indexOf('^'), carets.lastIndexOf('^') + 1)).toBe('lang');
});

test('the password of an address is shown nowhere, and the carets still stand under it', async () => {
  const yaml = 'site: s\nservices: { crm: { url: "http://dsi:Pa/ss@w0rd@10.0.0.1:80" } }\n';
  const { findings, sources } = await describeText(yaml);
  const text = report(findings, { language: 'en', cwd: '/', read: (f) => textOf(sources, f) });
  const json = JSON.stringify(toJson(findings, 'en', '/'));
  for (const said of [text, json]) {
    expect(said).toContain('**@10.0.0.1:80');
    expect(said).not.toMatch(/dsi|Pa|w0rd/);
  }
  const [, line = '', carets = ''] = text.slice(text.indexOf('value.url')).split('\n').slice(1);
  expect(line.slice(carets.indexOf('^'), carets.lastIndexOf('^') + 1)).toMatch(
    /^"http:\/\/\*+@10\.0\.0\.1:80"$/,
  );
});

test('an identifier is safe as a file name and stands for one name', () => {
  const name = fc.oneof(
    fc.stringMatching(/^[ab]([ab-]{0,2}[ab])?(\.[ab]([ab-]{0,2}[ab])?){0,2}$/),
    fc.stringMatching(/^\*\.[ab](-{0,2}[ab])?(\.[ab])?$/),
    fc.stringMatching(/^~[ab.*_-]{1,4}$/),
  );
  fc.assert(
    fc.property(name, name, (a, b) => {
      expect(publicationId(a)).toMatch(/^[a-z0-9_]{1,120}$/);
      expect(publicationId(a) === publicationId(b)).toBe(a === b);
    }),
    { numRuns: 2000 },
  );
});

const scraps = fc.oneof(
  fc.constantFrom(
    ...[
      'site',
      'hosts',
      'zones',
      'services',
      'publications',
      'gateway',
      'include',
      'routes',
      'tls',
      'audience',
    ],
    ...[
      ': ',
      '- ',
      '\n',
      '\n  ',
      '\n    ',
      '{',
      '}',
      '[',
      ']',
      '"',
      '~',
      '*',
      '&a',
      '*a',
      '!x',
      '|',
      '#',
      '---\n',
    ],
    ...[
      'null',
      '1',
      '-0.5',
      'true',
      'a.fr',
      '~^a$',
      '*.a',
      '__proto__',
      'constructor',
      '10.0.0.0/8',
      'http://a',
    ],
    ...['service', 'url', 'upstreams', 'from', 'names', 'scenario', '<<', '?', '\t', 'é', '\u0000', '../*'],
  ),
  fc.string({ maxLength: 4 }),
);

test('nothing that is written makes it throw', async () => {
  const survives = async (yaml: string) => {
    const { findings, site, sources } = await describeText(yaml, parts);
    const read = (f: string) => textOf(sources, f);
    expect(report(findings, { language: 'fr', cwd: '/site', read })).toBeTypeOf('string');
    expect(toJson(findings, 'en', '/')).toHaveLength(findings.length);
    for (const f of findings) {
      expect(f.at?.file).toBeTypeOf('string');
      for (const { code, params } of f.hint ? [f, f.hint] : [f])
        for (const [, name] of en[code].matchAll(/\{(\w+)\}/g)) expect(params).toHaveProperty(name as string);
    }
    expect(site === undefined).toBe(findings.some((f) => f.severity === 'error'));
  };
  await fc.assert(
    fc.asyncProperty(fc.array(scraps, { maxLength: 25 }), (words) => survives(words.join(''))),
    { numRuns: 400 },
  );
  const cut = fc.record({
    at: fc.nat(whole.length - 1),
    drop: fc.nat(12),
    put: fc.array(scraps, { maxLength: 3 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(cut, { minLength: 1, maxLength: 3 }), (cuts) =>
      survives(
        cuts.reduce((text, c) => text.slice(0, c.at) + c.put.join('') + text.slice(c.at + c.drop), whole),
      ),
    ),
    { numRuns: 400 },
  );
});

test('the JSON Schema describes every key to editors', () => {
  const schema = jsonSchema([wordy]);
  expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
  expect(schema.properties).toMatchObject({ waf: { type: 'object' }, bans: { type: 'object' } });
  const bare: string[] = [];
  const walk = (node: unknown, at: string): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, inner] of Object.entries(node)) {
      if (key === 'properties')
        for (const [name, property] of Object.entries(inner as object))
          if (typeof property.description !== 'string') bare.push(`${at}/${name}`);
      walk(inner, `${at}/${key}`);
    }
  };
  walk(schema, '');
  expect(bare).toEqual([]);
  expect(JSON.stringify(schema)).toContain('keep-alive');
});
