import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { publication, route, service, site } from './testing.ts';
import {
  type Ask,
  type Backend,
  backend,
  type Reply,
  type RunningGateway,
  startGateway,
  testAuthority,
} from './testing-gateway.ts';

// What visitors may ask, on a real nginx. A load balancer at 127.0.0.1 tells who they are; whoever comes from elsewhere is who they are.

const many = { requests: { count: 2, per: 'm' } } as const;
let gateway: RunningGateway;
let app: Backend;
/** Answers that are held back, until the test lets them go. */
const held: (() => void)[] = [];

beforeAll(async () => {
  app = await backend('app', (asked, answer) => {
    asked.resume();
    if (asked.url?.includes('hold')) held.push(() => answer.end('held'));
    else if (asked.url?.includes('large')) answer.end(Buffer.alloc(300_000));
    else if (asked.url?.includes('busy')) answer.writeHead(429, { 'retry-after': '77' }).end('its own');
    else answer.end('app');
  });
  const limited = (name: string, limits: unknown, routes = [route('/', 'app')]) =>
    publication(name, routes, { nginx: { limits } });
  gateway = await startGateway(
    (ports) =>
      site(
        [service('app', app.url)],
        [
          limited('address.localhost', many),
          limited('connections.localhost', { connections: 2 }),
          limited('all.localhost', { all: { requests: { count: 3, per: 'm' } }, ...many }, [
            route('/', 'app'),
            route('/search/', 'app', { limits: { requests: { count: 1, per: 'm' } } }),
          ]),
          limited('busy.localhost', { all: { connections: 2 } }),
          limited('slow.localhost', { download: { rate: 100_000, after: 100_000 } }),
          limited('open.localhost', {}),
        ],
        {
          ...ports,
          listen: ['127.0.0.1'],
          trustedFronts: ['127.0.0.1/32'],
          options: { nginx: { limits: { connections: 10 } } },
        },
      ),
    await testAuthority('gateway'),
  );
});
afterAll(async () => {
  for (const letGo of held) letGo();
  await gateway?.stop();
  app?.close();
});

/** What an address is answered, as the load balancer tells of it. */
const ask = (name: string, address: string, path = '/', more: Ask = {}): Promise<Reply> =>
  gateway.get(`${name}.localhost`, path, {
    ...more,
    headers: { 'x-forwarded-for': address, ...more.headers },
  });

async function statuses(name: string, addresses: readonly string[], path = '/'): Promise<number[]> {
  const found: number[] = [];
  for (const address of addresses) found.push((await ask(name, address, path)).status);
  return found;
}

test('an address has its rate, and so has each other one', async () => {
  expect(await statuses('address', ['192.0.2.1', '192.0.2.1', '192.0.2.1', '192.0.2.2'])).toEqual([
    ...[200, 200, 429, 200],
  ]);
  // Who says so of themselves is not believed.
  const made = async (to: string) =>
    (await ask('address', to, '/', { from: '127.0.0.2', headers: { forwarded: `for=${to}` } })).status;
  expect([await made('192.0.2.3'), await made('192.0.2.4'), await made('192.0.2.5')]).toEqual([
    200, 200, 429,
  ]);
});

test('a network of IPv6 counts as one address, however it is written', async () => {
  const one = ['2001:db8:1:2::1', '2001:db8:1:2:ffff::2', '2001:db8:1:2:3:4:5:6', '2001:db8:1:3::1'];
  expect(await statuses('address', one)).toEqual([200, 200, 429, 200]);
  const zeros = ['2001:db8::1', '2001:db8:0:0:1:2:3:4', '2001:db8:0:0:1::', '2001:db8:0:1::'];
  expect(await statuses('address', zeros)).toEqual([200, 200, 429, 200]);
});

test('whoever is beyond a limit is told when to ask again, in their language or in JSON, with all headers', async () => {
  await statuses('address', ['192.0.2.9', '192.0.2.9']);
  const page = await ask('address', '192.0.2.9', '/', { headers: { 'accept-language': 'fr' } });
  expect(page).toMatchObject({
    status: 429,
    headers: { 'retry-after': '30', 'x-content-type-options': 'nosniff', 'x-frame-options': 'SAMEORIGIN' },
  });
  expect(page.body).toContain('Trop de requêtes');
  const json = await ask('address', '192.0.2.9', '/', { headers: { accept: 'application/json' } });
  expect(JSON.parse(json.body)).toEqual({
    ...{ status: 429, retryAfter: 30 },
    request: json.headers['x-request-id'],
  });
  // Nobody else is told so, and what an application says itself stays.
  expect((await ask('open', '192.0.2.9')).headers['retry-after']).toBeUndefined();
  expect(await ask('open', '192.0.2.9', '/busy')).toMatchObject({
    ...{ status: 429, body: 'its own', headers: { 'retry-after': '77' } },
  });
});

