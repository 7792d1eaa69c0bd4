import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import http2 from 'node:http2';
import { join } from 'node:path';
import tls from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { publication, route, service, site } from './testing.ts';
import {
  type Backend,
  backend,
  collected,
  openFolder,
  type RunningGateway,
  startGateway,
  testAuthority,
  told,
} from './testing-gateway.ts';

// Names, paths, headers, certificates and refusals, on a real nginx.

let gateway: RunningGateway;
let folder: string;
const { backends, start, close } = collected();

beforeAll(async () => {
  const authority = await testAuthority('gateway');
  const lan = await testAuthority('lan');
  const other = await testAuthority('other');
  folder = await openFolder();
  await writeFile(join(folder, 'lan.pem'), lan.pem);
  await writeFile(join(folder, 'other.pem'), other.pem);
  const app = await start('app');
  const zm = await start('zm');
  const answers = await start('answers', (incoming, outgoing) => {
    const [path] = (incoming.url ?? '').split('?');
    if (path === '/moved') outgoing.writeHead(302, { location: `http://${incoming.headers.host}/there` });
    else if (path === '/relative') outgoing.writeHead(302, { location: '/there' });
    else if (path === '/known')
      outgoing.writeHead(302, { location: `${incoming.headers['x-forwarded-prefix']}/there` });
    else if (path === '/cookie') outgoing.writeHead(200, { 'set-cookie': 'a=b; Path=/' });
    else if (path === '/own-headers')
      outgoing.writeHead(200, {
        'x-frame-options': 'DENY',
        'x-content-type-options': 'nosniff',
        'x-team': 'app',
        'x-request-id': 'mine',
      });
    else if (path === '/404') outgoing.writeHead(404);
    else if (path === '/502') outgoing.writeHead(502);
    else if (path === '/large') outgoing.writeHead(200, { 'content-type': 'application/json' });
    outgoing.end(path === '/large' ? JSON.stringify({ text: 'a'.repeat(5000) }) : 'from the application');
  });
  const socket = await start('socket', undefined, join(folder, 'app.sock'));
  const secure = await start('secure', undefined, 0, await lan.issue(['secure.lan']));
  const gone = await backend('gone');
  gone.close();
  const trust = (ca: string, name = 'secure.lan') => ({ trust: { ca: join(folder, ca), name } });
  gateway = await startGateway(
    (ports) =>
      site(
        [
          service('app', app.url),
          service('zm', zm.url),
          service('answers', answers.url),
          service('socket', socket.url),
          service('gone', gone.url),
          service('secure', secure.url, trust('lan.pem')),
          service('wrong-ca', secure.url, trust('other.pem')),
          service('wrong-name', secure.url, trust('lan.pem', 'other.lan')),
          service('its-own-host', app.url, { nginx: { 'host-header': 'upstream' } }),
          service('literal-host', app.url, { nginx: { 'host-header': 'erp.lan:81' } }),
        ],
        [
          publication('app.localhost', 'app'),
          publication('answers.localhost', 'answers'),
          publication('house.localhost', [
            route('/zm/', 'zm'),
            route('>/strip/', 'zm'),
            route('>/answers/', 'answers'),
            route('~^/api/v[0-9]+/(?<what>[a-z]{2,9})$', 'app'),
            route('/api/', 'zm'),
            route('/socket/', 'socket'),
            route('/gone/', 'gone'),
            route('/secure/', 'secure'),
            route('/wrong-ca/', 'wrong-ca'),
            route('/wrong-name/', 'wrong-name'),
            route('/its-own-host/', 'its-own-host'),
            route('/literal-host/', 'literal-host'),
          ]),
          publication('*.apps.localhost', 'app'),
          publication('~^app(?<n>[0-9]{1,2})\\.localhost$', 'app', {
            tls: { kind: 'internal', names: ['app1.localhost', 'app22.localhost'], pointer: '' },
          }),
          publication('headers.localhost', 'answers', {
            nginx: {
              headers: {
                hsts: 3600_000,
                frame: 'sameorigin',
                referrer: false,
                add: { 'X-Team': 'a "b" $host; é' },
              },
            },
          }),
          publication('closed.localhost', 'app', {
            audience: { from: ['lan'], networks: ['10.0.0.0/24'], pointer: '' },
          }),
          publication('open.localhost', 'app', {
            audience: { from: ['here'], networks: ['127.0.0.0/8'], pointer: '' },
          }),
        ],
        ports,
      ),
    authority,
  );
});

