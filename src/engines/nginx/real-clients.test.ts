import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, writeFile } from 'node:fs/promises';
import http2 from 'node:http2';
import { join } from 'node:path';
import tls from 'node:tls';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import WebSocket from 'ws';
import { freePort } from '../../lib/testing-ports.ts';
import { directPublication, publication, route, service, site } from './testing.ts';
import {
  type Client,
  type ClientAuthority,
  type ClientWish,
  clientAuthority,
  configuration,
} from './testing-clients.ts';
import {
  type Ask,
  type Backend,
  backend,
  openFolder,
  type RunningGateway,
  startGateway,
  testAuthority,
  told,
} from './testing-gateway.ts';

// A real nginx, on a machine that may have much else to do.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const authority = await testAuthority('Test CA');
const files = await openFolder();
const right = await clientAuthority('CN=Partner Root');
const middle = await right.under('CN=Partner Issuing');
const impostor = await clientAuthority('CN=Partner Root');
const other = await clientAuthority('CN=Other Root');

const alice = await right.client({ names: [{ type: 'dns', value: 'alice.partner.example' }] });
const revoked = await right.client({ subject: 'CN=revoked' });
const below = await middle.client({ subject: 'CN=below' });
const chained: Client = { ...below, cert: below.cert + middle.pem };
const ocspPort = await freePort();
const bob = await other.client({ subject: 'CN=bob' });

type Names = NonNullable<ClientWish['names']>;

let app: Backend;
let gateway: RunningGateway;

const of = async (name: string, authorities: readonly ClientAuthority[], more: object = {}) =>
  configuration(
    files,
    name,
    authorities.map(({ pem }) => pem),
    more,
  );

beforeAll(async () => {
  await chmod(files, 0o755);
  app = await backend('app');
  const lists = [await right.list([revoked.serial])];
  const both = [...lists, await middle.list()];
  const configurations = [
    await of('partners', [right], { lists: both }),
    await of('short', [right, middle], { lists: both, depth: 1 }),
    await of('listless', [right], { lists }),
    await of('ended', [right], { lists: [await right.list([], -1), await middle.list()] }),
    await of('others', [other], { client: 'optional', identity: 'common-name' }),
    await of('asked', [right], { ocsp: { responder: 'http://127.0.0.1:9/', whole: false, pointer: '' } }),
    await of('dns', [right], { identity: 'san-dns' }),
    await of('email', [right], { identity: 'san-email', client: 'optional' }),
    await of('uri', [right], { identity: 'san-uri' }),
    await of('ocsp', [right], {
      ocsp: { responder: `http://127.0.0.1:${ocspPort}/`, whole: true, pointer: '' },
    }),
    await of('renamed', [right], { headers: { identity: 'X-Who', certificate: 'X-Pem' } }),
  ];
  await writeFile(join(files, 'right.pem'), right.pem);
  await writeFile(join(files, 'right.key'), await right.key());
  const guarded = (path: string) => ({ ...route(path, 'app'), tlsConfiguration: 'partners' });
  gateway = await startGateway(
    (ports) => ({
      ...site(
        [service('app', app.url)],
        [
          publication('open.localhost', 'app'),
          publication('api.localhost', 'app', { tlsConfiguration: 'partners' }),
          publication('short.localhost', 'app', { tlsConfiguration: 'short' }),
          publication('listless.localhost', 'app', { tlsConfiguration: 'listless' }),
          publication('ended.localhost', 'app', { tlsConfiguration: 'ended' }),
          publication('others.localhost', 'app', { tlsConfiguration: 'others' }),
          publication('asked.localhost', 'app', { tlsConfiguration: 'asked' }),
          publication('dns.localhost', 'app', { tlsConfiguration: 'dns' }),
          publication('email.localhost', 'app', { tlsConfiguration: 'email' }),
          publication('ocsp.localhost', 'app', { tlsConfiguration: 'ocsp' }),
          publication('uri.localhost', 'app', { tlsConfiguration: 'uri' }),
          publication('renamed.localhost', 'app', { tlsConfiguration: 'renamed' }),
          publication('*.wild.localhost', 'app', { tlsConfiguration: 'partners' }),
          publication('~^app[0-9]+\\.localhost$', 'app', {
            tlsConfiguration: 'partners',
            example: 'app1.localhost',
          }),
          publication('away.localhost', 'app', {
            tlsConfiguration: 'partners',
            audience: { from: ['192.0.2.0/24'], networks: ['192.0.2.0/24'], pointer: '' },
          }),
          publication('paths.localhost', [
            route('/open/', 'app'),
            guarded('/secret/'),
            route('/secret/public/', 'app'),
            guarded('>/strip/'),
            route('~ \\.png$', 'app'),
            guarded('~ ^/v[0-9]+/admin'),
            route('~ ^/v1/', 'app'),
          ]),
          publication('whole.localhost', [route('/', 'app'), guarded('/admin/'), guarded('~ ^/v1/keys$')]),
          publication('far.localhost', [guarded('/secret/'), route('/open/', 'app')], {
            audience: { from: ['192.0.2.0/24'], networks: ['192.0.2.0/24'], pointer: '' },
          }),
        ],
        ports,
      ),
      tlsConfigurations: configurations,
    }),
    authority,
  );
});

