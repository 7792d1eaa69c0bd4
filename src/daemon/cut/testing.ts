import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import tls from 'node:tls';
import { expect } from 'vitest';
import { atEnd, eventually, port, poterne, type Rig } from '../../apply/testing.ts';
import { asking, connect, frameTypes, headers, reset } from '../../engines/nginx/testing-h2.ts';
import type { CutReceipt } from '../../model/cut.ts';

/** Helpers of the tests of cutting off: an application whose answers go on and on, and visitors who stay. */

export const upstream = port(90);

/** A WebSocket that says a word now and then, a stream of events, a download without end, and one that swallows what is sent. */
export async function application(): Promise<void> {
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/events')) {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' });
      const timer = setInterval(() => response.write('data: again\n\n'), 50);
      response.once('close', () => clearInterval(timer));
    } else if (request.url?.startsWith('/download')) {
      const chunk = Buffer.alloc(64 << 10);
      const more = () => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', more);
      more();
    } else if (request.url?.startsWith('/upload')) request.resume();
    else response.end('welcome');
  });
  server.on('upgrade', (request, socket: net.Socket) => {
    const accept = createHash('sha1')
      .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    socket.on('error', () => undefined).resume();
    const timer = setInterval(() => socket.write(Buffer.from([0x81, 2, 0x68, 0x69])), 50);
    socket.once('close', () => clearInterval(timer));
  });
  server.on('connection', (socket) => socket.on('error', () => undefined));
  server.listen(upstream, '127.0.0.1');
  await once(server, 'listening');
  atEnd(async () => {
    server.closeAllConnections();
    server.close();
  });
}

const requests = {
  websocket:
    'GET /ws HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n',
  events: 'GET /events HTTP/1.1\r\n',
  download: 'GET /download HTTP/1.1\r\n',
  upload: 'POST /upload HTTP/1.1\r\nTransfer-Encoding: chunked\r\n',
} as const;

export interface Live {
  readonly kind: keyof typeof requests;
  readonly name: string;
  /** When it ended, by the monotonic clock. */
  ended: number | undefined;
  /** How much came so far. */
  readonly received: number;
}

/** A connection that goes on until it is ended. */
export async function live(
  rig: Rig,
  name: string,
  kind: keyof typeof requests,
  from = '127.0.0.1',
  headers = '',
): Promise<Live> {
  const socket = tls.connect({
    ...{ host: '127.0.0.1', port: rig.ports.https, servername: name, rejectUnauthorized: false },
    ...({ localAddress: from } as object),
  });
  let received = 0;
  const one: Live = {
    ...{ kind, name, ended: undefined },
    get received() {
      return received;
    },
  };
  socket.on('error', () => undefined);
  socket.on('data', (bytes: Buffer) => {
    received += bytes.length;
    // A slow reader: what waits in the kernel must not trickle on once it is cut off.
    if (kind === 'download') {
      socket.pause();
      setTimeout(() => socket.resume(), 20);
    }
  });
  socket.once('close', () => {
    one.ended = performance.now();
  });
  atEnd(async () => void socket.destroy());
  await once(socket, 'secureConnect');
  socket.write(`${requests[kind]}Host: ${name}\r\n${headers}\r\n`);
  if (kind === 'upload') {
    const timer = setInterval(() => socket.write('4\r\nmore\r\n'), 50);
    socket.once('close', () => clearInterval(timer));
    await delay(200);
  } else await eventually(() => one.received > 0);
  return one;
}

/** An HTTP/2 connection whose visitor takes its first request back at once, and on which a stream of events goes on. */
export async function takenBack(rig: Rig, name: string, cookie: string): Promise<Live> {
  const connection = await connect(rig.ports.https, name);
  const fields = (path: string) => asking(`${name}:${rig.ports.https}`, path, [['cookie', cookie]]);
  const one: Live = {
    ...{ kind: 'events', name, ended: undefined },
    get received() {
      return connection.seen(frameTypes.data);
    },
  };
  void connection.closed.then(() => {
    one.ended = performance.now();
  });
  atEnd(async () => connection.end());
  await connection.write(headers(1, fields('/')), reset(1));
  // Who may enter is known by then.
  await delay(300);
  await connection.write(headers(3, fields('/events')));
  await eventually(() => one.received > 0);
  return one;
}

export const every = (rig: Rig, name: string): Promise<Live[]> =>
  Promise.all((Object.keys(requests) as Live['kind'][]).map((kind) => live(rig, name, kind)));

/** Whether all of them still go on: something more comes. */
export async function goOn(some: readonly Live[]): Promise<void> {
  const before = some.map(({ received }) => received);
  await delay(400);
  expect(some.map(({ ended }) => ended)).toEqual(some.map(() => undefined));
  for (const [n, one] of some.entries())
    if (one.kind !== 'upload') expect(one.received).toBeGreaterThan(before[n] as number);
}

export async function run(rig: Rig, ...argv: string[]): Promise<{ status: number | string; said: string }> {
  const command = poterne([...argv, '--state', rig.state]);
  return { status: await command.ended, said: command.said() };
}

/** Cuts something off, and looks how long new requests still came through and live connections went on. */
export async function cutting(
  rig: Rig,
  what: string,
  ending: readonly Live[],
  ...more: string[]
): Promise<CutReceipt> {
  const { status, said } = await run(rig, 'cut', what, '--reason', 'an incident', '--json', ...more);
  const receipt = JSON.parse(said) as CutReceipt;
  expect([status, receipt.troubles]).toEqual([0, []]);
  await eventually(() => ending.every(({ ended }) => ended !== undefined));
  console.log(
    `cut ${what}: refused after ${receipt.refused} ms, ${receipt.ended.connections} connections ended after ${receipt.finished} ms`,
  );
  // On a machine that has nothing else to do it is a tenth of that.
  expect(receipt.finished).toBeLessThan(20_000);
  return receipt;
}
