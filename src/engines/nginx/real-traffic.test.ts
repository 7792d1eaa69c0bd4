import { once } from 'node:events';
import type http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import tls from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type ClientOptions, WebSocket, WebSocketServer } from 'ws';
import { publication, route, service, site, upstream } from './testing.ts';
import {
  type Backend,
  collected,
  type RunningGateway,
  startGateway,
  type TestAuthority,
  tell,
  testAuthority,
  told,
} from './testing-gateway.ts';

// Load, failures, streams, uploads and fronts, on a real nginx.

const { start, close } = collected();

let authority: TestAuthority;
beforeAll(async () => {
  authority = await testAuthority('gateway');
});
afterAll(close);

describe('one gateway', () => {
  let gateway: RunningGateway;
  let dies: Backend;
  let backup: Backend;
  const uploads: { first?: number; bytes: number }[] = [];

  beforeAll(async () => {
    const farm = await Promise.all([start('a'), start('b')]);
    dies = await start('dies');
    backup = await start('backup');
    const sick = await start('sick', (incoming, outgoing) => {
      incoming.resume();
      outgoing.writeHead(503);
      outgoing.end('sick');
    });
    const live = await start('live', (incoming, outgoing) => {
      if (incoming.url?.endsWith('/slow')) return;
      outgoing.writeHead(200, { 'content-type': 'text/event-stream' });
      outgoing.write('data: first\n\n');
    });
    const sockets = new WebSocketServer({ server: live.server });
    sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(`echo ${data}`)));
    const store = await start('store', (incoming, outgoing) => {
      const upload: { first?: number; bytes: number } = { bytes: 0 };
      uploads.push(upload);
      incoming.on('data', (chunk: Buffer) => {
        upload.first ??= Date.now();
        upload.bytes += chunk.length;
      });
      incoming.on('end', () => outgoing.end(`${upload.bytes}`));
    });
    gateway = await startGateway(
      (ports) =>
        site(
          [
            service('farm', [upstream(farm[0].url, { weight: 3 }), upstream(farm[1].url)]),
            service('failover', [dies.url, upstream(backup.url, { backup: true })], {
              nginx: { failover: { attempts: 1, within: 2000 } },
            }),
            service('sick', [sick.url, farm[0].url]),
            service('unresolved', 'http://gone.invalid:80'),
            service('live', live.url, {
              events: ['/events'],
              websocket: { path: '/ws', send: 'a', contains: 'a' },
              nginx: { timeouts: { read: 300 } },
            }),
            service('store', store.url),
            service('app', farm[0].url),
          ],
          [
            publication('farm.localhost', 'farm'),
            publication('failover.localhost', 'failover'),
            publication('sick.localhost', 'sick'),
            publication('unresolved.localhost', 'unresolved'),
            publication('live.localhost', [route('/', 'live'), route('>/strip/', 'live')]),
            publication('store.localhost', [
              route('/', 'store'),
              route('/large/', 'store', { uploads: 100e6 }),
            ]),
            publication('limited.localhost', [
              route('/', 'app'),
              route('/few/', 'app', { limits: { requests: { count: 2, per: 'm' } } }),
              route('/one/', 'live', { limits: { connections: 1 } }),
            ]),
          ],
          ports,
        ),
      authority,
    );
  });
  afterAll(() => gateway?.stop());

  const port = () => gateway.site.gateway.httpsPort;
  const open = (host: string, path: string, options: https.RequestOptions = {}) =>
    https.request({
      host: '127.0.0.1',
      port: port(),
      servername: host,
      path,
      headers: { host: `${host}:${port()}`, ...options.headers },
      ca: authority.pem,
      agent: false,
      method: options.method ?? 'GET',
    });

  test('weights are obeyed', async () => {
    const count: Record<string, number> = {};
    for (let i = 0; i < 40; i++) {
      const { name } = told(await gateway.get('farm.localhost'));
      count[name] = (count[name] ?? 0) + 1;
    }
    expect(count.a).toBeGreaterThanOrEqual(28);
    expect(count.b).toBeGreaterThanOrEqual(8);
  });

  test('when an upstream dies its backup answers, and it is used again when it is back', async () => {
    expect(told(await gateway.get('failover.localhost')).name).toBe('dies');
    dies.close();
    for (let i = 0; i < 3; i++) expect(told(await gateway.get('failover.localhost')).name).toBe('backup');
    await start('dies', (incoming, outgoing) => tell('back', incoming, outgoing), dies.port);
    await vi.waitFor(async () => expect(told(await gateway.get('failover.localhost')).name).toBe('back'), {
      timeout: 8000,
      interval: 300,
    });
  });

  test('an upstream that answers 503 is passed over, but not for a request that may have changed something', async () => {
    const statuses = async (method: string) => {
      const seen = new Set<number>();
      for (let i = 0; i < 2; i++) seen.add((await gateway.get('sick.localhost', '/', { method })).status);
      return [...seen].sort();
    };
    expect(await statuses('POST')).toEqual([200, 503]);
    expect(await statuses('GET')).toEqual([200]);
  });

  test('a name that does not resolve hurts only its own publication', async () => {
    const reply = await gateway.get('unresolved.localhost');
    expect(reply.status).toBe(502);
    expect(reply.body).toContain('does not answer');
  });

  test.each(['/events', '/strip/events'])(
    'events at %s arrive as they happen, and may be silent',
    async (path) => {
      const request = open('live.localhost', path).end();
      const [response] = (await once(request, 'response')) as [http.IncomingMessage];
      const [first] = (await once(response, 'data')) as [Buffer];
      expect(first.toString()).toBe('data: first\n\n');
      let ended = false;
      response.on('close', () => {
        ended = true;
      });
      response.on('error', () => {});
      await delay(600);
      expect(ended).toBe(false);
      request.destroy();
    },
  );

  test.each(['/ws', '/strip/ws', '/strip/elsewhere'])('a WebSocket opens at %s', async (path) => {
    const options: ClientOptions & tls.ConnectionOptions = {
      servername: 'live.localhost',
      headers: { host: `live.localhost:${port()}` },
      ca: authority.pem,
    };
    const socket = new WebSocket(`wss://127.0.0.1:${port()}${path}`, options);
    await once(socket, 'open');
    socket.send('ping');
    const [data] = (await once(socket, 'message')) as [Buffer];
    expect(data.toString()).toBe('echo ping');
    socket.close();
  });

  test('a service that takes too long: 504, in the language asked', async () => {
    const reply = await gateway.get('live.localhost', '/slow', { headers: { 'accept-language': 'fr' } });
    expect(reply.status).toBe(504);
    expect(reply.body).toContain('met trop de temps');
  });

  test('a small upload is taken in, then passed on', async () => {
    const ask = { method: 'POST', body: Buffer.alloc(15e6, 'a') };
    expect((await gateway.get('store.localhost', '/', ask)).body).toBe(String(15e6));
  });

  test('a large upload reaches the service before it is complete', async () => {
    const request = open('store.localhost', '/large/', {
      method: 'POST',
      headers: { 'content-length': String(64 * 2 ** 20) },
    });
    const answered = once(request, 'response') as Promise<[http.IncomingMessage]>;
    const piece = Buffer.alloc(2 ** 20, 'a');
    for (let i = 0; i < 63; i++) if (!request.write(piece)) await once(request, 'drain');
    await delay(300);
    const upload = uploads.at(-1);
    expect(upload?.bytes).toBeGreaterThan(32 * 2 ** 20);
    const before = Date.now();
    request.end(piece);
    const [response] = await answered;
    let body = '';
    for await (const chunk of response) body += chunk;
    expect(body).toBe(String(64 * 2 ** 20));
    expect(upload?.first).toBeLessThan(before);
  });

  test.each([
    ['/', 17e6],
    ['/large/', 101e6],
  ])('beyond the limit of %s: 413, before anything is sent to the service', async (path, size) => {
    const seen = uploads.length;
    const request = open('store.localhost', path, {
      method: 'POST',
      headers: { 'content-length': String(size) },
    });
    request.on('error', () => {});
    request.flushHeaders();
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    let body = '';
    for await (const chunk of response) body += chunk;
    request.destroy();
    expect([response.statusCode, body.includes('Too large')]).toEqual([413, true]);
    expect(uploads.length).toBe(seen);
  });

  test('beyond the rate: 429, on that route only', async () => {
    const ask = async (path: string) => (await gateway.get('limited.localhost', path)).status;
    expect([await ask('/few/'), await ask('/few/'), await ask('/few/')]).toEqual([200, 200, 429]);
    expect(await ask('/')).toBe(200);
    expect((await gateway.get('limited.localhost', '/few/')).body).toContain('Too many requests');
  });

  test('beyond the number of connections: 429', async () => {
    const held = open('limited.localhost', '/one/slow').end();
    held.on('error', () => {});
    await delay(100);
    expect((await gateway.get('limited.localhost', '/one/slow')).status).toBe(429);
    held.destroy();
  });
});