afterAll(async () => {
  await gateway?.stop();
  app?.close();
});

const status = async (host: string, client?: Client, path = '/', more: Ask = {}) =>
  (await gateway.get(host, path, { ...more, ...(client ? { client } : {}) })).status;

describe('a name that requires a certificate', () => {
  test('lets the right one in, and tells the service whose it is', async () => {
    const seen = told(await gateway.get('api.localhost', '/', { client: alice })).headers;
    expect(seen['x-client-verified']).toBe('SUCCESS');
    expect(seen['x-client-identity']).toBe('CN=alice,O=Org\\, Inc');
    expect(seen['x-client-subject']).toBe('CN=alice,O=Org\\, Inc');
    expect(seen['x-client-issuer']).toBe('CN=Partner Root');
    expect(Number.parseInt(seen['x-client-serial'] as string, 16)).toBe(Number.parseInt(alice.serial, 16));
  });

  test('refuses whoever has none, in both languages', async () => {
    const english = await gateway.get('api.localhost');
    expect([english.status, english.body.includes('Certificate needed')]).toEqual([403, true]);
    const french = await gateway.get('api.localhost', '/', { headers: { 'accept-language': 'fr' } });
    expect([french.status, french.body.includes('Certificat nécessaire')]).toEqual([403, true]);
    const json = await gateway.get('api.localhost', '/', { headers: { accept: 'application/json' } });
    expect([json.status, Object.keys(JSON.parse(json.body))]).toEqual([403, ['status', 'request']]);
  });

  test.each<[string, () => Promise<Client>]>([
    ['an impostor of its authority', () => impostor.client()],
    ['another authority', async () => bob],
    ['no authority', async () => ({ ...alice, ...(await selfSigned()) })],
    ['the past', () => right.client({ from: -20, until: -1 })],
    ['the future', () => right.client({ from: 1, until: 2 })],
    ['somebody who was revoked', async () => revoked],
  ])('refuses one of %s', async (_, client) => {
    const reply = await gateway.get('api.localhost', '/', { client: await client() });
    expect([reply.status, reply.body.includes('<h1>Certificate refused</h1>')]).toEqual([403, true]);
  });

  test('says in its log whose certificate was refused, and why', async () => {
    await gateway.get('api.localhost', '/why', { client: await right.client({ from: -20, until: -1 }) });
    expect((await gateway.log()).find(({ uri }) => uri === '/why')).toMatchObject({
      ...{ status: 403, clientVerified: 'FAILED:certificate has expired' },
      clientSubject: expect.stringMatching(/^CN=/),
    });
  });

  const selfSigned = async () => {
    const own = await clientAuthority('CN=alice');
    const pair = await own.client({ subject: 'CN=alice' });
    return pair;
  };

  test('counts the authorities above a certificate', async () => {
    expect(await status('api.localhost', chained)).toBe(200);
    expect(await status('short.localhost', chained)).toBe(403);
    expect(await status('short.localhost', alice)).toBe(200);
  });

  test('refuses all while a revocation list is missing or has ended', async () => {
    expect(await status('listless.localhost', alice)).toBe(200);
    expect(await status('listless.localhost', chained)).toBe(403);
    expect(await status('ended.localhost', alice)).toBe(403);
  });

  test('refuses all while nobody answers whether they are revoked', async () => {
    expect([await status('asked.localhost', alice), await status('asked.localhost')]).toEqual([403, 403]);
  });

  test('is still shut to those outside its audience', async () => {
    expect(await status('away.localhost', alice)).toBe(403);
    expect((await gateway.get('away.localhost', '/', { client: alice })).body).toContain(
      'Not open from here',
    );
  });

  test.each(['a.wild.localhost', 'app1.localhost'])('under %s too', async (name) => {
    expect([await status(name), await status(name, bob), await status(name, alice)]).toEqual([403, 403, 200]);
  });
});

