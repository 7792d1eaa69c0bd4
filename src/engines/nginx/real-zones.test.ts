import { once } from 'node:events';
import tls from 'node:tls';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { publication, route, service, site } from './testing.ts';
import {
  type Backend,
  backend,
  type RunningGateway,
  startGateway,
  type TestAuthority,
  testAuthority,
} from './testing-gateway.ts';
import { asking, connect } from './testing-h2.ts';

// Whoever comes from thousands of addresses at once fills what nginx counts in: that shuts nobody out, and lets nobody go uncounted. A load balancer at
// 127.0.0.1 tells who they are.

let authority: TestAuthority;
let app: Backend;
const held: (() => void)[] = [];
const running: RunningGateway[] = [];

beforeAll(async () => {
  authority = await testAuthority('gateway');
  app = await backend('app', (incoming, outgoing) => {
    incoming.resume();
    if (incoming.url === '/app/hold') held.push(() => outgoing.end());
    else outgoing.end('app');
  });
});
afterEach(async () => {
  for (const gateway of running.splice(0)) await gateway.stop();
});
afterAll(() => app?.close());

async function open(edit?: (main: string) => string): Promise<RunningGateway> {
  const gateway = await startGateway(
    (ports) =>
      site(
        [service('app', app.url)],
        [
          // What is not published there costs no service anything, and counts all the same.
          publication('rate.localhost', [route('/app/', 'app')], {
            nginx: { limits: { requests: { count: 2, per: 'm' } } },
          }),
          publication('few.localhost', [route('/app/', 'app')], { nginx: { limits: { connections: 3 } } }),
        ],
        { ...ports, trustedFronts: ['127.0.0.1/32'] },
      ),
    authority,
    false,
    edit,
  );
  running.push(gateway);
  return gateway;
}

/** The /64 number so many of a documentation network (RFC 3849). */
const network = (n: number): string => `2001:db8:${(n >> 16).toString(16)}:${(n & 0xffff).toString(16)}::1`;

/** What each of these addresses is answered, asked over one connection without waiting. */
async function ask(gateway: RunningGateway, name: string, addresses: readonly string[]): Promise<number[]> {
  const socket = tls.connect({
    ...{
      host: '127.0.0.1',
      port: gateway.site.gateway.httpsPort,
      servername: name,
      rejectUnauthorized: false,
    },
  });
  let said = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    said += text;
  });
  const requests = addresses.map(
    (address, n) =>
      `GET / HTTP/1.1\r\nHost: ${name}\r\nX-Forwarded-For: ${address}\r\n${n + 1 === addresses.length ? 'Connection: close\r\n' : ''}\r\n`,
  );
  socket.write(requests.join(''));
  await once(socket, 'close');
  return [...said.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}

const visit = async (gateway: RunningGateway, name: string, from: string): Promise<number> =>
  (await gateway.get(name, '/app/', { headers: { 'x-forwarded-for': from } })).status;

test('more addresses than a rate has room for: newcomers are served, who goes on is counted on', async () => {
  const gateway = await open();
  const [attacker, early] = ['192.0.2.66', '192.0.2.1'];
  expect(await ask(gateway, 'rate.localhost', [attacker, attacker, attacker, early])).toEqual([
    404, 404, 429, 404,
  ]);
  // There is room for 8,000.
  for (let n = 0; n < 9000; n += 500) {
    const some = Array.from({ length: 500 }, (_, k) => network(n + k));
    const statuses = await ask(gateway, 'rate.localhost', [...some, attacker]);
    expect([new Set(statuses.slice(0, -1)), statuses.at(-1)]).toEqual([new Set([404]), 429]);
  }
  for (const from of ['192.0.2.2', early]) expect(await visit(gateway, 'rate.localhost', from)).toBe(200);
});

/** What somebody else is answered while so many addresses have a request each in progress, or were refused one. */
async function whileHeld(gateway: RunningGateway, count: number): Promise<readonly number[]> {
  const connections = [];
  const before = held.length;
  let refused = 0;
  try {
    for (let n = 0; n < count; n += 100) {
      const connection = await connect(gateway.site.gateway.httpsPort, 'few.localhost');
      connections.push(connection);
      for (let k = 0; k < 100; k++) {
        const from = [['x-forwarded-for', network(n + k)]] as const;
        void connection.ask(asking('few.localhost', '/app/hold', from)).then(() => refused++);
      }
    }
    await expect.poll(() => held.length - before + refused, { timeout: 20_000 }).toBe(count);
    return [
      await visit(gateway, 'few.localhost', '192.0.2.3'),
      await visit(gateway, 'rate.localhost', '192.0.2.3'),
    ];
  } finally {
    for (const letGo of held.splice(before)) letGo();
    for (const each of connections) each.end();
  }
}

test('a thousand addresses with a request in progress keep nobody out; with room for few of them they would', async () => {
  expect(await whileHeld(await open(), 1000)).toEqual([200, 200]);
  const narrow = await open((main) => main.replace(/zone=poterne_address:\w+/, 'zone=poterne_address:32k'));
  expect(await whileHeld(narrow, 600)).toEqual([429, 429]);
});
