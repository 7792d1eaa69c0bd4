import { describe, expect, test } from 'vitest';
import { say } from '../../i18n/index.ts';
import { message } from '../../model/message.ts';
import type { Artefact } from '../../model/plan.ts';
import engine from './engine.ts';
import { directPublication, facts, publication, route, service, site, upstream } from './testing.ts';
import { situations } from './testing-sites.ts';

// `npx vitest run src/engines/nginx/render.test.ts -u` writes the golden files anew.

const golden = (artefacts: readonly Artefact[]): Artefact[] =>
  artefacts.filter(
    ({ path }) =>
      /^(?:nginx|portal|verdict|daemon)\.conf$/.test(path) ||
      /^(?:publications|direct|names|partners|waf)\//.test(path),
  );

describe.each(Object.entries(situations))('golden %s', (name, { site: described, facts: known }) => {
  const artefacts = engine.render(described, known);

  test.each(golden(artefacts).map((a) => [a.path, a] as const))('%s', async (path, artefact) => {
    await expect(artefact.text).toMatchFileSnapshot(`golden/${name}/${path}`);
    if (artefact.isolated)
      await expect(artefact.isolated.standIn.text).toMatchFileSnapshot(`golden/${name}/stand-in/${path}`);
  });

  test('promises', async () => {
    const lines = engine
      .expect(described)
      .map((e) => `${e.id}\n  ${say('en', e.promise)}\n  ${JSON.stringify(e.probe)}`);
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(`golden/${name}/promises.txt`);
  });

  test('every line has an origin, every promise an id of its own, and rendering is deterministic', () => {
    for (const { text, origins } of artefacts) expect(origins).toHaveLength(text.split('\n').length - 1);
    const ids = engine.expect(described).map((e) => e.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(engine.render(described, known)).toEqual(artefacts);
    expect(engine.review(described)).toEqual([]);
  });
});

test.each(['forwarding.conf', 'pages.conf', 'pages/en/502.html', 'pages/fr/429.html', 'pages/error.json'])(
  'golden shared %s',
  async (path) => {
    const { site: described, facts: known } = situations.simple as (typeof situations)[string];
    const artefact = engine.render(described, known).find((a) => a.path === path);
    await expect(artefact?.text).toMatchFileSnapshot(`golden/shared/${path}`);
  },
);

test('a stream is not cut out of the part of another route', () => {
  const app = service('app', 'http://10.0.0.1', { events: ['/zm/events', '/own'] });
  const zm = service('zm', 'http://10.0.0.2');
  const described = site([app, zm], [publication('a.example', [route('/', 'app'), route('/zm/', 'zm')])]);
  const text = engine.render(described, facts()).find((a) => a.path.startsWith('publications/'))?.text ?? '';
  expect(text).toContain('location /own {');
  expect(text).not.toContain('/zm/events');
  const probed = engine.expect(described).filter((e) => e.probe.kind === 'streams');
  expect(probed.map((e) => e.id)).toEqual(['a.example/#streams-2']);
});

test('a thousand publications and very long names still fit', () => {
  const long = `${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.example.fr`;
  const many = Array.from({ length: 1000 }, (_, n) => publication(`p${n}.example.fr`, 'app'));
  const described = site([service('app', 'http://10.0.0.1')], [...many, publication(long, 'app')]);
  const main = engine.render(described, facts())[0]?.text;
  expect(main).toContain('server_names_hash_max_size 4096;');
  expect(main).toContain('server_names_hash_bucket_size 256;');
});

describe('review', () => {
  const codes = (described: Parameters<typeof engine.review>[0]) =>
    engine.review(described).map((f) => f.code);
  const app = service('app', 'http://10.0.0.1');
  const direct = (
    words: unknown,
    more: Parameters<typeof directPublication>[2] = {},
    serviceWords: unknown = {},
    gateway: Parameters<typeof site>[2] = {},
  ) =>
    site(
      [service('tls', 'tcp://10.0.0.1:993', { nginx: serviceWords })],
      [directPublication('b.example', 'tls', { ...more, nginx: words })],
      gateway,
    );
  const slowed = (name: string) => publication(name, 'app', { nginx: { limits: { upload: 1000 } } });
  const add = (headers: Record<string, string>) =>
    site([app], [publication('a.example', 'app', { nginx: { headers: { add: headers } } })]);

  test.each([
    ['nginx.header.name', add({ 'X Team': 'a' })],
    ['nginx.header.name', add({ 'X-Team:': 'a' })],
    ['nginx.header.reserved', add({ 'Content-Length': '3' })],
    ['nginx.header.reserved', add({ 'X-Accel-Redirect': '/' })],
    ['nginx.header.twice', add({ 'X-Team': 'a', 'x-team': 'b' })],
    ['nginx.text.control', add({ 'X-Team': 'a\r\nSet-Cookie: b' })],
    ['nginx.text.long', add({ 'X-Team': 'é'.repeat(2500) })],
    ['nginx.text.control', site([app], [publication('a.example', [route('/a\n', 'app')])])],
    ['nginx.regex.named', site([app], [publication('a.example', [route('~^/(?<a>x)\\k<a>', 'app')])])],
    ['nginx.path.encoded', site([app], [publication('a.example', [route('/caf%C3%A9/', 'app')])])],
    ['nginx.unix.long', site([service('app', `unix:/${'a'.repeat(107)}`)], [])],
    ['nginx.host-header', site([service('app', 'http://10.0.0.1', { nginx: { 'host-header': 'a b' } })], [])],
    [
      'nginx.trust.address',
      site([service('app', 'https://10.0.0.1', { trust: { ca: '/ca', name: '10.0.0.1' } })], []),
    ],
    ['nginx.backup.only', site([service('app', upstream('http://10.0.0.1', { backup: true }))], [])],
    [
      'nginx.limits.burst',
      site([app], [publication('a.example', 'app', { nginx: { limits: { burst: 3 } } })]),
    ],
    ['nginx.proxy-protocol.untrusted', site([app], [], { proxyProtocol: true })],
    ['nginx.direct.word', direct({ limits: { requests: { count: 1, per: 's' }, connections: 2 } })],
    ['nginx.direct.word', direct({ uploads: 1 })],
    ['nginx.direct.word', direct({ limits: { connections: 2 } }, { port: 2222 })],
    ['nginx.direct.service', direct({}, {}, { 'keep-alive': 3 })],
    ['nginx.direct.service', direct({}, { port: 2222 }, { failover: {} })],
    ['nginx.direct.fronts', direct({}, {}, {}, { trustedFronts: ['10.0.0.1/32'] })],
    ['nginx.upload.fronts', site([app], [slowed('a.example')], { trustedFronts: ['10.0.0.1/32'] })],
    ['nginx.upload.regex', site([app], [slowed('~^a\\.example$')])],
  ])('%s', (code, described) => expect([...new Set(codes(described))]).toContain(code));

  test('what connections can have is no finding, nor what a service has for the proxy', () => {
    const limits = { connections: 2 };
    const words = { timeouts: { connect: 1 }, failover: { attempts: 1 } };
    expect(codes(direct({ limits }, {}, words))).toEqual([]);
    const both = service('both', 'https://10.0.0.1', { nginx: { 'host-header': 'upstream' } });
    const shared = [publication('a.example', 'both'), directPublication('b.example', 'both')];
    expect(codes(site([both], shared))).toEqual([]);
    const fronts = { trustedFronts: ['10.0.0.1/32'], proxyProtocol: true };
    expect(codes(direct({}, {}, {}, fronts))).toEqual([]);
    expect(codes(site([app], [slowed('*.a.example')], fronts))).toEqual([]);
    expect(codes(direct({ limits: { upload: 1000 } }))).toEqual([]);
  });

  test('findings of what is direct stand at the word', () => {
    const [finding] = engine.review(direct({ limits: { burst: 2 } })).slice(-1);
    expect(finding?.pointer).toBe('/publications/b.example/limits/burst');
  });

  test('findings speak', () => {
    const [finding] = engine.review(add({ 'X-Team': 'a\nb' }));
    expect(finding?.pointer).toBe('/publications/a.example/headers/add/X-Team');
    expect(finding && say('fr', message(finding.code, finding.params))).toContain('caractère de contrôle');
  });
});

describe('diagnose', () => {
  test.each([
    [
      'nginx: [emerg] unknown directive "foo" in /p/g/publications/a.conf:12',
      {
        severity: 'error',
        text: 'unknown directive "foo"',
        file: '/p/g/publications/a.conf',
        line: 12,
        quoted: [],
      },
    ],
    [
      'nginx: [emerg] cannot load certificate "/p/g/certificates/a.pem": BIO_new_file() failed (SSL: error:80000002:system library::No such file or directory)',
      { severity: 'error', quoted: ['/p/g/certificates/a.pem'] },
    ],
    [
      '2026/11/22 03:46:00 [warn] 12#12: conflicting server name "a" on 127.0.0.1:80, ignored',
      { severity: 'warning', text: 'conflicting server name "a" on 127.0.0.1:80, ignored', quoted: [] },
    ],
    [
      'nginx: [alert] could not open error log file: open() "/var/log/nginx/error.log" failed (13: Permission denied)',
      { severity: 'warning' },
    ],
    [
      'nginx: [emerg] pcre2_compile() failed: missing closing parenthesis in "^a(" at "" in /p/a.conf:3',
      { text: 'pcre2_compile() failed: missing closing parenthesis in "^a(" at ""', line: 3 },
    ],
    ['nginx: invalid option: "z"', { severity: 'error', text: 'invalid option: "z"' }],
  ])('%s', (output, complaint) => {
    const summary = '\nnginx: configuration file /p/g/nginx.conf test failed\n';
    expect(engine.diagnose(output + summary)).toEqual([expect.objectContaining(complaint)]);
  });

  test('nothing against a good one', () => {
    const said =
      '2026/11/26 02:22:23 [notice] 61#61: js vm init njs: 000055D26B482680\nnginx: the configuration file /p/nginx.conf syntax is ok\nnginx: configuration file /p/nginx.conf test is successful\n';
    expect(engine.diagnose(said)).toEqual([]);
  });
});

test('the version is read', () => {
  expect(engine.actions.version.read('nginx version: nginx/1.22.1\n')).toBe('1.22.1');
});