describe('a name whose certificates are asked about over OCSP', () => {
  const ask = () => Promise.all([status('ocsp.localhost', alice), status('ocsp.localhost', revoked)]);

  test('refuses all while nobody answers, and then only who is revoked', async () => {
    expect(await ask()).toEqual([403, 403]);
    const at = (name: string) => join(files, name);
    const entry = (state: string, since: string, { serial }: Client) =>
      `${state}\t350301000000Z\t${since}\t${serial.toUpperCase()}\tunknown\t/CN=x\n`;
    await writeFile(at('index'), entry('V', '', alice) + entry('R', '251120100000Z', revoked));
    const signs = [
      '-CA',
      at('right.pem'),
      '-rsigner',
      at('right.pem'),
      '-rkey',
      at('right.key'),
      '-ndays',
      '1',
    ];
    const child = spawn('openssl', ['ocsp', '-port', `${ocspPort}`, '-index', at('index'), ...signs]);
    try {
      await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data')]);
      await vi.waitFor(async () => expect(await ask()).toEqual([200, 403]), { timeout: 90_000 });
    } finally {
      child.kill();
    }
    expect(await status('ocsp.localhost')).toBe(403);
  });
});

describe('a certificate that is optional', () => {
  test('is told when it is shown, and nothing is told otherwise', async () => {
    const shown = told(await gateway.get('others.localhost', '/', { client: bob })).headers;
    expect([shown['x-client-verified'], shown['x-client-identity']]).toEqual(['SUCCESS', 'bob']);
    const none = told(await gateway.get('others.localhost')).headers;
    expect([none['x-client-verified'], none['x-client-identity']]).toEqual(['NONE', undefined]);
  });

  test('must be good all the same', async () => {
    expect(await status('others.localhost', alice)).toBe(403);
  });

  test.each([
    ['x', [{ CN: ['x'] }, { O: ['a'] }]],
    ['good', [{ CN: ['good'] }, { O: ['a,CN=evil'] }]],
    ['good', [{ O: ['a\\,CN=evil'] }, { CN: ['good'] }]],
    ['good', [{ CN: ['good'] }, { O: ['a\\'] }]],
    [undefined, [{ O: ['CN=evil'] }]],
    [undefined, [{ O: ['a,CN=evil'] }]],
    ['a\\,b', [{ CN: ['a,b'] }]],
    ['a\\0D\\0AX-Client-Issuer: evil', [{ CN: ['a\r\nX-Client-Issuer: evil'] }]],
  ])('the common name is %s of %j', async (name, subject) => {
    const client = await other.client({ subject });
    const seen = told(await gateway.get('others.localhost', '/', { client })).headers;
    expect([seen['x-client-verified'], seen['x-client-identity']]).toEqual(['SUCCESS', name]);
  });
});

describe('alternative names', () => {
  const names: Names = [
    { type: 'email', value: 'alice@partner.example' },
    { type: 'dns', value: 'one.partner.example' },
    { type: 'url', value: 'spiffe://partner.example/alice' },
    { type: 'ip', value: '192.0.2.1' },
    { type: 'dns', value: 'two.partner.example' },
  ];
  const many: Names = Array.from({ length: 90 }, (_, n) => ({ type: 'dns', value: `n${n}.example` }));
  test.each<[string, Names | undefined, string | undefined]>([
    ['dns.localhost', names, 'one.partner.example,two.partner.example'],
    ['email.localhost', names, 'alice@partner.example'],
    ['uri.localhost', names, 'spiffe://partner.example/alice'],
    ['dns.localhost', many, many.map(({ value }) => value).join(',')],
    ['dns.localhost', undefined, undefined],
    ['uri.localhost', [{ type: 'dns', value: 'spiffe://partner.example/alice' }], undefined],
    ['dns.localhost', [{ type: 'dns', value: 'a.example,admin.example' }], undefined],
    ['dns.localhost', [{ type: 'dns', value: 'a.example\r\nX-Client-Issuer: evil' }], undefined],
  ])('%s tells %j as %s', async (host, some, identity) => {
    const client = await right.client(some ? { names: some } : {});
    const seen = told(await gateway.get(host, '/', { client })).headers;
    expect([seen['x-client-verified'], seen['x-client-identity']]).toEqual(['SUCCESS', identity]);
    expect(seen['x-client-issuer']).toBe('CN=Partner Root');
  });

  test('are nothing where no certificate is shown', async () => {
    const seen = told(await gateway.get('email.localhost')).headers;
    expect([seen['x-client-verified'], seen['x-client-identity']]).toEqual(['NONE', undefined]);
  });
});

