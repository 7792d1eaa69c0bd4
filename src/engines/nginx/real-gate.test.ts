import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import http2 from 'node:http2';
import https from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import tls from 'node:tls';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import WebSocket, { WebSocketServer } from 'ws';
import { forgetVerdicts } from '../../daemon/entry/verdict-cache.ts';
import { publication, route, service, site } from './testing.ts';
import { clientAuthority, configuration } from './testing-clients.ts';
import { admit, guarded, type Judge, judge, rule, signIn, verdict } from './testing-gate.ts';
import {
  type Ask,
  type Backend,
  backend,
  openFolder,
  type RunningGateway,
  startGateway,
  tell,
  testAuthority,
  told,
} from './testing-gateway.ts';

// A real nginx, on a machine that may have much else to do.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

const authority = await testAuthority('Test CA');
const partners = await clientAuthority('CN=Partners');
let app: Backend;
let gateway: RunningGateway;
let daemon: Judge;
/** Requests that came to the service. */
let reached = 0;

const paths = guarded(
  rule({ paths: ['/rfe/', '/café/'] }),
  rule({ paths: ['/rfe/help/'] }),
  rule({ verdict: 'deny', paths: ['/admin/'] }),
);

beforeAll(async () => {
  const certificates = await configuration(await openFolder(), 'partners', [partners.pem]);
  app = await backend('app', (incoming, outgoing) => {
    reached++;
    const wanted = /^\/answer\/(\d+)/.exec(incoming.url ?? '')?.[1];
    if (wanted) return void outgoing.writeHead(Number(wanted), { 'x-poterne-verdict': 'hours' }).end('own');
    if (incoming.headers.range) return void outgoing.writeHead(206).end(incoming.headers.range);
    if (incoming.url?.startsWith('/live')) {
      outgoing.writeHead(200, { 'content-type': 'text/event-stream' });
      return void outgoing.write('data: first\n\n');
    }
    tell('app', incoming, outgoing);
  });
  const sockets = new WebSocketServer({ server: app.server });
  sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(data.toString())));
  gateway = await startGateway(
    (ports) => ({
      ...site(
        [service('app', app.url, { events: ['/live'] })],
        [
          publication('open.localhost', 'app'),
          publication('erp.localhost', 'app', { audience: guarded(), signedIdentity: true }),
          publication('other.localhost', 'app', { audience: guarded() }),
          publication('paths.localhost', 'app', { audience: paths }),
          publication('sizes.localhost', [route('/', 'app', { uploads: 1_000_000_000 })], {
            audience: guarded(),
          }),
          publication('limited.localhost', 'app', {
            audience: guarded(),
            nginx: { limits: { requests: { count: 1000, per: 's' }, connections: 100 } },
          }),
          publication('near.localhost', 'app', {
            audience: { ...guarded(), from: ['lan'], networks: ['192.0.2.0/24'] },
          }),
          publication('certified.localhost', 'app', {
            audience: guarded(
              rule(),
              rule({ subject: { people: [], groups: [], signedIn: false, certificate: 'partners' } }),
            ),
          }),
        ],
        ports,
      ),
      signIn: signIn('sign-in.localhost'),
      tlsConfigurations: [certificates],
    }),
    authority,
  );
  daemon = await judge(join(gateway.state, 'entry/entry.sock'));
});

afterAll(async () => {
  await gateway?.stop();
  app?.close();
  daemon?.server.close();
});

beforeEach(async () => {
  await settled();
  await rm(join(gateway.state, 'cut'), { recursive: true, force: true });
  daemon.asked = [];
  daemon.answer = admit;
  reached = 0;
});

const as = (name: string, headers: Record<string, string> = {}, more: Ask = {}): Ask => ({
  ...more,
  headers: { cookie: `__Host-poterne=${name}.secret`, ...headers },
});
const page = { accept: 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8' };
const onOne = () => new https.Agent({ keepAlive: true, maxSockets: 1 });
const user = async (host: string, ask: Ask, path = '/'): Promise<unknown> => {
  const reply = await gateway.get(host, path, ask);
  return reply.status === 200 ? (told(reply).headers['x-poterne-user'] ?? 'nobody') : reply.status;
};
let forgotten = 0;
const forget = async () => {
  await forgetVerdicts(gateway.state);
  forgotten = Date.now();
};
/** Verdicts are forgotten twice, and what is asked in between is not kept: waits until that is over. */
const settled = () => delay(Math.max(0, forgotten + 500 - Date.now()));

/** One connection: each text is written as it is, and what came until it was quiet is given. */
async function raw(host: string, text: string): Promise<string> {
  const socket = tls.connect({
    ...{ port: gateway.site.gateway.httpsPort, host: '127.0.0.1', servername: host, ca: authority.pem },
    ALPNProtocols: ['http/1.1'],
  });
  await once(socket, 'secureConnect');
  socket.write(text);
  let answer = '';
  for await (const chunk of socket) answer += chunk;
  return answer;
}

/** Requests on one HTTP/2 connection, all at once. */
async function together(host: string, asked: readonly http2.OutgoingHttpHeaders[]): Promise<string[]> {
  const session = http2.connect(`https://${host}:${gateway.site.gateway.httpsPort}`, {
    ca: authority.pem,
    lookup: (_, __, found) => found(null, [{ address: '127.0.0.1', family: 4 }]),
  });
  const answers = asked.map(async (headers) => {
    const stream = session.request({ ':path': '/', ':authority': host, ...headers });
    const [response] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders];
    let body = '';
    for await (const chunk of stream) body += chunk;
    if (Number(response[':status']) !== 200) return String(response[':status']);
    return String(JSON.parse(body).headers['x-poterne-user'] ?? 'nobody');
  });
  const all = await Promise.all(answers);
  session.close();
  return all;
}

