import { afterAll, beforeAll, expect, test } from 'vitest';
import { publication, route, service, site } from './testing.ts';
import {
  type Backend,
  backend,
  type RunningGateway,
  startGateway,
  testAuthority,
} from './testing-gateway.ts';

let app: Backend;
let gateway: RunningGateway;

beforeAll(async () => {
  app = await backend('app', (incoming, outgoing) => {
    outgoing.setHeader('content-type', 'text/html');
    outgoing.setHeader('x-asked', String(incoming.headers['accept-encoding'] ?? 'nothing'));
    outgoing.end(`${incoming.url} ${'a page of an application '.repeat(200)}`);
  });
  gateway = await startGateway(
    (ports) =>
      site(
        [service('app', app.url)],
        [
          publication('app.localhost', [
            route('/', 'app'),
            route('>/strip/', 'app'),
            route('~ ^/v[0-9]', 'app'),
          ]),
          publication('plain.localhost', 'app', { nginx: { compression: false } }),
        ],
        ports,
      ),
    await testAuthority('Test CA'),
  );
});

afterAll(async () => {
  await gateway?.stop();
  app?.close();
});

const own = () => `https://app.localhost:${gateway.site.gateway.httpsPort}/page`;

test.each<[string, () => Record<string, string>, boolean]>([
  ['nothing', () => ({}), true],
  ['our own page', () => ({ referer: own() }), true],
  ['our own page, in capitals', () => ({ referer: 'https://APP.localhost' }), true],
  ['another site', () => ({ referer: 'https://evil.example/' }), false],
  ['a site that ends like ours', () => ({ referer: 'https://evil.app.localhost/' }), false],
  [
    'a site that has our name in its path',
    () => ({ referer: 'https://evil.example/https://app.localhost/' }),
    false,
  ],
  ['a site with a bar', () => ({ referer: 'https://evil.example/|app.localhost' }), false],
  ['what the browser calls another site', () => ({ 'sec-fetch-site': 'cross-site' }), false],
  ['another site, which hides', () => ({ 'sec-fetch-site': 'cross-site', referer: own() }), false],
  ['what the browser calls the same site', () => ({ 'sec-fetch-site': 'same-origin', referer: own() }), true],
  ['a person', () => ({ 'sec-fetch-site': 'none' }), true],
])('whether a page is compressed for a request caused by %s', async (_, headers, compressed) => {
  for (const path of ['/', '/strip/x?q=1', '/v1']) {
    const ask = { headers: { 'accept-encoding': 'gzip, br', ...headers() } };
    const reply = await gateway.get('app.localhost', path, ask);
    expect(reply.status).toBe(200);
    expect(reply.headers['content-encoding']).toBe(compressed ? 'gzip' : undefined);
    // An application that compresses itself is not asked to.
    expect(reply.headers['x-asked']).toBe(compressed ? 'gzip, br' : 'nothing');
    if (!compressed) expect(reply.body).toMatch(path.startsWith('/strip') ? /^\/x\?q=1 / : /^\/(v1)? /);
  }
});

test('the headers of an answer are the same for both', async () => {
  const ask = (referer: string) =>
    gateway.get('app.localhost', '/', { headers: { referer, 'accept-encoding': 'gzip' } });
  const [ours, theirs] = [await ask(own()), await ask('https://evil.example/')];
  for (const name of [
    'strict-transport-security',
    'x-frame-options',
    'x-content-type-options',
    'referrer-policy',
  ])
    expect(theirs.headers[name]).toBe(ours.headers[name]);
});

test('nothing is compressed where the description says so', async () => {
  const reply = await gateway.get('plain.localhost', '/', { headers: { 'accept-encoding': 'gzip' } });
  expect(reply.headers['content-encoding']).toBeUndefined();
});
