import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, describe as group, test } from 'vitest';
import { describe } from './index.ts';
import { memory } from './testing.ts';

/** Codes and pointers of what is found, notes aside. */
async function found(yaml: string, files: Readonly<Record<string, string>> = {}, now = new Date()) {
  const { findings, site } = await describe('/site/site.yaml', {
    files: memory({ '/site/site.yaml': yaml, ...files }),
    now,
  });
  const said = findings
    .filter(({ severity }) => severity !== 'note')
    .map(({ severity, code, pointer }) => `${severity === 'warning' ? '? ' : ''}${code} ${pointer}`);
  return { said, site };
}

/** A description with one partner; each row changes something of it. */
const good = `site: s
zones: { lan: { networks: [10.0.0.0/24] }, all: { networks: [0.0.0.0/0] } }
hosts:
  gw: { address: [10.0.0.1, 203.0.113.1], roles: [gateway] }
  app: { address: 10.0.0.5 }
  nameless: { address: app.lan }
tls-configurations:
  clients: { client-certificate: required, authorities: [internal] }
publications: {}
gateway: {}
partners:
  api: { url: "https://api.example/v1", callers: [app, lan, 10.1.0.0/16], paths: [/endpoint], healthy: { path: /endpoint/x } }
`;

const rows: readonly (readonly [string, string, string, readonly string[]])[] = [
  [
    'another scheme',
    'https://api.example/v1',
    'http://api.example/',
    ['value.url.partner /partners/api/url'],
  ],
  ['a login', 'https://api.example', 'https://a:b@api.example', ['value.url.partner /partners/api/url']],
  ['a query', '/v1"', '/v1?x=1"', ['value.url.partner /partners/api/url']],
  ['dots in the URL', '/v1"', '/v1/../x"', ['value.url.partner /partners/api/url']],
  ['a name in capitals', '  api:', '  Api:', ['partner.name /partners/Api']],
  ['a name with a slash', '  api:', '  "a/b":', ['partner.name /partners/a~1b']],
  ['an unknown key', 'paths:', 'path: /x, paths:', ['partner.key.unknown /partners/api/path']],
  [
    'no path',
    ', paths: [/endpoint], healthy: { path: /endpoint/x }',
    '',
    ['partner.key.missing /partners/api'],
  ],
  ['a path with dots', '[/endpoint]', '[/endpoint/..]', ['value.path.prefix /partners/api/paths/0']],
  ['nobody', 'callers: [app, lan, 10.1.0.0/16], ', '', ['partner.callers.missing /partners/api']],
  ['somebody unknown', 'callers: [app,', 'callers: [apq,', ['assertion.unknown /partners/api/callers/0']],
  ['everyone', 'callers: [app,', 'callers: [everyone,', ['partner.callers.everyone /partners/api/callers/0']],
  [
    'the internet',
    'callers: [app,',
    'callers: [internet,',
    ['partner.callers.everyone /partners/api/callers/0'],
  ],
  [
    'a zone of everything',
    'callers: [app,',
    'callers: [all,',
    ['partner.callers.everyone /partners/api/callers/0'],
  ],
  [
    'a block of everything',
    'callers: [app,',
    'callers: ["::/0",',
    ['partner.callers.everyone /partners/api/callers/0'],
  ],
  [
    'a host without an address',
    'callers: [app,',
    'callers: [nameless,',
    ['partner.callers.address /partners/api/callers/0'],
  ],
  [
    'an address for a name',
    'https://api.example/v1',
    'https://192.0.2.1/',
    ['nginx.trust.address /partners/api/url'],
  ],
  ['health beside the paths', '/endpoint/x', '/other', ['partner.healthy.path /partners/api/healthy/path']],
  [
    'health that only begins like one',
    '/endpoint/x',
    '/endpoints',
    ['partner.healthy.path /partners/api/healthy/path'],
  ],
  [
    'a configuration for publications',
    'callers:',
    'tls-configuration: clients, callers:',
    ['tls-configuration.server /partners/api/tls-configuration'],
  ],
  [
    'an unknown configuration',
    'callers:',
    'tls-configuration: client, callers:',
    ['tls-configuration.unknown /partners/api/tls-configuration'],
  ],
  [
    'a public address to listen on',
    'gateway: {}',
    'gateway: { partners: { listen: [203.0.113.1] } }',
    ['partner.listen.public /gateway/partners/listen/0'],
  ],
  [
    'every address to listen on',
    'gateway: {}',
    'gateway: { partners: { listen: [0.0.0.0] } }',
    ['partner.listen.public /gateway/partners/listen/0'],
  ],
  ['no inner address', '[10.0.0.1, 203.0.113.1]', '[203.0.113.1]', ['partner.listen.missing /partners/api']],
  [
    'the port of publications',
    'gateway: {}',
    'gateway: { partners: { port: 443 } }',
    ['partner.port /gateway/partners/port'],
  ],
  ['a pin that is none', 'callers:', 'pins: [sha256/abc], callers:', ['value.pin /partners/api/pins/0']],
  [
    'a socket by a relative path',
    'callers:',
    'socket: run/a.sock, callers:',
    ['value.socket /partners/api/socket'],
  ],
  [
    'a method of its own',
    'callers:',
    'methods: [CONNECT], callers:',
    ['value.choice /partners/api/methods/0'],
  ],
];