describe('a verdict', () => {
  test('lets somebody in, tells the service who that is, and is asked for once', async () => {
    const agent = onOne();
    for (let n = 0; n < 5; n++) {
      const seen = told(await gateway.get('erp.localhost', `/a${n}`, as('alice', {}, { agent }))).headers;
      expect(seen).toMatchObject({ 'x-poterne-user': 'alice', 'x-poterne-groups': 'staff,admins' });
      expect(seen['x-poterne-jwt']).toBe('jwt-of-alice');
    }
    expect(daemon.asked).toHaveLength(1);
    const unsigned = told(await gateway.get('other.localhost', '/', as('alice', {}, { agent }))).headers;
    expect([unsigned['x-poterne-user'], unsigned['x-poterne-jwt']]).toEqual(['alice', undefined]);
    expect(daemon.asked[0]).toMatchObject({
      ...{ 'x-poterne-publication': 'erp_localhost', 'x-poterne-class': '/', 'x-poterne-uri': '/a0' },
      ...{ 'x-poterne-host': 'erp.localhost', 'x-poterne-method': 'GET', 'x-poterne-certificate': 'NONE' },
      ...{ 'x-poterne-address': '127.0.0.1', 'x-poterne-peer': '127.0.0.1' },
      'x-poterne-connection': expect.stringMatching(/^\d+$/),
      'x-poterne-peer-port': expect.stringMatching(/^\d+$/),
      cookie: '__Host-poterne=alice.secret',
    });
  });

  test('is nobody else’s on the same connection', async () => {
    const agent = onOne();
    const seen: unknown[] = [];
    for (const ask of [as('alice'), as('bob'), {}, as('alice'), as('bob', { accept: 'a/b' }), {}])
      seen.push(await user('erp.localhost', { ...ask, agent }));
    expect(seen).toEqual(['alice', 'bob', 401, 'alice', 'bob', 401]);
    const connections = new Set(daemon.asked.map((asked) => asked['x-poterne-connection']));
    expect([connections.size, daemon.asked.length]).toEqual([1, 3]);
  });

  test('is nobody else’s over HTTP/2, where all ask at once', async () => {
    const names = Array.from({ length: 60 }, (_, n) => ['alice', 'bob', 'carol', ''][n % 4] as string);
    const seen = await together(
      'erp.localhost',
      names.map((name) => (name === '' ? {} : { cookie: `__Host-poterne=${name}.secret` })),
    );
    expect(seen).toEqual(names.map((name) => name || '401'));
  });

  test('is of one connection: another one is asked about anew', async () => {
    for (let n = 0; n < 3; n++) expect(await user('erp.localhost', as('alice'))).toBe('alice');
    expect(daemon.asked).toHaveLength(3);
  });

  test('is of one publication and of one class of its paths', async () => {
    daemon.answer = (asked, outgoing) => {
      if (asked['x-poterne-publication'] === 'paths_localhost' && asked['x-poterne-class'] !== '/rfe/')
        return void outgoing.writeHead(403, { 'x-accel-expires': '3', 'x-poterne-verdict': 'group' }).end();
      admit(asked, outgoing);
    };
    const agent = onOne();
    const seen: unknown[] = [];
    for (const path of ['/rfe/', '/', '/rfe/a', '/admin/', '/rfe/help/', '/rfe/b'])
      seen.push(await user('paths.localhost', as('alice', {}, { agent }), path));
    expect(seen).toEqual(['alice', 403, 'alice', 403, 403, 'alice']);
  });

  test.each([
    ['a=1; __Host-poterne=alice.secret; b=2', 'alice'],
    ['b=2;__Host-poterne=alice.secret', 'alice'],
    ['__Host-poterne=alice.secret; __Host-poterne=bob.secret', 401],
    ['__Host-poterne=bob.secret; a=1;  __Host-poterne=alice.secret', 401],
    ['x__Host-poterne=alice.secret', 401],
    ['a=__Host-poterne=alice.secret', 401],
    ['__Host-poterne-state=alice.secret', 401],
    ['__host-poterne=alice.secret', 401],
    ['__Host-poterne=alice.secret|x', 401],
    ['__Host-poterne=alice.secret x', 401],
    ['__Host-poterne="alice.secret"', 401],
    [`__Host-poterne=alice.${'a'.repeat(300)}`, 401],
  ])('by the cookie %s', async (cookie, expected) => {
    expect(await user('erp.localhost', { headers: { cookie } })).toBe(expected);
    for (const asked of daemon.asked) expect(asked.cookie ?? '').toMatch(/^(?:|__Host-poterne=[\w.]+)$/);
  });

  test('two cookies are none, also in headers of their own', async () => {
    const [one, two] = ['Cookie: __Host-poterne=alice.secret\r\n', 'Cookie: __Host-poterne=bob.secret\r\n'];
    const ask = (cookies: string) =>
      raw('erp.localhost', `GET / HTTP/1.1\r\nHost: erp.localhost\r\n${cookies}Connection: close\r\n\r\n`);
    expect(await ask(one)).toMatch(/^HTTP\/1.1 200/);
    expect(await ask(one + two)).toMatch(/^HTTP\/1.1 401/);
    const split = { cookie: ['__Host-poterne=alice.secret', '__Host-poterne=bob.secret'] };
    expect(await together('erp.localhost', [split as unknown as http2.OutgoingHttpHeaders])).toEqual(['401']);
  });

  test.each([
    ['Bearer pot_alice.secret', 'alice'],
    ['bearer  pot_alice.secret ', 'alice'],
    ['Bearer pot_alice.secret|', 401],
    ['Bearer pot_alice.secret, Bearer pot_bob.secret', 401],
    ['Basic pot_alice.secret', 401],
    ['Bearer eyJhbGciOi', 401],
  ])('by the token %s', async (authorization, expected) => {
    expect(await user('erp.localhost', { headers: { authorization } })).toBe(expected);
  });

  test.each([
    ['HEAD', 200],
    ['OPTIONS', 200],
    ['PROPFIND', 200],
    ['DELETE', 200],
    ['M-SEARCH', 200],
  ])('holds for %s, and without one nothing gets through', async (method, expected) => {
    const agent = onOne();
    await gateway.get('erp.localhost', '/', as('alice', {}, { agent }));
    reached = 0;
    const status = async (ask: Ask) => (await gateway.get('erp.localhost', '/', { ...ask, method })).status;
    expect([await status(as('alice', {}, { agent })), reached]).toEqual([expected, 1]);
    expect([await status({}), reached]).toEqual([401, 1]);
  });

  test('holds for parts of a page, which are the service’s and not the verdict’s', async () => {
    const agent = onOne();
    for (let n = 0; n < 2; n++) {
      const reply = await gateway.get('erp.localhost', '/', as('alice', { range: 'bytes=2-4' }, { agent }));
      expect([reply.status, reply.body]).toEqual([206, 'bytes=2-4']);
    }
  });

  test('is asked for without the body, which gets to the service whole and only with one', async () => {
    const body = Buffer.alloc(300_000, 'x');
    for (const host of ['erp.localhost', 'limited.localhost']) {
      const sent = await gateway.get(host, '/', as('alice', {}, { method: 'POST', body }));
      expect(told(sent).headers['content-length']).toBe('300000');
    }
    reached = 0;
    const refused = await gateway.get('erp.localhost', '/', { method: 'POST', body });
    expect([refused.status, reached]).toEqual([401, 0]);
    // More than the server takes elsewhere: nginx judges sizes again for the question.
    const large = Buffer.alloc(17_000_000);
    const reply = await gateway.get('sizes.localhost', '/', as('alice', {}, { method: 'PUT', body: large }));
    expect(reply.status).toBe(200);
    const chunked = 'Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n0\r\n\r\n';
    const cookie = 'Cookie: __Host-poterne=alice.secret\r\n';
    const post = (more: string) =>
      raw('erp.localhost', `POST / HTTP/1.1\r\nHost: erp.localhost\r\n${more}${chunked}`);
    expect(await post(cookie)).toMatch(/^HTTP\/1.1 200/);
    expect(await post('')).toMatch(/^HTTP\/1.1 401/);
  });

  test('is forgotten by all connections at once, however often', async () => {
    const agents = Array.from({ length: 5 }, onOne);
    const all = () => Promise.all(agents.map((agent) => user('erp.localhost', as('alice', {}, { agent }))));
    for (let n = 0; n < 5; n++) {
      daemon.answer = admit;
      await forget();
      await settled();
      expect(new Set(await all())).toEqual(new Set(['alice']));
      daemon.answer = (_, outgoing) => void outgoing.writeHead(401, { 'x-accel-expires': '1' }).end();
      expect(new Set(await all())).toEqual(new Set(['alice']));
      await forget();
      expect(new Set(await all())).toEqual(new Set([401]));
    }
    expect(await readFile(join(gateway.prefix, 'log/error.log'), 'utf8')).not.toContain('[crit]');
  });

  test('ends when the daemon said, and at once when its file is gone', async () => {
    const agent = onOne();
    expect(await user('erp.localhost', as('alice', {}, { agent }))).toBe('alice');
    daemon.answer = (_, outgoing) => void outgoing.writeHead(401).end();
    expect(await user('erp.localhost', as('alice', {}, { agent }))).toBe('alice');
    await forget();
    expect(await user('erp.localhost', as('alice', {}, { agent }))).toBe(401);

    daemon.answer = (_, outgoing) =>
      void outgoing.writeHead(200, { 'x-accel-expires': '1', 'x-poterne-verdict': verdict('short') }).end();
    expect(await user('erp.localhost', as('bob', {}, { agent }))).toBe('short');
    daemon.answer = (_, outgoing) => void outgoing.writeHead(401).end();
    await delay(2100);
    expect(await user('erp.localhost', as('bob', {}, { agent }))).toBe(401);
  });

  test.each([
    ['0', 2],
    ['3600', 2],
    ['@4102444800', 2],
    ['', 2],
  ])('is not kept when the daemon says %j', async (expires, times) => {
    daemon.answer = (_, outgoing) =>
      void outgoing
        .writeHead(200, {
          ...(expires ? { 'x-accel-expires': expires } : {}),
          ...{ 'cache-control': 'max-age=3600', expires: 'Thu, 01 Jan 2099 00:00:00 GMT' },
        })
        .end();
    const agent = onOne();
    for (let n = 0; n < 2; n++) await gateway.get('erp.localhost', '/', as('alice', {}, { agent }));
    expect(daemon.asked).toHaveLength(times);
  });
});

