import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type net from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import tls from 'node:tls';
import { expect, test } from 'vitest';
import { atEnd, eventually, head, makeRig, port, poterne, type Rig } from '../../apply/testing.ts';
import { searchAudit } from '../../audit/search.ts';
import type { CutReceipt } from '../../model/cut.ts';
import { targetOf } from './target.ts';

// Real connections that go on and on, over a real nginx under a real daemon: what is cut off ends, the rest does not notice.

const upstream = port(90);

/** A WebSocket that says a word now and then, a stream of events, a download without end, and one that swallows what is sent. */
async function application(): Promise<void> {
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

interface Live {
  readonly kind: keyof typeof requests;
  readonly name: string;
  readonly socket: tls.TLSSocket;
  /** When it ended, by the monotonic clock. */
  ended: number | undefined;
  /** How much came so far. */
  received: number;
}

/** A connection that goes on until it is ended. */
async function live(rig: Rig, name: string, kind: keyof typeof requests, from = '127.0.0.1'): Promise<Live> {
  const socket = tls.connect({
    ...{ host: '127.0.0.1', port: rig.ports.https, servername: name, rejectUnauthorized: false },
    ...({ localAddress: from } as object),
  });
  const one: Live = { kind, name, socket, ended: undefined, received: 0 };
  socket.on('error', () => undefined);
  socket.on('data', (bytes: Buffer) => {
    one.received += bytes.length;
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
  socket.write(`${requests[kind]}Host: ${name}\r\n\r\n`);
  if (kind === 'upload') {
    const timer = setInterval(() => socket.write('4\r\nmore\r\n'), 50);
    socket.once('close', () => clearInterval(timer));
    await delay(200);
  } else await eventually(() => one.received > 0);
  return one;
}

const every = (rig: Rig, name: string): Promise<Live[]> =>
  Promise.all((Object.keys(requests) as Live['kind'][]).map((kind) => live(rig, name, kind)));

/** Whether all of them still go on: something more comes. */
async function goOn(some: readonly Live[]): Promise<void> {
  const before = some.map(({ received }) => received);
  await delay(400);
  expect(some.map(({ ended }) => ended)).toEqual(some.map(() => undefined));
  for (const [n, one] of some.entries())
    if (one.kind !== 'upload') expect(one.received).toBeGreaterThan(before[n] as number);
}

async function run(rig: Rig, ...argv: string[]): Promise<{ status: number | string; said: string }> {
  const command = poterne([...argv, '--state', rig.state]);
  return { status: await command.ended, said: command.said() };
}

/** Cuts something off, and looks how long new requests still came through and live connections went on. */
async function cutting(
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
  expect(receipt.finished).toBeLessThan(5000);
  return receipt;
}

const yaml = (ports: Rig['ports'], more = '') =>
  `${head(ports)}services: { app: { url: "http://127.0.0.1:${upstream}", events: [/events, /ws] } }
publications:
  one.example.fr: { service: app, audience: everyone, uploads: 100MB }
  two.example.fr: { service: app, audience: everyone, uploads: 100MB }
${more}`;

async function started(
  more = '',
): Promise<{ rig: Rig; daemon: () => ChildProcess; again: () => Promise<void> }> {
  const rig = await makeRig();
  await application();
  await rig.write('site.yaml', yaml(rig.ports, more));
  let daemon = poterne(['up', rig.file, '--state', rig.state]);
  const isUp = () => eventually(() => daemon.said().includes('The gateway is up.'));
  await isUp();
  return {
    rig,
    daemon: () => daemon.child,
    again: async () => {
      daemon = poterne(['up', rig.file, '--state', rig.state]);
      await isUp();
    },
  };
}

test('a publication is cut off at once, its live connections too; its neighbour notices nothing', async () => {
  const { rig, daemon, again } = await started();
  const [one, two] = [await every(rig, 'one.example.fr'), await every(rig, 'two.example.fr')];
  await goOn([...one, ...two]);

  const receipt = await cutting(rig, 'one.example.fr', one);
  expect(receipt.ended.publications).toEqual({ 'one.example.fr': 4 });
  expect(receipt.ended.addresses).toEqual({ '127.0.0.1': 4 });
  const refused = await rig.get('one.example.fr');
  expect([refused.status, refused.body]).toEqual([503, expect.stringMatching(/cut off/i)]);
  expect(refused.body).not.toContain('an incident');
  expect(await rig.get('two.example.fr')).toMatchObject({ status: 200, body: 'welcome' });
  await goOn(two);

  // The daemon is killed, nginx is killed, and everything starts again, with another configuration.
  daemon().kill('SIGKILL');
  await once(daemon(), 'close').catch(() => undefined);
  expect((await rig.get('one.example.fr')).status).toBe(503);
  process.kill((await rig.master()) as number, 'SIGKILL');
  await rig.write('site.yaml', yaml(rig.ports, '  three.example.fr: { service: app, audience: everyone }\n'));
  await again();
  expect((await rig.get('one.example.fr')).status).toBe(503);
  expect((await rig.get('three.example.fr')).status).toBe(200);
  expect((await run(rig, 'cut', '--list')).said).toMatch(/one\.example\.fr.*an incident/);

  expect((await run(rig, 'restore', 'one.example.fr')).status).toBe(0);
  expect((await rig.get('one.example.fr')).status).toBe(200);
  expect((await run(rig, 'restore', 'one.example.fr')).status).toBe(1);
  const logged = [];
  for await (const { what, to, result } of searchAudit(rig.state, {})) logged.push(`${what} ${to} ${result}`);
  expect(logged.filter((line) => /^(cut|restore)/.test(line))).toEqual([
    'cut one.example.fr done',
    'restore one.example.fr done',
  ]);
});

test('the command does it itself when the daemon is dead, and when it hangs', async () => {
  const { rig, daemon, again } = await started();
  daemon().kill('SIGKILL');
  const one = await every(rig, 'one.example.fr');
  const two = await every(rig, 'two.example.fr');
  await cutting(rig, 'one.example.fr', one);
  await goOn(two);
  expect((await rig.get('one.example.fr')).status).toBe(503);
  // A lost file is made again by the daemon that comes.
  await run(rig, 'restore', 'one.example.fr');
  expect((await rig.get('one.example.fr')).status).toBe(200);
  await again();
  daemon().kill('SIGSTOP');
  try {
    await cutting(rig, 'all', two);
    expect((await rig.get('two.example.fr')).status).toBe(503);
  } finally {
    daemon().kill('SIGCONT');
  }
});

test('an address, a network, and everything; and each ends by itself', async () => {
  const { rig } = await started();
  const [mine, theirs] = [
    await live(rig, 'one.example.fr', 'events', '127.0.0.7'),
    await live(rig, 'two.example.fr', 'websocket', '127.0.0.8'),
  ];
  const receipt = await cutting(rig, 'address:127.0.0.7', [mine], '--for', '4s');
  expect(receipt.ended.addresses).toEqual({ '127.0.0.7': 1 });
  await goOn([theirs]);
  expect((await rig.get('one.example.fr')).status).toBe(200);
  await expect(
    live(rig, 'one.example.fr', 'events', '127.0.0.7').then(({ socket }) => once(socket, 'end')),
  ).resolves.toBeDefined();
  await cutting(rig, 'address:127.0.0.0/28', [theirs]);
  expect((await rig.get('one.example.fr')).status).toBe(503);
  await run(rig, 'restore', 'address:127.0.0.0/28');
  expect((await rig.get('one.example.fr')).status).toBe(200);
  // Its time has come.
  await eventually(async () => !existsSync(join(rig.state, 'cut/addresses/127.0.0.7')));
  await live(rig, 'one.example.fr', 'events', '127.0.0.7');

  const all = await every(rig, 'two.example.fr');
  await cutting(rig, 'all', all);
  for (const name of ['one.example.fr', 'two.example.fr']) expect((await rig.get(name)).status).toBe(503);
  await rig.write('site.yaml', yaml(rig.ports, '  three.example.fr: { service: app, audience: everyone }\n'));
  expect((await run(rig, 'reload')).status).toBe(0);
  expect((await rig.get('three.example.fr')).status).toBe(503);
  await run(rig, 'restore', 'all');
  for (const name of ['one.example.fr', 'three.example.fr']) expect((await rig.get(name)).status).toBe(200);
});

test('what is asked wrongly is said before anything is done', async () => {
  const said = (text: string) => targetOf(text, undefined);
  expect(said('nowhere.example.fr')).toMatchObject({ code: 'cut.unknown' });
  expect(said('address:10.0.0.0/8')).toMatchObject({ code: 'cut.address.wide' });
  expect(said('address:everywhere')).toMatchObject({ code: 'cut.address' });
  expect(said('user:')).toMatchObject({ code: 'cut.user' });
  expect(said('user:carol@ad')).toEqual({ kind: 'user', name: 'carol@ad' });
  expect(said('address:2001:DB8::7')).toEqual({ kind: 'address', name: '2001:db8::7/128' });
  const rig = await makeRig();
  const { status, said: text } = await run(rig, 'cut', 'all', '--json');
  expect([status, JSON.parse(text).fault.code]).toEqual([2, 'cut.reason.missing']);
  expect((await run(rig, 'cut', '--list', '--json')).said.trim()).toBe('[]');
});
