import { once } from 'node:events';
import http2 from 'node:http2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { directPublication, publication, service, site } from './testing.ts';
import {
  alice,
  app,
  authority,
  begin,
  bob,
  connect,
  end,
  gateway,
  of,
  raw,
  revoked,
  right,
  status,
} from './testing-certified.ts';
import type { Client } from './testing-clients.ts';
import { backend, startGateway } from './testing-gateway.ts';

// No way round a certificate that is asked for: by the path, by another name, by a session of before, or over names that are passed through.

beforeAll(begin);
afterAll(end);

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
    const behind = await backend('there', undefined, 0, await authority.issue(['direct.localhost']));
    const running = await startGateway(
      (ports) => ({
        ...site(
          [service('app', app.url), service('there', `https://127.0.0.1:${behind.port}`)],
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
    try {
      expect((await running.get('api.localhost')).status).toBe(403);
      expect((await running.get('api.localhost', '/', { client: bob })).status).toBe(403);
      expect((await running.get('api.localhost', '/', { client: alice })).status).toBe(200);
      const text = 'GET / HTTP/1.1\r\nHost: api.localhost\r\nConnection: close\r\n\r\n';
      const there = { port: running.site.gateway.httpsPort };
      expect(await raw('open.localhost', text, undefined, there)).toMatch(/^HTTP\/1.1 421/);
      // Whoever is passed through meets the service itself, which knows of no other name.
      expect(await raw('direct.localhost', text, undefined, there)).toContain('"there"');
    } finally {
      await running.stop();
      behind.close();
    }
  });
});