describe('what visitors say of themselves', () => {
  const forged = {
    ...{
      'X-Poterne-User': 'root',
      'X-Poterne-Name': 'Root',
      'X-Poterne-Email': 'root@x',
      'X-Poterne-Jwt': 'x',
    },
    ...{ 'X-Poterne-Groups': 'admins', X_Poterne_User: 'root', 'x-poterne_user': 'root' },
    ...{
      'X-Poterne-Publication': 'open_localhost',
      'X-Poterne-Class': '/rfe/',
      'X-Poterne-Address': '10.0.0.1',
    },
    ...{
      'X-Poterne-Certificate': 'SUCCESS',
      'X-Poterne-Certificate-Identity': 'root',
      'X-Poterne-Verdict': 'x',
    },
    ...{ 'X-Poterne-Connection': '1', 'X-Poterne-Peer': '10.0.0.1', 'X-Poterne-Host': 'open.localhost' },
    ...{ 'X-Forwarded-For': '10.0.0.1', 'X-Real-IP': '10.0.0.1', 'X-Accel-Expires': '3600' },
  };

  test('gets neither to the daemon nor to services', async () => {
    const mine = told(await gateway.get('erp.localhost', '/', as('alice', forged))).headers;
    expect([mine['x-poterne-user'], mine['x-poterne-groups'], mine['x-poterne-jwt']]).toEqual([
      ...['alice', 'staff,admins', 'jwt-of-alice'],
    ]);
    for (const name of ['x-poterne-name', 'x-poterne-email', 'x_poterne_user'])
      expect(mine[name]).toBeUndefined();
    expect(daemon.asked[0]).toMatchObject({
      ...{
        'x-poterne-publication': 'erp_localhost',
        'x-poterne-class': '/',
        'x-poterne-certificate': 'NONE',
      },
      ...{
        'x-poterne-address': '127.0.0.1',
        'x-poterne-peer': '127.0.0.1',
        'x-poterne-host': 'erp.localhost',
      },
    });
    expect(daemon.asked[0]?.['x-poterne-connection']).not.toBe('1');
    for (const name of [
      'x-poterne-certificate-identity',
      'x-poterne-user',
      'x-poterne-verdict',
      'x-accel-expires',
    ])
      expect(daemon.asked[0]?.[name]).toBeUndefined();
  });

  test('is nothing where nobody signs in', async () => {
    const { headers } = told(await gateway.get('open.localhost', '/', { headers: forged }));
    for (const name of ['user', 'name', 'email', 'groups', 'jwt'])
      expect(headers[`x-poterne-${name}`]).toBeUndefined();
    expect(Object.keys(headers).filter((name) => name.includes('_'))).toEqual([]);
  });

  test.each([
    ['__Host-poterne=a.b', undefined],
    ['__Host-poterne=a.b; x=1', 'x=1'],
    ['x=1; __Host-poterne=a.b', 'x=1'],
    ['x=1; __Host-poterne=a.b; y=2', 'x=1; y=2'],
    ['__Host-poterne=a.b; x=1; __Host-poterne-state=c; y=2; __Host-poterne-language=fr', 'x=1; y=2'],
    ['__Host-poterne=a.b; __Host-poterne-1=c; __Host-poterne-2=c; __Host-poterne-3=c; z=3', 'z=3'],
    [`z=3; ${'__Host-poterne-x=c; '.repeat(6)}y=2`, undefined],
    ['x=__Host-poterne=1; y=2', 'x=__Host-poterne=1; y=2'],
    ['__Host-poterne; x=1', 'x=1'],
    ['x=1', 'x=1'],
  ])('services see of the cookies %s only their own', async (cookie, expected) => {
    daemon.answer = (_, outgoing) => void outgoing.writeHead(200, { 'x-accel-expires': '0' }).end();
    for (const host of ['erp.localhost', 'open.localhost'])
      expect(told(await gateway.get(host, '/', { headers: { cookie } })).headers.cookie).toBe(expected);
  });

  test.each([
    ['Bearer pot_alice.secret', undefined],
    ['bearer   pot_x', undefined],
    ['Bearer eyJ.pot_.x', 'Bearer eyJ.pot_.x'],
    ['Basic YTpi', 'Basic YTpi'],
  ])('services see of %s only what is theirs', async (authorization, expected) => {
    daemon.answer = (_, outgoing) => void outgoing.writeHead(200, { 'x-accel-expires': '0' }).end();
    for (const host of ['erp.localhost', 'open.localhost'])
      expect(told(await gateway.get(host, '/', { headers: { authorization } })).headers.authorization).toBe(
        expected,
      );
  });
});

