import { createHash } from 'node:crypto';
import { createServer } from 'node:https';
import type { Server } from 'node:net';
import { expect, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { freePort } from '../../lib/testing-ports.ts';
import type { ProbeOf } from '../probe.ts';
import { door, https, leaf, listen, mute, probe, tls } from '../testing/servers.ts';

const ask = (port: number, more: Partial<ProbeOf<'echoes'>> = {}, timeout = 10_000) =>
  probe(
    { kind: 'echoes', door: door(port), path: '/ws', send: 'ping', contains: 'pong', ...more },
    { timeout },
  );

async function sockets(
  onSocket: (socket: WebSocket, headers: Record<string, unknown>) => void,
): Promise<number> {
  const server = createServer({ cert: leaf.cert, key: leaf.key });
  new WebSocketServer({ server, path: '/ws' }).on('connection', (socket, request) => {
    socket.on('error', () => {});
    onSocket(socket, request.headers);
  });
  return listen(server as unknown as Server);
}

test('an answer holds the text, among others', async () => {
  let headers: Record<string, unknown> = {};
  const port = await sockets((socket, sent) => {
    headers = sent;
    socket.send('welcome');
    socket.on('message', (data) => socket.send(`${data}: pong!`));
  });
  expect(await ask(port)).toEqual({
    held: true,
    seen: { code: 'seen.echoes.held', params: { contains: 'pong' } },
  });
  expect(headers).toMatchObject({ host: `app.localhost:${port}`, origin: `https://app.localhost:${port}` });
});

test('silent, other, closed, cut off', async () => {
  const silent = await sockets(() => {});
  expect(await ask(silent, {}, 1000)).toEqual({
    held: false,
    seen: { code: 'seen.echoes.silent', params: { seconds: 1 } },
  });
  const other = await sockets((socket) => socket.send('ping?'));
  expect(await ask(other, {}, 1000)).toMatchObject({
    held: false,
    seen: { code: 'seen.echoes.other' },
    excerpt: 'ping?',
  });
  const closes = await sockets((socket) => socket.on('message', () => socket.close(1008)));
  expect(await ask(closes)).toMatchObject({
    held: false,
    seen: { code: 'seen.echoes.closed', params: { close: 1008 } },
  });
  const cuts = await sockets((socket) => socket.on('message', () => socket.terminate()));
  expect(await ask(cuts)).toMatchObject({ held: false, seen: { code: 'seen.echoes.cut' } });
});

test('a plain answer instead of a WebSocket', async () => {
  const code = async (status: number, more: Partial<ProbeOf<'echoes'>> = {}) => {
    const port = await https((_, response) => response.writeHead(status, { location: '/login' }).end('no'));
    const outcome = await ask(port, more);
    expect(outcome.held ? '' : outcome.excerpt).toMatch(outcome.held ? '' : /^HTTP/);
    return `${outcome.held} ${outcome.seen.code}`;
  };
  expect(await code(200)).toBe('false seen.echoes.declined');
  expect(await code(403)).toBe('false seen.echoes.declined');
  expect(await code(302)).toBe('false seen.status.redirect');
  expect(await code(502)).toBe('false seen.gateway.bad');
  expect(await code(403, { from: ['127.0.0.0/8'] })).toBe('false seen.inside.refused');
  expect(await code(403, { from: ['10.0.0.0/8'] })).toBe('true seen.outside.refused');
  expect(await code(200, { from: ['10.0.0.0/8'] })).toBe('false seen.outside.let-in');
});

test('whoever is outside must not get a WebSocket', async () => {
  const port = await sockets((socket) => socket.send('pong'));
  expect(await ask(port, { from: ['10.0.0.0/8'] })).toMatchObject({
    held: false,
    seen: { code: 'seen.outside.let-in', params: { status: 101, address: '127.0.0.1' } },
  });
  expect(await ask(port, { from: ['127.0.0.0/8'] })).toMatchObject({ held: true });
});

test('servers that are silent, gone, or speak otherwise', async () => {
  const code = async (port: number) => (await ask(port, {}, 1000)).seen.code;
  expect(await code(await mute())).toBe('seen.timeout.tls');
  expect(await code(await tls((socket) => socket.resume()))).toBe('seen.timeout.response');
  expect(await code(await freePort())).toBe('seen.refused');
  expect(await code(await tls((s) => s.once('data', () => s.end())))).toBe('seen.http.closed');
  expect(await code(await tls((s) => s.once('data', () => s.end('junk\r\n'))))).toBe('seen.http.garbage');
});

test('a handshake with the wrong key, frames that are none, and a message without end', async () => {
  const upgrade = (accept: (key: string) => string, then: Buffer) =>
    tls((socket) =>
      socket.once('data', (data) => {
        const key = /sec-websocket-key: (\S+)/i.exec(data.toString())?.[1] ?? '';
        socket.write(
          `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept(key)}\r\n\r\n`,
        );
        socket.write(then);
      }),
    );
  const right = (key: string) =>
    createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  const code = async (port: number) => (await ask(port)).seen.code;
  expect(await code(await upgrade(() => 'wrong', Buffer.alloc(0)))).toBe('seen.echoes.handshake');
  expect(await code(await upgrade(right, Buffer.from([0xff, 0xff, 1, 2, 3])))).toBe('seen.echoes.protocol');
  // A text frame that announces 16 MiB.
  const huge = Buffer.from([0x81, 127, 0, 0, 0, 0, 1, 0, 0, 0]);
  expect(await code(await upgrade(right, huge))).toBe('seen.echoes.protocol');
});
