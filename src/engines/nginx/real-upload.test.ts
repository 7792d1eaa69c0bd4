import { once } from 'node:events';
import http2 from 'node:http2';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { directPublication, publication, service, site } from './testing.ts';
import {
  type Ask,
  type Backend,
  backend,
  type RunningGateway,
  startGateway,
  testAuthority,
} from './testing-gateway.ts';

// How fast connections may send, on a real nginx.

let gateway: RunningGateway;
let app: Backend;
let secure: Backend;
const limits = { nginx: { limits: { upload: 400_000 } } };
const body = Buffer.alloc(1_200_000, 'a');

beforeAll(async () => {
  const authority = await testAuthority('gateway');
  const answer: Parameters<typeof backend>[1] = (incoming, outgoing) => {
    let length = 0;
    incoming.on('data', (piece: Buffer) => {
      length += piece.length;
    });
    incoming.on('end', () => outgoing.end(`${length} from ${incoming.headers['x-forwarded-for']}`));
  };
  app = await backend('app', answer);
  secure = await backend('secure', answer, 0, await authority.issue(['direct.localhost']));
  gateway = await startGateway(
    (ports) =>
      site(
        [service('app', app.url), service('secure', `tcp://127.0.0.1:${secure.port}`)],
        [
          publication('slow.localhost', 'app', limits),
          publication('open.localhost', 'app'),
          publication('*.wild.localhost', 'app', limits),
          publication('not.wild.localhost', 'app'),
          directPublication('direct.localhost', 'secure', limits),
        ],
        ports,
      ),
    authority,
  );
});
afterAll(async () => {
  await gateway?.stop();
  app?.close();
  secure?.close();
});

/** How long it takes to send, in milliseconds, and what came. */
async function send(name: string, more: Ask = {}) {
  const begun = performance.now();
  const headers = { 'content-length': body.length };
  const reply = await gateway.get(name, '/', { method: 'POST', headers, body, ...more });
  return { took: performance.now() - begun, said: reply.body, status: reply.status };
}

test('a connection sends as fast as it may, whoever is meant; others as fast as they can, under their own address', async () => {
  const from = '127.0.0.5';
  const names = ['slow.localhost', 'any.wild.localhost', 'direct.localhost'];
  const slow = await Promise.all(names.map((name) => send(name, { from })));
  const fast = [];
  for (const name of ['open.localhost', 'not.wild.localhost']) fast.push(await send(name, { from }));
  expect([...slow, ...fast].map(({ said }) => said)).toEqual([
    ...['1200000 from 127.0.0.5', '1200000 from 127.0.0.5', '1200000 from undefined'],
    ...['1200000 from 127.0.0.5', '1200000 from 127.0.0.5'],
  ]);
  // 400 kB at once, 800 kB at 400 kB/s.
  for (const { took } of slow) expect(took).toBeGreaterThan(1500);
  expect(Math.min(...fast.map(({ took }) => took))).toBeLessThan(Math.min(...slow.map(({ took }) => took)));
});

test('the requests of a connection of HTTP/2 share it', async () => {
  const session = http2.connect(`https://127.0.0.1:${gateway.site.gateway.httpsPort}`, {
    ca: gateway.authority.pem,
    servername: 'slow.localhost',
  });
  const begun = performance.now();
  await Promise.all(
    [1, 2, 3].map(async () => {
      const stream = session.request({ ':method': 'POST', ':path': '/', ':authority': 'slow.localhost' });
      stream.end(body.subarray(0, 400_000));
      await once(stream.resume(), 'end');
    }),
  );
  session.close();
  expect(performance.now() - begun).toBeGreaterThan(1500);
});

test('no other name leads there faster', async () => {
  expect((await send('slow.localhost', { sni: 'open.localhost', body: 'a', headers: {} })).status).toBe(421);
});
