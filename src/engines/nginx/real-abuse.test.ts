import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { publication, service, site } from './testing.ts';
import {
  type Backend,
  backend,
  type RunningGateway,
  startGateway,
  testAuthority,
} from './testing-gateway.ts';
import {
  asking,
  connect,
  type Fields,
  flags,
  frame,
  frameTypes,
  headers,
  packed,
  reset,
  settings,
} from './testing-h2.ts';
import { waf } from './testing-waf.ts';

// Who abuses HTTP/2, on a real nginx: requests that are reset at once, frames that say nothing, answers that nobody takes. Others are served meanwhile.

let gateway: RunningGateway;
let app: Backend;
let asked = 0;
const [open, walled, limited] = ['open.localhost', 'waf.localhost', 'limited.localhost'];
const large = Buffer.alloc(40_000_000);
/** How long somebody else may wait on a machine that has much else to do, in milliseconds. */
const longest = 10_000;

beforeAll(async () => {
  app = await backend('app', (incoming, outgoing) => {
    asked++;
    incoming.resume();
    outgoing.end(incoming.url === '/large' ? large : 'app');
  });
  gateway = await startGateway(
    (ports) =>
      site(
        [service('app', app.url)],
        [
          publication(open, 'app'),
          publication(walled, 'app', { scenario: 'proxy+waf', waf: waf() }),
          publication(limited, 'app', { nginx: { limits: { requests: { count: 10, per: 'm' } } } }),
        ],
        ports,
      ),
    await testAuthority('gateway'),
    false,
    (main) => main.replace(/send_timeout 30s/, 'send_timeout 5s'),
  );
});
afterAll(async () => {
  await gateway?.stop();
  app?.close();
});

/** So many requests, each reset at once. */
const resets = (name: string, count: number): Buffer =>
  Buffer.concat(
    Array.from({ length: count }, (_, n) => [
      headers(2 * n + 1, asking(name, '/reset')),
      reset(2 * n + 1),
    ]).flat(),
  );

/** Sends something on a connection of its own, until nginx hangs up or has answered what was said last. */
async function attack(name: string, bytes: Buffer): Promise<void> {
  const connection = await connect(gateway.site.gateway.httpsPort, name, { from: '127.0.0.2' });
  await connection.write(bytes, frame(frameTypes.ping, flags.none, 0, 'finished'));
  for (
    let tries = 0;
    tries < 1000 && !connection.isClosed() && connection.seen(frameTypes.ping) === 0;
    tries++
  )
    await delay(10);
  connection.end();
}

/** What somebody else is answered, and how long they waited. */
async function visit(): Promise<{ readonly status: number; readonly wait: number }> {
  const begun = performance.now();
  const { status } = await gateway.get(open, '/', { from: '127.0.0.3' });
  return { status, wait: performance.now() - begun };
}

/** The requests of the attacker that nginx took in. */
const taken = async (name: string) =>
  (await gateway.log()).filter(
    ({ client, host, uri }) => client === '127.0.0.2' && host === name && uri === '/reset',
  );

/** How many requests a connection has, by what nginx reads. */
const most = async (file: string): Promise<number> =>
  Number(/keepalive_requests (\d+)/.exec(await readFile(join(gateway.prefix, 'current', file), 'utf8'))?.[1]);

test('requests that are reset at once (CVE-2023-44487) are soon no more on one connection', async () => {
  const general = await most('nginx.conf');
  const own = (await most('publications/waf_localhost.conf')) || general;
  for (const [name, count] of [
    [open, general],
    [walled, own],
  ] as const) {
    await attack(name, resets(name, count + 300));
    const lines = await taken(name);
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThanOrEqual(count);
    // By this the daemon tells them from others that nobody waited for.
    const atOnce = lines.filter(({ bytes, duration }) => bytes === 0 && Number(duration) < 0.01);
    expect(atOnce.length).toBeGreaterThan(lines.length / 2);
  }
});

test('they count in limits', async () => {
  asked = 0;
  await attack(limited, resets(limited, 200));
  expect((await taken(limited)).filter(({ status }) => status === 429).length).toBeGreaterThan(100);
  expect(asked).toBeLessThanOrEqual(10);
});