describe('fronts', () => {
  let gateway: RunningGateway | undefined;
  afterEach(async () => {
    await gateway?.stop();
    gateway = undefined;
  });

  const behind = async (front: string, proxyProtocol = false) => {
    const app = await start('app');
    gateway = await startGateway(
      (ports) =>
        site([service('app', app.url)], [publication('app.localhost', 'app')], {
          ...ports,
          trustedFronts: [front],
          proxyProtocol,
        }),
      authority,
    );
    return gateway;
  };

  test('the word of a trusted front is believed, as far as it reaches', async () => {
    const running = await behind('127.0.0.0/8');
    const headers = { 'x-forwarded-for': '6.6.6.6, 192.0.2.7, 127.0.0.9' };
    const seen = told(await running.get('app.localhost', '/', { headers })).headers;
    expect(seen['x-forwarded-for']).toBe('192.0.2.7');
    expect((await running.log())[0]?.client).toBe('192.0.2.7');
  });

  test('the word of anyone else is not', async () => {
    const running = await behind('10.0.0.0/8');
    const headers = { 'x-forwarded-for': '6.6.6.6' };
    const seen = told(await running.get('app.localhost', '/', { headers })).headers;
    expect(seen['x-forwarded-for']).toBe('127.0.0.1');
  });

  test.each([
    ['127.0.0.1/32', '192.0.2.7'],
    ['10.0.0.0/8', '127.0.0.1'],
  ])('PROXY protocol with %s trusted gives %s', async (front, client) => {
    const running = await behind(front, true);
    const { httpsPort } = running.site.gateway;
    const raw = net.connect(httpsPort, '127.0.0.1');
    await once(raw, 'connect');
    raw.write('PROXY TCP4 192.0.2.7 127.0.0.1 5555 443\r\n');
    const socket = tls.connect({ socket: raw, servername: 'app.localhost', ca: authority.pem });
    await once(socket, 'secureConnect');
    socket.write(
      'GET / HTTP/1.1\r\nHost: app.localhost\r\nX-Forwarded-For: 6.6.6.6\r\nConnection: close\r\n\r\n',
    );
    let text = '';
    for await (const chunk of socket) text += chunk;
    expect(text).toContain(`"x-forwarded-for":"${client}"`);
  });
});