describe('ways around', () => {
  test.each([
    ['/rfe/', '/rfe/'],
    ['/rfe/x?y=//&z=..;', '/rfe/'],
    ['/%72fe/', '/rfe/'],
    ['/caf%C3%A9/', '/caf%C3%A9/'],
    ['/rfe/help/', '/rfe/help/'],
    ['/', '/'],
    ['/other', '/'],
    ['/rfe', 'unclear'],
    ['/RFE/', 'unclear'],
    ['/rfe/HELP/', 'unclear'],
    ['/Admin', 'unclear'],
    ['//rfe/', 'unclear'],
    ['/rfe/../admin/', 'unclear'],
    ['/rfe/..;/admin/', 'unclear'],
    ['/rfe/;x/../admin/', 'unclear'],
    ['/rfe/x;y', 'unclear'],
    ['/rfe/%2e%2e/admin/', 'unclear'],
    ['/rfe/.%2E/admin/', 'unclear'],
    ['/rfe/..%2fadmin/', 'unclear'],
    ['/rfe%2f', 'unclear'],
    ['/rfe/%252e%252e/admin/', 'unclear'],
    ['/rfe/%5c..%5cadmin/', 'unclear'],
    ['/rfe\\admin/', 'unclear'],
    ['/rfe/%00', 400],
    ['/rfe/%0aadmin/', 'unclear'],
  ])('%s is of the class %s', async (path, expected) => {
    const cookie = 'Cookie: __Host-poterne=alice.secret\r\nConnection: close\r\n\r\n';
    const answer = await raw('paths.localhost', `GET ${path} HTTP/1.1\r\nHost: paths.localhost\r\n${cookie}`);
    if (typeof expected === 'number') return expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${expected}`));
    expect(daemon.asked.map((asked) => asked['x-poterne-class'])).toEqual([expected]);
  });

  test.each([
    ...['/.poterne/verdict', '/.poterne/seen', '/.poterne/said', '/.poterne/json/401.html', '/.poterne/'],
    ...['/.poterne/en/403.html', '/.poterne/verdict/', '/x/../.poterne/verdict', '/%2epoterne/verdict'],
    ...['//.poterne/verdict', '/.poterne//verdict', '/.poterne/verdict?x'],
  ])('%s is nobody’s to ask for', async (path) => {
    for (const host of ['erp.localhost', 'open.localhost', 'sign-in.localhost']) {
      const text = `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
      expect(await raw(host, text)).toMatch(/^HTTP\/1.1 40[14]/);
    }
    expect(reached).toBe(0);
  });

  test.each(['/verdict', '/VERDICT', '//verdict', '/%76erdict', '/x/../verdict', '/verdict/', '/\\verdict'])(
    'the portal has no %s',
    async (path) => {
      let asked: string | undefined;
      daemon.other = ({ url }, outgoing) => {
        asked = url;
        outgoing.writeHead(404).end();
      };
      const text = `GET ${path} HTTP/1.1\r\nHost: sign-in.localhost\r\nConnection: close\r\n\r\n`;
      expect(await raw('sign-in.localhost', text)).toMatch(/^HTTP\/1.1 404/);
      expect([daemon.asked, asked?.toLowerCase().replace(/%5c/, '\\') ?? '/\\verdict']).toEqual([
        ...[[], '/\\verdict'],
      ]);
    },
  );

  test('a name asked for under another one is misdirected, and asks nobody', async () => {
    const reply = await gateway.get('erp.localhost', '/', as('alice', {}, { sni: 'open.localhost' }));
    expect([reply.status, daemon.asked, reached]).toEqual([421, [], 0]);
    const seen = await together('open.localhost', [{ ':authority': 'erp.localhost' }, {}]);
    expect(seen).toEqual(['421', 'nobody']);
  });

  test('a second Host header, and a target with a name of its own', async () => {
    const end = 'Connection: close\r\n\r\n';
    const two = `GET / HTTP/1.1\r\nHost: open.localhost\r\nHost: erp.localhost\r\n${end}`;
    expect(await raw('open.localhost', two)).toMatch(/^HTTP\/1.1 400/);
    const whole = `GET https://erp.localhost/ HTTP/1.1\r\nHost: open.localhost\r\n${end}`;
    expect(await raw('open.localhost', whole)).toMatch(/^HTTP\/1.1 421/);
    expect(reached).toBe(0);
  });

  test('from outside of its networks, nobody is let in', async () => {
    expect((await gateway.get('near.localhost', '/', as('alice'))).status).toBe(403);
  });
});

