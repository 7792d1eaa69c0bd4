import { afterAll, beforeAll, expect, test } from 'vitest';
import { publication, route, service, site } from './testing.ts';
import {
  type Backend,
  backend,
  type RunningGateway,
  startGateway,
  testAuthority,
  told,
} from './testing-gateway.ts';
import { waf } from './testing-waf.ts';

// Skipped paths inside of their route's location (`render/location.ts`), where no route is an expression.

let gateway: RunningGateway;
let app: Backend;

const attack = `?q=${encodeURIComponent('<script>alert(1)</script>')}`;

beforeAll(async () => {
  app = await backend('app');
  gateway = await startGateway(
    (ports) =>
      site(
        [service('app', app.url), service('live', app.url, { events: ['/live/'] })],
        [
          publication('app.localhost', 'app', {
            scenario: 'proxy+waf',
            waf: waf({ skip: ['/static/', '/health', '/live/files/', '/shop/img/'] }),
            routes: [route('/', 'live'), route('/static/app/', 'app'), route('/shop/', 'app')],
          }),
        ],
        ports,
      ),
    await testAuthority('gateway'),
  );
});

afterAll(async () => {
  await gateway?.stop();
  app?.close();
});

test.each([
  ...(
    [
      ['/static/a.js'],
      ['/static/'],
      ['/health'],
      ['/live/files/a'],
      ['/shop/img/a'],
      ['/static/app/a'],
    ] as const
  ).map(([path]) => [path, 200] as const),
  ...['/', '/static', '/healthy', '/health/', '/live/', '/shop/', '/STATIC/a'].map(
    (path) => [path, 403] as const,
  ),
  // A service may read these as other paths.
  ...[
    '/static/..;/admin',
    '/static/%2e%2e/admin',
    '/shop/img/..%2fadmin',
    '/static//a',
    '/x/../static/a',
  ].map((path) => [path, 403] as const),
])('an attack at %s answers %i', async (path, status) => {
  expect((await gateway.get('app.localhost', path + attack)).status).toBe(status);
});

test('the service is told the same there as elsewhere', async () => {
  const seen = async (path: string) => {
    const headers = { 'x-forwarded-for': '192.0.2.1', 'x-poterne-user': 'root', 'x-real-ip': '192.0.2.1' };
    const { headers: of } = told(await gateway.get('app.localhost', path, { headers }));
    return { ...of, 'x-request-id': '' };
  };
  const elsewhere = await seen('/');
  expect(elsewhere).toMatchObject({ 'x-real-ip': '127.0.0.1', 'x-forwarded-proto': 'https' });
  expect(elsewhere).not.toHaveProperty('x-poterne-user');
  expect(await seen('/static/a.js')).toEqual(elsewhere);
  expect(await seen('/shop/img/a')).toEqual(await seen('/shop/'));
});