describe('paths that require a certificate beside others that do not', () => {
  test.each([
    ['/open/', 200],
    ['/secret/', 403],
    ['/secret/public/', 200],
    ['/secret/x.png', 403],
    ['/secret/public/x.png', 200],
    ['/open/x.png', 200],
    ['/strip/', 403],
    ['/strip/a.png', 403],
    ['/v1/', 200],
    ['/v1/admin', 403],
    ['/v1/admin/x.png', 403],
    ['/%73ecret/', 403],
    ['/%73ecret/x.png', 403],
    ['//secret/x.png', 403],
    ['/open/../secret/', 403],
    ['/open/..%2fsecret/x.png', 403],
    ['/secret/./x.png', 403],
    ['/secret/public/../x.png', 403],
    ['/secret/%0a.png', 403],
    ['/secret/?a=/open/x.png', 403],
    ['/nowhere', 404],
  ])('%s without one: %i', async (path, wanted) => {
    expect(await status('paths.localhost', undefined, path)).toBe(wanted);
    expect(await status('paths.localhost', alice, path)).toBe(wanted === 404 ? 404 : 200);
  });

  // As Tomcat, IIS, a URL parser of WHATWG's kind or a second decoding would read them.
  test.each([
    '/open/..;/secret/',
    '/secret//../open/',
    '/secret/index.php//..//../open/',
    '/secret/..%2fopen/',
    '/open/%252e%252e/secret/',
    '/open/%2e%2e%252fsecret/',
    '/open/..\\..\\secret/',
    '/open/%5c..%5csecret/',
    '/open/#/../../secret/',
    '/SECRET/',
  ])('%s, which a service may read as one that does', async (path) => {
    expect(await rawStatus('paths.localhost', path)).toBe(403);
    expect(await rawStatus('paths.localhost', path, alice)).not.toBe(403);
  });

  test.each([
    ['/', 200],
    ['/page/of?path=/a;b//../c%2f', 200],
    ['/page%20with%C3%A9', 200],
    ['/.well-known/x', 200],
    ['/a..b/.c/d', 200],
    ['/admin./users', 403],
    ['/admin%20/users', 403],
    ['/a..b/.c/d.', 403],
    ['/admin/', 403],
    ['/admin', 301],
    ['/admin;x/users', 403],
    ['/admin%3bx/users', 403],
    ['/admin;', 403],
    ['/Admin/users', 403],
    ['/v1/keys', 403],
    ['/v1/keys;x', 403],
    ['/V1/keys', 403],
    ['/page;x', 403],
  ])('beside a whole that does not, %s: %i', async (path, wanted) => {
    expect(await rawStatus('whole.localhost', path)).toBe(wanted);
    expect(await rawStatus('whole.localhost', path, alice)).toBe(wanted === 301 ? 301 : 200);
  });

  const rawStatus = async (host: string, path: string, client?: Client) => {
    const text = `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
    return Number((await raw(host, text, client)).match(/^HTTP\/1.1 (\d+)/)?.[1]);
  };

  test('say so in both languages, and the rest stays as it is', async () => {
    const reply = await gateway.get('paths.localhost', '/secret/', { headers: { 'accept-language': 'fr' } });
    expect(reply.body).toContain('Certificat nécessaire');
    expect((await gateway.get('paths.localhost', '/nowhere')).body).toContain('Nothing here');
  });

  test('a bad certificate is refused on every path', async () => {
    expect(await status('paths.localhost', bob, '/open/')).toBe(403);
    expect(await status('paths.localhost', revoked, '/secret/')).toBe(403);
  });

  test('outside the audience all paths are alike', async () => {
    const bodies = await Promise.all(
      ['/secret/', '/open/', '/nowhere'].map(async (path) => (await gateway.get('far.localhost', path)).body),
    );
    expect(bodies.map((body) => body.includes('Not open from here'))).toEqual([true, true, true]);
    expect(await status('far.localhost', alice, '/secret/')).toBe(403);
  });

  test('a WebSocket is no way round', async () => {
    const { httpsPort } = gateway.site.gateway;
    const socket = new WebSocket(`wss://127.0.0.1:${httpsPort}/secret/`, {
      servername: 'paths.localhost',
      headers: { host: `paths.localhost:${httpsPort}` },
      ca: authority.pem,
    } as WebSocket.ClientOptions);
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number }];
    expect(response.statusCode).toBe(403);
    socket.on('error', () => {});
    socket.terminate();
  });
});