describe('whoever is not let in', () => {
  const post = { method: 'POST', body: 'a=b' };

  test('is led on to sign in when a browser goes to a page, with all that was asked for', async () => {
    const reply = await gateway.get('erp.localhost', '/deep?link=1&x=%26#y', { headers: page });
    const { httpsPort } = gateway.site.gateway;
    const to = `https://erp.localhost:${httpsPort}/.poterne/onward?why=sign-in&to=/deep?link=1&x=%26`;
    expect([reply.status, reply.headers.location]).toEqual([302, expect.stringContaining(to)]);
  });

  test.each<[string, Ask, number, string]>([
    ['a program', {}, 401, 'application/json'],
    ['a program that takes JSON', { headers: { accept: 'application/json' } }, 401, 'application/json'],
    ['a page’s script', { headers: { ...page, 'sec-fetch-mode': 'cors' } }, 401, 'text/html'],
    ['a form', { ...post, headers: page }, 401, 'text/html'],
    ['a browser', { headers: { ...page, 'sec-fetch-mode': 'navigate' } }, 302, 'text/html'],
  ])('%s is told so', async (_, ask, status, type) => {
    const reply = await gateway.get('erp.localhost', '/', ask);
    expect([reply.status, reply.headers['content-type']]).toEqual([status, expect.stringContaining(type)]);
    if (type === 'application/json') {
      expect(reply.headers['www-authenticate']).toBe('Bearer realm="poterne"');
      expect(JSON.parse(reply.body)).toEqual({ status: 401, request: reply.headers['x-request-id'] });
    }
    expect(reached).toBe(0);
  });

  test.each([
    ['group', 'open to others only', 'ouvert qu’à d’autres'],
    ['network', 'certain networks', 'certains réseaux'],
    ['country', 'country where you seem', 'pays où vous semblez'],
    ['hours', 'Closed at the moment', 'Fermé pour le moment'],
    ['second-factor', 'A second factor', 'Un second facteur'],
    ['approval', 'An approval', 'Une approbation'],
    ['denied', 'does not let you in', 'ne vous laisse pas entrer'],
    ['cut', 'Cut off', 'Coupé'],
    ['ended', 'has ended', 'a pris fin'],
    ['../../x', 'Not open from here', 'Pas ouvert d’ici'],
    ['', 'Not open from here', 'Pas ouvert d’ici'],
  ])('is told the reason: %s', async (why, english, french) => {
    daemon.answer = (_, outgoing) =>
      void outgoing.writeHead(403, { 'x-accel-expires': '1', 'x-poterne-verdict': why }).end();
    const ask = (headers: Record<string, string>, method = 'POST') =>
      gateway.get('erp.localhost', '/a?b=c', as('alice', { ...page, ...headers }, { method }));
    const [en, fr] = [await ask({}), await ask({ 'accept-language': 'fr' })];
    expect([en.status, en.body.includes(english)]).toEqual([403, true]);
    expect([fr.status, fr.body.includes(french)]).toEqual([403, true]);
    const json = await ask({ accept: 'application/json' });
    expect(json.status).toBe(403);
    const known = /^[a-z-]+$/.test(why);
    expect(JSON.parse(json.body)).toMatchObject(known ? { status: 403, why } : { status: 403 });
    const went = await ask({}, 'GET');
    const isLed = why === 'second-factor' || why === 'approval';
    expect(went.status).toBe(isLed ? 302 : 403);
    if (isLed)
      expect(went.headers.location).toMatch(new RegExp(`/\\.poterne/onward\\?why=${why}&to=/a\\?b=c$`));
    expect(reached).toBe(0);
  });

  test.each([401, 403, 404, 500, 502])('%i of the service itself is the service’s own', async (status) => {
    const reply = await gateway.get('erp.localhost', `/answer/${status}`, as('alice', page));
    expect([reply.status, reply.body]).toEqual([status, 'own']);
  });
});