afterAll(async () => {
  await gateway?.stop();
  close();
  await rm(folder, { recursive: true, force: true });
});

const port = () => gateway.site.gateway.httpsPort;

describe('names', () => {
  test.each(['app.localhost', 'one.apps.localhost', 'app1.localhost', 'app22.localhost'])(
    '%s',
    async (name) => {
      const reply = await gateway.get(name, '/x?y=%2F');
      expect(told(reply)).toMatchObject({
        name: 'app',
        url: '/x?y=%2F',
        headers: { host: `${name}:${port()}` },
      });
    },
  );

  test.each(['unknown.localhost', 'app123.localhost', 'apps.localhost', ''])(
    '"%s" is refused at TLS',
    async (name) => {
      const socket = tls.connect({
        host: '127.0.0.1',
        port: port(),
        rejectUnauthorized: false,
        ...(name ? { servername: name } : {}),
      });
      const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
      expect(error.message).toMatch(/unrecognized name/);
    },
  );

  test('an unknown host gets nothing, over http, and over https under a published name', async () => {
    await expect(gateway.plain('unknown.localhost')).rejects.toThrow(/hang up|ECONNRESET/);
    await expect(gateway.plain('127.0.0.1')).rejects.toThrow(/hang up|ECONNRESET/);
    await expect(gateway.get('unknown.localhost', '/', { sni: 'app.localhost' })).rejects.toThrow(
      /hang up|ECONNRESET/,
    );
  });

  test('plain http on the https port: an unknown host gets nothing, a published one is led to https', async () => {
    await expect(gateway.plain('unknown.localhost', '/', port())).rejects.toThrow(/hang up|ECONNRESET/);
    const reply = await gateway.plain('app.localhost', '/a?b', port());
    expect(reply.status).toBe(308);
    expect(reply.headers.location).toBe(`https://app.localhost:${port()}/a?b`);
  });

  test('a published host under the TLS name of another is misdirected, whatever the case', async () => {
    const reply = await gateway.get('app.localhost', '/', {
      sni: 'house.localhost',
      headers: { 'accept-language': 'fr' },
    });
    expect(reply.status).toBe(421);
    expect(reply.body).toContain('Mauvaise porte');
    expect((await gateway.get('APP.localhost', '/', { sni: 'app.LOCALHOST' })).status).toBe(200);
  });

  test.each([
    ['app.localhost', 'app.localhost'],
    ['One.apps.localhost', 'one.apps.localhost'],
    ['app1.localhost', 'app1.localhost'],
  ])('http://%s leads to https', async (name, to) => {
    const reply = await gateway.plain(name, '/a/../b?c=%20d');
    expect(reply.status).toBe(308);
    expect(reply.headers.location).toBe(`https://${to}:${port()}/a/../b?c=%20d`);
  });
});