describe('what a service is told', () => {
  const forged = [
    ...['X-Client-Identity', 'x-client-identity', 'X_Client_Identity', 'X-CLIENT-IDENTITY'],
    ...['X-Client-Verified', 'X-Client-Subject', 'X-Client-Issuer', 'X-Client-Serial', 'X-Who', 'X-Pem'],
    ...['X_Client-Identity', 'X.Client.Identity'],
  ];
  const forging = (name: string) =>
    `GET / HTTP/1.1\r\nHost: ${name}\r\n${forged.map((header) => `${header}: evil\r\n${header}: evil\r\n`).join('')}Connection: close\r\n\r\n`;

  test.each([
    ['api.localhost', () => alice],
    ['renamed.localhost', () => alice],
    ['others.localhost', () => undefined],
    ['open.localhost', () => undefined],
  ])('at %s, no visitor can say', async (name, client) => {
    const answer = await raw(name, forging(name), client());
    expect(answer).toMatch(/^HTTP\/1.1 200/);
    expect(answer).not.toContain('evil');
  });

  test('on a path of the same name that asks for none', async () => {
    const answer = await raw('paths.localhost', forging('paths.localhost').replace('GET /', 'GET /open/'));
    expect(answer).toMatch(/^HTTP\/1.1 200/);
    expect(answer).not.toContain('evil');
    expect(answer).not.toContain('x-client');
    const shown = told(await gateway.get('paths.localhost', '/open/', { client: alice })).headers;
    expect(shown['x-client-verified']).toBeUndefined();
  });

  test('the names are those of the description', async () => {
    const seen = told(await gateway.get('renamed.localhost', '/', { client: alice })).headers;
    expect(seen['x-who']).toBe('CN=alice,O=Org\\, Inc');
    expect(decodeURIComponent(seen['x-pem'] as string)).toBe(alice.cert);
    expect(seen['x-client-identity']).toBeUndefined();
  });
});

/** One connection under a TLS name, and what comes back for these bytes. */
async function raw(sni: string | undefined, text: string, client?: Client, more: tls.ConnectionOptions = {}) {
  const socket = connect(sni, client, more);
  await once(socket, 'secureConnect');
  socket.write(text);
  let answer = '';
  try {
    for await (const chunk of socket) answer += chunk;
  } catch (error) {
    // Closed without a word.
    if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error;
  }
  return answer;
}

function connect(sni: string | undefined, client?: Client, more: tls.ConnectionOptions = {}) {
  return tls.connect({
    host: '127.0.0.1',
    port: gateway.site.gateway.httpsPort,
    ...(sni === undefined ? {} : { servername: sni }),
    ca: authority.pem,
    checkServerIdentity: () => undefined,
    ...(client ? { cert: client.cert, key: client.key } : {}),
    ...more,
  });
}