describe('what goes wrong with the verdict refuses, and only where people sign in', () => {
  const refused = async () => {
    const begun = performance.now();
    const reply = await gateway.get('erp.localhost', '/', as('alice', page));
    expect(performance.now() - begun).toBeLessThan(5000);
    expect([reply.status, reached]).toEqual([503, 0]);
    expect(reply.body).toContain('Nobody can be let in at the moment');
    expect((await gateway.get('open.localhost', '/', as('alice'))).status).toBe(200);
    reached = 0;
  };

  test.each<[string, Judge['answer']]>([
    ['500', (_, outgoing) => void outgoing.writeHead(500).end()],
    ['503', (_, outgoing) => void outgoing.writeHead(503, { 'x-accel-expires': '3' }).end()],
    ['404', (_, outgoing) => void outgoing.writeHead(404).end()],
    ['302', (_, outgoing) => void outgoing.writeHead(302, { location: '/' }).end()],
    ['100 only', (_, outgoing) => void outgoing.writeContinue()],
    ['nothing', (_, outgoing) => void outgoing.destroy()],
    ['silence', () => undefined],
    ['no HTTP', (_, outgoing) => void outgoing.socket?.end('hello\r\n\r\n')],
    [
      'half a header',
      (_, outgoing) => void outgoing.socket?.end('HTTP/1.1 200 OK\r\nX-Poterne-Verdict: al|'),
    ],
    ['a broken header', (_, outgoing) => void outgoing.socket?.end('HTTP/1.1 200 OK\r\nX-\x00: a\r\n\r\n')],
    [
      'too long',
      (_, outgoing) =>
        void outgoing.writeHead(200, { 'x-poterne-verdict': verdict('a'.repeat(70_000)) }).end(),
    ],
    [
      'a redirect inside',
      (_, outgoing) => void outgoing.writeHead(302, { 'x-accel-redirect': '/open' }).end(),
    ],
  ])('%s', async (_, answer) => {
    daemon.answer = answer;
    await refused();
    daemon.answer = admit;
    expect(await user('erp.localhost', as('alice'))).toBe('alice');
  });

  test('a daemon that is not there, until it is again', async () => {
    const agent = onOne();
    expect(await user('erp.localhost', as('alice', {}, { agent }))).toBe('alice');
    daemon.server.close();
    reached = 0;
    await refused();
    const json = await gateway.get('erp.localhost', '/', as('alice', { accept: 'application/json' }));
    expect([json.status, JSON.parse(json.body).status]).toEqual([503, 503]);
    const french = await gateway.get('sign-in.localhost', '/', { headers: { 'accept-language': 'fr' } });
    expect([french.status, french.body.includes('Personne ne peut entrer')]).toEqual([503, true]);
    // What was told before holds for seconds.
    await delay(4100);
    expect(await user('erp.localhost', as('alice', {}, { agent }))).toBe(503);
    daemon = await judge(join(gateway.state, 'entry/entry.sock'));
    expect(await user('erp.localhost', as('alice', {}, { agent }))).toBe('alice');
  });

  test('whoever makes up cookies keeps nobody else from being heard', async () => {
    const socket = connect(join(gateway.prefix, 'run/verdicts.sock'));
    const ask = 'GET /verdict HTTP/1.1\r\nHost: x\r\nX-Poterne-Address: 192.0.2.9\r\n';
    socket.write(`${ask}\r\n`.repeat(2000));
    socket.write(`${ask}Connection: close\r\n\r\n`);
    let answers = '';
    for await (const chunk of socket) answers += chunk;
    expect(answers.match(/HTTP\/1.1 429/g)?.length).toBeGreaterThan(0);
    expect(await user('erp.localhost', as('alice'))).toBe('alice');
  });
});