describe('paths', () => {
  test.each([
    ['/zm/a%2Fb?c', 'zm', '/zm/a%2Fb?c', ''],
    ['/strip/a?c', 'zm', '/a?c', '/strip'],
    ['/strip/', 'zm', '/', '/strip'],
    ['/api/v1/users', 'app', '/api/v1/users', ''],
    ['/api/v1/', 'zm', '/api/v1/', ''],
    ['/socket/', 'socket', '/socket/', ''],
  ])('%s', async (path, name, url, prefix) => {
    const { headers, ...rest } = told(await gateway.get('house.localhost', path));
    expect(rest).toMatchObject({ name, url });
    expect(headers['x-forwarded-prefix'] ?? '').toBe(prefix);
  });

  test('a prefix without its slash is completed', async () => {
    const reply = await gateway.get('house.localhost', '/strip?a=b');
    expect(reply.status).toBe(301);
    expect(reply.headers.location).toBe('/strip/?a=b');
  });

  test('the rest is not there, and the page says so in the language asked', async () => {
    const reply = await gateway.get('house.localhost', '/', {
      headers: { 'accept-language': 'de, fr;q=0.8' },
    });
    expect(reply.status).toBe(404);
    expect(reply.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(reply.body).toContain('<html lang="fr">');
    expect(reply.body).toContain(`<code>${reply.headers['x-request-id']}</code>`);
    const posted = await gateway.get('house.localhost', '/', { method: 'POST', body: 'a' });
    expect([posted.status, posted.body.includes('Nothing here')]).toEqual([404, true]);
  });

  test('programs get JSON', async () => {
    const reply = await gateway.get('house.localhost', '/', { headers: { accept: 'application/json' } });
    expect(reply.headers['content-type']).toMatch('application/json');
    expect(JSON.parse(reply.body)).toEqual({ status: 404, request: reply.headers['x-request-id'] });
  });

  test("the gateway's own pages cannot be asked for, nor its files", async () => {
    for (const path of ['/.poterne/en/502.html', '/.poterne/json/x', '/nothing', '/.poterne/../nginx.conf'])
      expect((await gateway.get('house.localhost', path)).status).toBe(404);
  });

  test.each([
    ['answers.localhost', '/moved', (p: number) => `https://answers.localhost:${p}/there`],
    ['house.localhost', '/answers/moved', (p: number) => `https://house.localhost:${p}/answers/there`],
    ['house.localhost', '/answers/relative', () => '/answers/there'],
    ['house.localhost', '/answers/known', () => '/answers/there'],
  ])('redirects of %s%s come back right', async (name, path, location) => {
    expect((await gateway.get(name, path)).headers.location).toBe(location(port()));
  });

  test('cookies of a stripped prefix come back right', async () => {
    const { headers } = await gateway.get('house.localhost', '/answers/cookie');
    expect(headers['set-cookie']).toEqual(['a=b; Path=/answers/']);
  });
});

describe('what the service sees', () => {
  test('nothing that the visitor claims', async () => {
    const lies = {
      'x-forwarded-for': '6.6.6.6',
      'x-real-ip': '6.6.6.6',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'evil',
      'x-forwarded-prefix': '/evil',
      'x-request-id': 'evil',
      forwarded: 'for=6.6.6.6',
      proxy: 'evil',
      upgrade: 'h2c',
      connection: 'upgrade',
    };
    const reply = await gateway.get('app.localhost', '/', { headers: lies });
    const { headers } = told(reply);
    expect(headers).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-real-ip': '127.0.0.1',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': `app.localhost:${port()}`,
      'x-forwarded-port': `${port()}`,
      'x-request-id': reply.headers['x-request-id'],
    });
    for (const name of ['forwarded', 'proxy', 'upgrade', 'x-forwarded-prefix'])
      expect(headers).not.toHaveProperty(name);
  });

  test('the host asked for, its own, or a literal one', async () => {
    const hostOf = async (path: string) => told(await gateway.get('house.localhost', path)).headers.host;
    expect(await hostOf('/zm/')).toBe(`house.localhost:${port()}`);
    expect(await hostOf('/its-own-host/')).toBe(`127.0.0.1:${new URL((backends[0] as Backend).url).port}`);
    expect(await hostOf('/literal-host/')).toBe('erp.lan:81');
  });

  test('connections to it are used again', async () => {
    const ports = new Set<number>();
    for (let i = 0; i < 20; i++) ports.add(told(await gateway.get('app.localhost')).port);
    expect(ports.size).toBeLessThan(10);
  });
});

describe('https services', () => {
  test('are believed only with the right CA and the right name', async () => {
    expect(told(await gateway.get('house.localhost', '/secure/')).name).toBe('secure');
    for (const path of ['/wrong-ca/', '/wrong-name/', '/gone/']) {
      const reply = await gateway.get('house.localhost', path, {
        headers: { 'accept-language': 'fr-FR,fr' },
      });
      expect(reply.status).toBe(502);
      expect(reply.body).toContain('Le service ne répond pas');
    }
  });
});