test('meanwhile others are served, also where each costs what a firewall costs', async () => {
  const blob = resets(walled, 5000);
  const end = performance.now() + 1500;
  const attacks = [1, 2, 3, 4].map(async () => {
    while (performance.now() < end) await attack(walled, blob);
  });
  const visits = [];
  do visits.push(await visit());
  while (performance.now() < end);
  await Promise.all(attacks);
  for (const { status, wait } of visits) expect([status, wait < longest]).toEqual([200, true]);
});

/** Sizes of what nginx has stored of answers: files without a name. */
async function stored(): Promise<number[]> {
  const master = (await readFile(join(gateway.prefix, 'run/nginx.pid'), 'utf8')).trim();
  const workers = (await readFile(`/proc/${master}/task/${master}/children`, 'utf8')).trim().split(' ');
  const sizes = workers.map(async (pid) => {
    const folder = `/proc/${pid}/fd`;
    const files = (await readdir(folder)).map(async (name) => {
      const target = await readlink(join(folder, name)).catch(() => '');
      return target.includes('/run/proxy/') ? [(await stat(join(folder, name))).size] : [];
    });
    return (await Promise.all(files)).flat();
  });
  return (await Promise.all(sizes)).flat();
}

test('an answer that nobody takes fills no disk, and ends; frames that say nothing end their connection', async () => {
  const port = gateway.site.gateway.httpsPort;
  const held = await connect(port, open, { window: 0, from: '127.0.0.2' });
  const streams = [1, 3, 5];
  await held.write(...streams.map((id) => headers(id, asking(open, '/large'))));
  await expect
    .poll(async () => (await stored()).filter((size) => size > 15_900_000).length, { timeout: 10_000 })
    .toBe(streams.length);
  await delay(200);
  expect(Math.max(...(await stored()))).toBeLessThan(17_000_000);

  const times = (bytes: Buffer, count: number) => Buffer.concat(Array<Buffer>(count).fill(bytes));
  const { ping, settings: settingsType, continuation, data: dataType, windowUpdate } = frameTypes;
  const opening = frame(frameTypes.headers, flags.none, 1, packed(asking(open, '/')));
  // A header of 3,000 bytes that is repeated by one byte each (RFC 7541, 6.1).
  const bomb = Buffer.concat([
    packed(asking(open, '/')),
    Buffer.from([0x40, 1, 0x61, 0x7f, 0x80 | ((3000 - 127) & 0x7f), (3000 - 127) >> 7]),
    Buffer.alloc(3000, 'b'),
  ]);
  const many: Fields = Array(100).fill(['a', 'b']);
  const floods: readonly (readonly [what: string, first: Buffer, piece: Buffer])[] = [
    ['PING', Buffer.alloc(0), times(frame(ping, flags.none, 0, 'finished'), 1000)],
    ['SETTINGS', Buffer.alloc(0), times(settings(), 1000)],
    ['acknowledged SETTINGS', Buffer.alloc(0), times(frame(settingsType, flags.ack, 0), 1000)],
    ['CONTINUATION', opening, times(frame(continuation, flags.none, 1, packed(many)), 10)],
    ['empty CONTINUATION', opening, times(frame(continuation, flags.none, 1), 1000)],
    [
      'header bomb',
      frame(frameTypes.headers, flags.none, 1, bomb),
      frame(continuation, flags.none, 1, Buffer.alloc(1000, 0xbe)),
    ],
    [
      'empty DATA',
      headers(1, asking(open, '/', [], 'POST'), flags.none),
      times(frame(dataType, flags.none, 1), 1000),
    ],
    [
      'WINDOW_UPDATE',
      Buffer.alloc(0),
      times(frame(windowUpdate, flags.none, 0, Buffer.from([0, 0, 0, 1])), 1000),
    ],
    ['unknown frames', Buffer.alloc(0), times(frame(0x55, flags.none, 0, 'finished'), 1000)],
  ];
  for (const [what, first, piece] of floods) {
    const connection = await connect(port, open, { from: '127.0.0.2' });
    await connection.write(first);
    for (let sent = 0; sent < 20_000_000 && !connection.isClosed(); sent += piece.length) {
      await connection.write(piece);
      await delay(0);
    }
    expect([what, await Promise.race([connection.closed.then(() => 'closed'), delay(5000)])]).toEqual([
      what,
      'closed',
    ]);
  }
  expect((await visit()).status).toBe(200);
  await Promise.all(streams.map((id) => held.answer(id)));
  expect(held.seen(frameTypes.reset)).toBe(streams.length);
  expect(await stored()).toEqual([]);
  held.end();
}, 60_000);