describe('a connection made for another name', () => {
  const asking = (line: string, host: string) =>
    `GET ${line} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;

  test.each([
    ['the host', asking('/', 'api.localhost')],
    ['the host in capitals', asking('/', 'API.LOCALHOST')],
    ['the host with a final dot', asking('/', 'api.localhost.')],
    ['the host with a port', asking('/', 'api.localhost:443')],
    ['an absolute request', asking('https://api.localhost/', 'open.localhost')],
    ['a wildcard', asking('/', 'a.wild.localhost')],
    ['a regular expression', asking('/', 'app1.localhost')],
    ['a path that requires one', asking('/secret/', 'paths.localhost')],
    ['another one that is optional', asking('/', 'others.localhost')],
  ])('leads nowhere else by %s', async (_, text) => {
    expect(await raw('open.localhost', text)).toMatch(/^HTTP\/1.1 421/);
    expect(await raw('open.localhost', text, alice)).toMatch(/^HTTP\/1.1 421/);
  });

  test.each(['127.0.0.1', '[::1]', 'unknown.localhost'])('nor to %s', async (host) => {
    expect(await raw('open.localhost', asking('/', host))).not.toMatch(/^HTTP\/1.1 2/);
    expect(await raw('api.localhost', asking('/', host), alice)).not.toMatch(/^HTTP\/1.1 2/);
  });

  test.each([
    ['a.wild.localhost', 'b.wild.localhost'],
    ['others.localhost', 'api.localhost'],
    ['api.localhost', 'others.localhost'],
    ['api.localhost', 'open.localhost'],
  ])('%s → %s, whatever certificate was shown', async (sni, host) => {
    for (const client of [alice, bob, undefined])
      expect(await raw(sni, asking('/', host), client)).toMatch(/^HTTP\/1.1 (421|403)/);
  });

  test('nor with the name written otherwise in TLS', async () => {
    for (const sni of ['API.localhost', 'api.localhost.'])
      expect(await raw(sni, asking('/', 'api.localhost'))).not.toMatch(/^HTTP\/1.1 2/);
    await expect(raw(undefined, asking('/', 'api.localhost'), alice)).rejects.toThrow();
  });

  test('nor as the second request of a connection', async () => {
    const first = asking('/', 'open.localhost').replace('Connection: close\r\n', '');
    const answers = await raw('open.localhost', first + asking('/', 'api.localhost'));
    expect(answers.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 421']);
  });

  test('nor over HTTP/2, where browsers reuse connections', async () => {
    const { httpsPort } = gateway.site.gateway;
    const ask = async (sni: string, authorities: readonly string[], client?: Client) => {
      const session = http2.connect(`https://${sni}:${httpsPort}`, {
        createConnection: () => connect(sni, client, { ALPNProtocols: ['h2'] }),
      });
      const seen: number[] = [];
      for (const name of authorities) {
        const stream = session.request({ ':path': '/', ':authority': name });
        const [headers] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders];
        stream.resume();
        seen.push(Number(headers[':status']));
      }
      session.close();
      return seen;
    };
    const names = ['open.localhost', 'api.localhost', 'API.localhost.', 'a.wild.localhost', 'open.localhost'];
    expect(await ask('open.localhost', names)).toEqual([200, 421, 421, 421, 200]);
    expect(await ask('api.localhost', ['api.localhost', 'open.localhost'], alice)).toEqual([200, 421]);
    expect(await ask('api.localhost', ['api.localhost'])).toEqual([403]);
  });
});

describe('a session of before', () => {
  const asking = (host: string) => `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;

  test.each(['TLSv1.2', 'TLSv1.3'] as const)('brings no certificate along over %s', async (version) => {
    const only = { minVersion: version, maxVersion: version };
    const first = connect('api.localhost', alice, only);
    const sessions: Buffer[] = [];
    first.on('session', (session: Buffer) => sessions.push(session));
    await once(first, 'secureConnect');
    first.write(asking('api.localhost'));
    let answer = '';
    for await (const chunk of first) answer += chunk;
    expect(answer).toMatch(/^HTTP\/1.1 200/);
    // TLS 1.2 gives no session at all.
    for (const session of sessions)
      for (const name of ['api.localhost', 'a.wild.localhost', 'renamed.localhost', 'others.localhost']) {
        const again = connect(name, undefined, { ...only, session });
        await once(again, 'secureConnect');
        expect(again.isSessionReused()).toBe(false);
        again.write(asking(name));
        let reply = '';
        for await (const chunk of again) reply += chunk;
        expect(reply).toMatch(name === 'others.localhost' ? /^HTTP\/1.1 200[\s\S]*"NONE"/ : /^HTTP\/1.1 403/);
      }
  });
});

describe('behind names that are passed through', () => {
  test('the same holds', async () => {
    const configured = await of('partners', [right]);
    const there = await backend('there', undefined, 0, await authority.issue(['direct.localhost']));
    const running = await startGateway(
      (ports) => ({
        ...site(
          [service('app', app.url), service('there', `https://127.0.0.1:${there.port}`)],
          [
            directPublication('direct.localhost', 'there'),
            publication('open.localhost', 'app'),
            publication('api.localhost', 'app', { tlsConfiguration: 'partners' }),
          ],
          ports,
        ),
        tlsConfigurations: [configured],
      }),
      authority,
    );
    const before = gateway;
    gateway = running;
    try {
      expect(await status('api.localhost')).toBe(403);
      expect(await status('api.localhost', bob)).toBe(403);
      expect(await status('api.localhost', alice)).toBe(200);
      const text = 'GET / HTTP/1.1\r\nHost: api.localhost\r\nConnection: close\r\n\r\n';
      expect(await raw('open.localhost', text)).toMatch(/^HTTP\/1.1 421/);
      // Whoever is passed through meets the service itself, which knows of no other name.
      expect(await raw('direct.localhost', text)).toContain('"there"');
    } finally {
      gateway = before;
      await running.stop();
      there.close();
    }
  });
});