describe('live connections', () => {
  test('are guarded too', async () => {
    const { httpsPort } = gateway.site.gateway;
    const open = async (headers: Record<string, string>) => {
      const socket = new WebSocket(`wss://127.0.0.1:${httpsPort}/echo`, {
        ...{ ca: authority.pem, servername: 'erp.localhost' },
        headers: { host: `erp.localhost:${httpsPort}`, ...headers },
      });
      const how = await Promise.race([
        once(socket, 'open').then(() => 'open'),
        once(socket, 'unexpected-response').then(([, { statusCode }]) => Number(statusCode)),
      ]);
      if (typeof how === 'number') return how;
      socket.send('hello');
      const [said] = await once(socket, 'message');
      socket.terminate();
      return String(said);
    };
    expect(await open({})).toBe(401);
    expect(await open({ cookie: '__Host-poterne=alice.secret' })).toBe('hello');
    expect((await gateway.get('erp.localhost', '/live')).status).toBe(401);
  });
});

describe('what is cut off', () => {
  const mark = (path: string) => join(gateway.state, 'cut', path);
  const put = async (path: string, text = '') => {
    await mkdir(join(mark(path), '..'), { recursive: true });
    await writeFile(mark(path), text);
  };

  test.each(['publications/open_localhost', 'addresses/127.0.0.1', 'networks/127.0.0'])(
    'answers nothing else, at once and until it is restored: %s',
    async (path) => {
      const agent = onOne();
      const ask = (headers: Record<string, string> = {}) =>
        gateway.get('open.localhost', '/', { headers: { ...page, ...headers }, agent });
      expect((await ask()).status).toBe(200);
      await put(path);
      const [en, fr] = [await ask(), await ask({ 'accept-language': 'fr' })];
      expect([en.status, en.body.includes('<h1>Cut off</h1>')]).toEqual([503, true]);
      expect([fr.status, fr.body.includes('<h1>Coupé</h1>')]).toEqual([503, true]);
      const json = await ask({ accept: 'application/json' });
      expect(JSON.parse(json.body)).toMatchObject({ status: 503 });
      const others = (await gateway.get('erp.localhost', '/', as('alice'))).status;
      expect(others).toBe(path.startsWith('publications') ? 200 : 503);
      await rm(mark(path));
      expect((await ask()).status).toBe(200);
    },
  );

  test('is found by a connection that had many requests, in time', async () => {
    const agent = onOne();
    const ask = async () => (await gateway.get('open.localhost', '/', { agent })).status;
    for (let n = 0; n < 30; n++) expect(await ask()).toBe(200);
    await put('publications/open_localhost');
    const seen = [];
    for (let n = 0; n < 20; n++) seen.push(await ask());
    expect(seen).toContain(503);
    await rm(mark('publications/open_localhost'));
  });

  test('has what those who cut it off say about it', async () => {
    await put('publications/open_localhost');
    const ask = async () => (await gateway.get('open.localhost', '/', { headers: page })).body;
    expect(await ask()).not.toMatch(/an error occurred|directive/);
    await put('said/open_localhost', '<p>Being looked into.</p>');
    expect(await ask()).toContain('<p>Being looked into.</p>');
    await rm(mark('publications/open_localhost'));
    await rm(mark('said/open_localhost'));
  });

  test('takes the portal and guarded publications with it', async () => {
    for (const [id, host] of [
      ['sign_in', 'sign-in.localhost'],
      ['erp_localhost', 'erp.localhost'],
    ] as const) {
      await put(`publications/${id}`);
      const reply = await gateway.get(host, '/', as('alice', page));
      expect([reply.status, reply.body.includes('Cut off')]).toEqual([503, true]);
      await rm(mark(`publications/${id}`));
    }
    expect(daemon.asked).toEqual([]);
  });
});