const unused = '? tls-configuration.unused /tls-configurations/clients';

test('shares its identifier, and with it the files of its certificate, with no publication', async () => {
  const publications = `services: { web: { url: "http://10.0.0.5:80" } }
publications:
  partner.api: { service: web, audience: everyone }
  partner-api: { service: web, audience: everyone }
`;
  const { said, site } = await found(good.replace('publications: {}\n', publications));
  expect(said).toEqual([unused]);
  const ids = [...(site?.publications ?? []), ...(site?.partners ?? [])].map(({ id }) => id);
  expect(ids).toEqual(expect.arrayContaining(['partner_api', 'partner__api', 'partner___api']));
});

test('a partner that nothing is wrong with', async () => {
  const { said, site } = await found(good);
  expect(said).toEqual([unused]);
  expect(site?.partners).toMatchObject([
    {
      id: 'partner___api',
      host: 'api.example',
      port: 443,
      base: '/v1/',
      trust: { name: 'api.example' },
      networks: ['10.0.0.5/32', '10.0.0.0/24', '10.1.0.0/16'],
      methods: ['GET', 'HEAD', 'POST'],
      size: 16_000_000,
    },
  ]);
  expect(site?.gateway.partners).toMatchObject({ listen: ['10.0.0.1'], port: 8180 });
});

test.each(rows)('%s', async (_, from, to, wanted) => {
  expect(good).toContain(from);
  const { said } = await found(good.replace(from, to));
  expect(said.filter((one) => one !== unused)).toEqual(wanted);
});

group('the files of a client certificate', () => {
  let folder: string;
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  const openssl = (...argv: string[]) => execFileSync('openssl', argv, { cwd: folder, stdio: 'pipe' });
  const make = (name: string, days: number, ...more: string[]) =>
    openssl(
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=x'],
      ...['-keyout', `${name}.key`, '-out', `${name}.pem`, '-days', `${days}`, ...more],
    );

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'poterne-client-'));
    make('client', 365, '-addext', 'extendedKeyUsage=clientAuth');
    make('other', 365);
    make('server', 365, '-addext', 'extendedKeyUsage=serverAuth');
    openssl('pkcs8', '-topk8', '-in', 'client.key', '-out', 'locked.key', '-passout', 'pass:x');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const yaml = (more = '') => `site: s
hosts: { gw: { address: 10.0.0.1, roles: [gateway] }, app: { address: 10.0.0.5 } }
tls-configurations: { to-api: { certificate: c.pem, key: k.pem${more} } }
partners: { api: { url: "https://api.example/", tls-configuration: to-api, callers: [app], paths: [/] } }
`;
  const look = async (certificate: string, key: string, more = '', inDays = 0) => {
    const now = new Date(Date.now() + inDays * 86_400_000);
    const files = { '/site/c.pem': certificate, '/site/k.pem': key };
    const { said } = await found(yaml(more), files, now);
    return said.map((one) =>
      one.replace('client-certificate.', '').replace('/tls-configurations/to-api/', ''),
    );
  };

  test('are judged before anything is touched', async () => {
    const [client, key] = [read('client.pem'), read('client.key')];
    expect(await look(client, key)).toEqual([]);
    // Without an extended key usage nothing is excluded (RFC 5280, 4.2.1.12).
    expect(await look(read('other.pem'), read('other.key'))).toEqual([]);
    expect(await look(client, read('other.key'))).toEqual(['mismatch key']);
    expect(await look(read('server.pem'), read('server.key'))).toEqual(['purpose certificate']);
    expect(await look(client, key, '', 400)).toEqual(['expired certificate']);
    expect(await look(client, key, '', -2)).toEqual(['future certificate']);
    expect(await look(client, key, '', 340)).toEqual(['? expiring certificate']);
    expect(await look('nothing', key)).toEqual(['form certificate']);
    expect(await look(client, client)).toEqual(['key key']);
    expect(await look(client, read('locked.key'))).toEqual(['passphrase key']);
    expect(await look(client, read('locked.key'), ', passphrase: { file: /etc/secret }')).toEqual([]);
    expect((await found(yaml())).said.map((one) => one.split(' ')[1])).toEqual([
      'client-certificate.unreadable',
      'client-certificate.unreadable',
    ]);
  });

  test('are not those of Poterne’s own CA as well', async () => {
    const both = yaml(', authority: internal, names: [a.example]');
    expect((await found(both)).said).toContain(
      'tls-configuration.files /tls-configurations/to-api/certificate',
    );
    const none = both.replace(
      'certificate: c.pem, key: k.pem, authority: internal, names: [a.example]',
      'authority: internal',
    );
    expect((await found(none)).said).toEqual(['tls-configuration.key.missing /tls-configurations/to-api']);
  });
});