describe('answers', () => {
  test("the application's own errors pass untouched", async () => {
    for (const status of [404, 502]) {
      const reply = await gateway.get('answers.localhost', `/${status}`);
      expect([reply.status, reply.body]).toEqual([status, 'from the application']);
    }
  });

  test('security headers: defaults, which give way to the application', async () => {
    const { headers } = await gateway.get('answers.localhost', '/');
    expect(headers).toMatchObject({
      'strict-transport-security': 'max-age=31536000',
      'x-frame-options': 'SAMEORIGIN',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'strict-origin-when-cross-origin',
    });
    const own = await gateway.get('answers.localhost', '/own-headers');
    expect(own.headers['x-frame-options']).toBe('DENY');
    // Once: two would be joined.
    expect(own.headers['x-content-type-options']).toBe('nosniff');
    expect(own.headers['x-request-id']).toMatch(/^[0-9a-f]{32}$/);
    const page = await gateway.get('house.localhost', '/');
    expect(page.headers['x-frame-options']).toBe('SAMEORIGIN');
  });

  test('security headers: what is written takes the place, "off" leaves out', async () => {
    const { headers } = await gateway.get('headers.localhost', '/own-headers');
    expect(headers).toMatchObject({
      'strict-transport-security': 'max-age=3600',
      'x-frame-options': 'SAMEORIGIN',
      'x-team': Buffer.from('a "b" $host; é').toString('latin1'),
    });
    expect(headers).not.toHaveProperty('referrer-policy');
  });

  test('text is compressed, and says that it varies', async () => {
    const reply = await gateway.get('answers.localhost', '/large', {
      headers: { 'accept-encoding': 'gzip' },
    });
    expect(reply.headers['content-encoding']).toBe('gzip');
    expect(reply.headers.vary).toBe('Accept-Encoding');
  });

  test('only the audience is let in', async () => {
    const reply = await gateway.get('closed.localhost', '/');
    expect(reply.status).toBe(403);
    expect(reply.body).toContain('Not open from here');
    expect((await gateway.get('open.localhost', '/')).status).toBe(200);
  });
});

describe('TLS', () => {
  const offered = (version: string) =>
    new Promise<string>((resolve) => {
      const child = execFile(
        'openssl',
        [
          ...['s_client', '-connect', `127.0.0.1:${port()}`, '-servername', 'app.localhost', `-${version}`],
          ...['-cipher', 'DEFAULT@SECLEVEL=0'],
        ],
        (_error, stdout, stderr) => resolve(stdout + stderr),
      );
      child.stdin?.end();
    });

  test('1.0 and 1.1 are refused, 1.2 and 1.3 taken', async () => {
    for (const version of ['tls1', 'tls1_1'])
      expect(await offered(version)).toMatch(/alert protocol version/);
    expect(await offered('tls1_2')).toMatch(/Protocol *: TLSv1\.2/);
    expect(await offered('tls1_3')).toMatch(/TLSv1\.3/);
  });

  test('HTTP/2', async () => {
    const session = http2.connect(`https://app.localhost:${port()}`, {
      createConnection: () =>
        tls.connect({
          host: '127.0.0.1',
          port: port(),
          servername: 'app.localhost',
          ca: gateway.authority.pem,
          ALPNProtocols: ['h2'],
        }),
    });
    const stream = session.request({ ':path': '/h2' });
    const [headers] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders];
    stream.resume();
    session.close();
    expect(headers[':status']).toBe(200);
  });
});

test('a stand-in answers under the same names that the publication is being repaired', async () => {
  const repaired = await startGateway(
    (ports) => site([service('app', 'http://10.0.0.1')], [publication('*.apps.localhost', 'app')], ports),
    gateway.authority,
    true,
  );
  try {
    const reply = await repaired.get('one.apps.localhost', '/any', { headers: { 'accept-language': 'fr' } });
    expect([reply.status, reply.body.includes('En réparation')]).toEqual([503, true]);
    expect((await repaired.plain('one.apps.localhost')).status).toBe(308);
  } finally {
    await repaired.stop();
  }
});

test('the running nginx tells which generation it serves, and its counters', async () => {
  const ask = (path: string) =>
    new Promise<string>((resolve, reject) =>
      http
        .get({ socketPath: join(gateway.prefix, 'run/status.sock'), path }, async (response) => {
          let text = '';
          for await (const chunk of response) text += chunk;
          resolve(text);
        })
        .on('error', reject),
    );
  expect(await ask('/hash')).toBe('test-generation');
  expect(await ask('/stub')).toContain('Active connections');
});

test('each request is one line of JSON with the number that the service saw', async () => {
  const reply = await gateway.get('app.localhost', '/logged?q=%22', {
    headers: { 'user-agent': 'a "quoted" agent\\' },
  });
  const { headers } = told(reply);
  const line = (await gateway.log()).find((l) => l.request === headers['x-request-id']);
  expect(line).toMatchObject({
    client: '127.0.0.1',
    method: 'GET',
    host: 'app.localhost',
    status: 200,
    publication: 'app.localhost',
    upstreamStatus: '200',
    agent: 'a "quoted" agent\\',
  });
  expect(line?.tls).toMatch(/^TLSv1/);
  expect(new Date(String(line?.time)).getTime()).toBeGreaterThan(Date.now() - 60_000);
});