test('all together have a rate, which routes with limits of their own count in too', async () => {
  expect(await statuses('all', ['192.0.2.11', '192.0.2.11'], '/search/')).toEqual([200, 429]);
  expect(await statuses('all', ['192.0.2.11', '192.0.2.12', '192.0.2.13'])).toEqual([200, 200, 429]);
});

/** Requests that stay in progress; what ends them. */
async function holding(name: string, addresses: readonly string[]): Promise<() => Promise<unknown>> {
  const before = held.length;
  const replies = addresses.map((address) => ask(name, address, '/hold'));
  await expect.poll(() => held.length).toBe(before + addresses.length);
  return () => {
    for (const letGo of held.splice(before)) letGo();
    return Promise.all(replies);
  };
}

test('an address has so many requests in progress, all together too, and on the whole gateway', async () => {
  const two = await holding('connections', ['192.0.2.21', '192.0.2.21']);
  const refused = await ask('connections', '192.0.2.21');
  expect(refused).toMatchObject({ status: 429, headers: { 'retry-after': '5' } });
  expect(await statuses('connections', ['192.0.2.22'])).toEqual([200]);
  await two();
  await expect.poll(() => statuses('connections', ['192.0.2.21'])).toEqual([200]);

  const all = await holding('busy', ['192.0.2.23', '192.0.2.24']);
  expect(await statuses('busy', ['192.0.2.25'])).toEqual([429]);
  await all();

  const ten = await holding('open', Array(10).fill('2001:db8:5::1'));
  expect(await statuses('slow', ['2001:db8:5::2', '2001:db8:6::1'])).toEqual([429, 200]);
  await ten();
});

test('an answer comes as fast as it may, from where it may', async () => {
  const begun = performance.now();
  const { body } = await ask('slow', '192.0.2.31', '/large');
  // 100 kB at once, 200 kB at 100 kB/s.
  expect([body.length, performance.now() - begun > 1500]).toEqual([300_000, true]);
});

test('one answer over HTTP/2 counts as one request in progress, and what is reset no more', async () => {
  const http2 = await import('node:http2');
  const session = http2.connect(`https://127.0.0.1:${gateway.site.gateway.httpsPort}`, {
    ca: gateway.authority.pem,
    servername: 'connections.localhost',
  });
  const from = { 'x-forwarded-for': '192.0.2.41', ':authority': 'connections.localhost' };
  const status = async () => {
    const stream = session.request({ ...from, ':path': '/' });
    const [headers] = await once(stream, 'response');
    stream.resume();
    return headers[':status'];
  };
  const before = held.length;
  const streams = [1, 2].map(() => session.request({ ...from, ':path': '/hold' }));
  await expect.poll(() => held.length).toBe(before + 2);
  expect(await status()).toBe(429);
  for (const stream of streams) stream.close(http2.constants.NGHTTP2_CANCEL);
  await expect.poll(status).toBe(200);
  session.close();
});

test('the logs tell what there was too much of', async () => {
  const refused = (await gateway.log()).filter(({ status, upstream }) => status === 429 && upstream === '');
  const told = new Set(refused.map(({ host, limited }) => `${host} ${limited}`));
  expect([...told].sort()).toEqual([
    'address.localhost requests',
    'all.localhost shared',
    'busy.localhost shared',
    'connections.localhost connections',
    'slow.localhost connections',
  ]);
  const errors = await readFile(join(gateway.prefix, 'log/error.log'), 'utf8');
  for (const zone of [
    'address_localhost_requests',
    'all_localhost_all_requests',
    'all_localhost_route_2_requests',
  ])
    expect(errors).toMatch(new RegExp(`limiting requests, excess: [\\d.]+ by zone "${zone}", client: `));
  expect(errors).toContain('limiting connections by zone "poterne_address", client: 2001:db8:5::2');
});