describe('sightings', () => {
  const lines = async () =>
    (await readFile(join(gateway.prefix, 'log/sightings.log'), 'utf8'))
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split(' '));

  test('tell of a connection before its answer has ended', async () => {
    const before = (await lines()).length;
    const { httpsPort } = gateway.site.gateway;
    const end = new AbortController();
    const asking = https.request({
      ...{ host: '127.0.0.1', port: httpsPort, servername: 'open.localhost', path: '/live', agent: false },
      ...{ headers: { host: 'open.localhost' }, ca: authority.pem, signal: end.signal },
    });
    asking.on('error', () => undefined).end();
    const [response] = await once(asking, 'response');
    response.on('error', () => undefined);
    const port = asking.socket?.localPort;
    const seen = (await lines()).slice(before);
    end.abort();
    expect(seen).toHaveLength(1);
    expect(seen[0]?.slice(2)).toEqual([
      '127.0.0.1',
      `${port}`,
      '-',
      '-',
      '127.0.0.1',
      'open_localhost',
      '',
      '-',
      '-',
      '-',
    ]);
  });

  test('tell whose session a connection has, each once', async () => {
    const before = (await lines()).length;
    const agent = onOne();
    for (const name of ['alice', 'alice', 'bob', 'alice', 'bob'])
      await gateway.get('erp.localhost', '/', as(name, {}, { agent }));
    await vi.waitFor(async () => {
      const seen = (await lines()).slice(before);
      const sessions = seen.filter((words) => words[10] !== '-').map((words) => words.slice(7));
      expect(sessions).toEqual([
        ['erp_localhost', '/', '200', 'of-alice', 'alice'],
        ['erp_localhost', '/', '200', 'of-bob', 'bob'],
      ]);
    });
  });

  test('miss no connection whose first request was refused, and believe no service', async () => {
    const before = (await lines()).length;
    await together('open.localhost', [{ ':authority': 'erp.localhost' }]);
    await gateway.get('open.localhost', '/answer/404');
    await vi.waitFor(async () => {
      const seen = (await lines()).slice(before);
      expect(new Set(seen.map((words) => words[1])).size).toBe(2);
      for (const words of seen) expect(words.slice(10)).toEqual(['-', '-']);
    });
  });
});

describe('client certificates beside signing in', () => {
  test('are asked for, and the daemon hears of them', async () => {
    daemon.answer = (asked, outgoing) => {
      if (asked['x-poterne-certificate'] !== 'SUCCESS') return admit(asked, outgoing);
      outgoing.writeHead(200, { 'x-accel-expires': '3' }).end();
    };
    const client = await partners.client({ subject: 'CN=partner|x' });
    const shown = await gateway.get('certified.localhost', '/', { client });
    expect([shown.status, told(shown).headers['x-client-identity']]).toEqual([200, 'CN=partner|x']);
    expect(daemon.asked[0]).toMatchObject({
      ...{ 'x-poterne-certificate': 'SUCCESS', 'x-poterne-certificate-identity': 'CN=partner|x' },
    });
    expect((await gateway.get('certified.localhost')).status).toBe(401);
    expect(await user('certified.localhost', as('alice'))).toBe('alice');
    const other = await (await clientAuthority('CN=Partners')).client();
    const bad = await gateway.get('certified.localhost', '/', as('alice', {}, { client: other }));
    expect([bad.status, bad.body.includes('Certificate refused')]).toEqual([403, true]);
  });
});

describe('the portal', () => {
  test('is the daemon’s, which hears who asks', async () => {
    daemon.other = ({ url, method, headers }, outgoing) =>
      void outgoing.writeHead(200, { 'set-cookie': 'a=b' }).end(JSON.stringify({ url, method, headers }));
    const ask = { headers: { cookie: 'a=b', 'X-Poterne-Address': '10.0.0.1', 'x-poterne-publication': 'x' } };
    const reply = await gateway.get('sign-in.localhost', '/sign-in?to=https://x/%26', ask);
    const { url, headers } = JSON.parse(reply.body);
    expect(url).toBe('/sign-in?to=https://x/%26');
    expect(headers).toMatchObject({
      ...{ cookie: 'a=b', 'x-poterne-address': '127.0.0.1' },
      host: `sign-in.localhost:${gateway.site.gateway.httpsPort}`,
    });
    expect(headers['x-poterne-publication']).toBeUndefined();
    expect(reply.headers['set-cookie']).toEqual(['a=b']);
    const plain = await gateway.plain('sign-in.localhost', '/sign-in');
    expect([plain.status, plain.headers.location]).toEqual([
      ...[308, `https://sign-in.localhost:${gateway.site.gateway.httpsPort}/sign-in`],
    ]);
    const enter = await gateway.get('erp.localhost', '/.poterne/enter?code=x', ask);
    expect(JSON.parse(enter.body)).toMatchObject({
      ...{ url: '/.poterne/enter?code=x', headers: { 'x-poterne-publication': 'erp_localhost' } },
    });
    expect((await gateway.get('open.localhost', '/.poterne/enter?code=x')).status).toBe(404);
  });

  test('writes no code that opens something into a log, also where somebody is slowed down', async () => {
    daemon.other = (_, outgoing) => void outgoing.writeHead(200).end();
    const at = 'sign-in.localhost';
    const from = { headers: { referer: `https://${at}/invitation?code=S3CRET-2` } };
    await gateway.get(at, '/sign-in/back/entra?code=S3CRET-3&state=S3CRET-4');
    await gateway.get('erp.localhost', '/.poterne/enter?code=S3CRET-5');
    const many = await Promise.all(
      Array.from({ length: 160 }, () => gateway.get(at, '/invitation?code=S3CRET-1', from)),
    );
    expect(many.map(({ status }) => status)).toContain(429);
    const log = (name: string) => readFile(join(gateway.prefix, 'log', name), 'utf8');
    await vi.waitFor(
      async () => expect(await log('access.log')).toMatch(/"\/invitation\?-".*"status":429/),
      5000,
    );
    expect(await log('access.log')).toContain(`"referrer":"https://${at}/invitation?-"`);
    for (const name of ['access.log', 'error.log']) expect(await log(name)).not.toContain('S3CRET');
  });
});
