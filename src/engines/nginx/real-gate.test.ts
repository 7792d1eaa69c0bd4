import { readFile } from 'node:fs/promises';
import type http2 from 'node:http2';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { admit, verdict } from './testing-gate.ts';
import { type Ask, told } from './testing-gateway.ts';
import { as, type Guarded, onOne, startGuarded } from './testing-guarded.ts';

let gate: Guarded;

beforeAll(async () => {
  gate = await startGuarded();
});
afterAll(() => gate?.stop());
beforeEach(() => gate.begin());

describe('a verdict', () => {
  test('lets somebody in, tells the service who that is, and is asked for once', async () => {
    const agent = onOne();
    for (let n = 0; n < 5; n++) {
      const seen = told(
        await gate.gateway.get('erp.localhost', `/a${n}`, as('alice', {}, { agent })),
      ).headers;
      expect(seen).toMatchObject({ 'x-poterne-user': 'alice', 'x-poterne-groups': 'staff,admins' });
      expect(seen['x-poterne-jwt']).toBe('jwt-of-alice');
    }
    expect(gate.daemon.asked).toHaveLength(1);
    const unsigned = told(await gate.gateway.get('other.localhost', '/', as('alice', {}, { agent }))).headers;
    expect([unsigned['x-poterne-user'], unsigned['x-poterne-jwt']]).toEqual(['alice', undefined]);
    expect(gate.daemon.asked[0]).toMatchObject({
      ...{ 'x-poterne-publication': 'erp_localhost', 'x-poterne-class': '/', 'x-poterne-uri': '/a0' },
      ...{ 'x-poterne-host': 'erp.localhost', 'x-poterne-method': 'GET', 'x-poterne-certificate': 'NONE' },
      'x-poterne-address': '127.0.0.1',
      'x-poterne-connection': expect.stringMatching(/^\d+$/),
      'x-poterne-seen': expect.stringMatching(/^\d+\.\d{3}-\d+\.\d{3} \d+( 127\.0\.0\.1 \d+){2}$/),
      cookie: '__Host-poterne=alice.secret',
    });
  });

  test('is nobody else’s on the same connection', async () => {
    const agent = onOne();
    const seen: unknown[] = [];
    for (const ask of [as('alice'), as('bob'), {}, as('alice'), as('bob', { accept: 'a/b' }), {}])
      seen.push(await gate.user('erp.localhost', { ...ask, agent }));
    expect(seen).toEqual(['alice', 'bob', 401, 'alice', 'bob', 401]);
    const connections = new Set(gate.daemon.asked.map((asked) => asked['x-poterne-connection']));
    expect([connections.size, gate.daemon.asked.length]).toEqual([1, 3]);
  });

  test('is nobody else’s over HTTP/2, where all ask at once', async () => {
    const names = Array.from({ length: 60 }, (_, n) => ['alice', 'bob', 'carol', ''][n % 4] as string);
    const seen = await gate.together(
      'erp.localhost',
      names.map((name) => (name === '' ? {} : { cookie: `__Host-poterne=${name}.secret` })),
    );
    expect(seen).toEqual(names.map((name) => name || '401'));
  });

  test('is of one connection: another one is asked about anew', async () => {
    for (let n = 0; n < 3; n++) expect(await gate.user('erp.localhost', as('alice'))).toBe('alice');
    expect(gate.daemon.asked).toHaveLength(3);
  });

  test('is of one publication and of one class of its paths', async () => {
    gate.daemon.answer = (asked, outgoing) => {
      if (asked['x-poterne-publication'] === 'paths_localhost' && asked['x-poterne-class'] !== '/rfe/')
        return void outgoing.writeHead(403, { 'x-accel-expires': '3', 'x-poterne-verdict': 'group' }).end();
      admit(asked, outgoing);
    };
    const agent = onOne();
    const seen: unknown[] = [];
    for (const path of ['/rfe/', '/', '/rfe/a', '/admin/', '/rfe/help/', '/rfe/b'])
      seen.push(await gate.user('paths.localhost', as('alice', {}, { agent }), path));
    expect(seen).toEqual(['alice', 403, 'alice', 403, 403, 'alice']);
  });

  test.each([
    ['a=1; __Host-poterne=alice.secret; b=2', 'alice'],
    ['b=2;__Host-poterne=alice.secret', 'alice'],
    ['__Host-poterne=alice.secret; __Host-poterne=bob.secret', 401],
    ['__Host-poterne=bob.secret; a=1;  __Host-poterne=alice.secret', 401],
    ['x__Host-poterne=alice.secret', 401],
    ['a=__Host-poterne=alice.secret', 401],
    ['__Host-poterne-state=alice.secret', 401],
    ['__host-poterne=alice.secret', 401],
    ['__Host-poterne=alice.secret|x', 'alice'],
    ['__Host-poterne=alice.secret x', 401],
    ['__Host-poterne="alice.secret"', 401],
    [`__Host-poterne=alice.${'a'.repeat(300)}`, 401],
  ])('by the cookie %s', async (cookie, expected) => {
    expect(await gate.user('erp.localhost', { headers: { cookie } })).toBe(expected);
    for (const asked of gate.daemon.asked) expect(asked.cookie ?? '').toMatch(/^(?:|__Host-poterne=[\w.]+)$/);
  });

  test('two cookies are none, also in headers of their own', async () => {
    const [one, two] = ['Cookie: __Host-poterne=alice.secret\r\n', 'Cookie: __Host-poterne=bob.secret\r\n'];
    const ask = (cookies: string) =>
      gate.raw(
        'erp.localhost',
        `GET / HTTP/1.1\r\nHost: erp.localhost\r\n${cookies}Connection: close\r\n\r\n`,
      );
    expect(await ask(one)).toMatch(/^HTTP\/1.1 200/);
    expect(await ask(one + two)).toMatch(/^HTTP\/1.1 401/);
    const split = { cookie: ['__Host-poterne=alice.secret', '__Host-poterne=bob.secret'] };
    expect(await gate.together('erp.localhost', [split as unknown as http2.OutgoingHttpHeaders])).toEqual([
      '401',
    ]);
  });

  test.each([
    ['Bearer pot_alice.secret', 'alice'],
    ['bearer  pot_alice.secret ', 'alice'],
    ['Bearer pot_alice.secret|', 401],
    ['Bearer pot_alice.secret, Bearer pot_bob.secret', 401],
    ['Basic pot_alice.secret', 401],
    ['Bearer eyJhbGciOi', 401],
  ])('by the token %s', async (authorization, expected) => {
    expect(await gate.user('erp.localhost', { headers: { authorization } })).toBe(expected);
  });

  test.each([
    ['HEAD', 200],
    ['OPTIONS', 200],
    ['PROPFIND', 200],
    ['DELETE', 200],
    ['M-SEARCH', 200],
  ])('holds for %s, and without one nothing gets through', async (method, expected) => {
    const agent = onOne();
    await gate.gateway.get('erp.localhost', '/', as('alice', {}, { agent }));
    gate.reached = 0;
    const status = async (ask: Ask) =>
      (await gate.gateway.get('erp.localhost', '/', { ...ask, method })).status;
    expect([await status(as('alice', {}, { agent })), gate.reached]).toEqual([expected, 1]);
    expect([await status({}), gate.reached]).toEqual([401, 1]);
  });

  test('holds for parts of a page, which are the service’s and not the verdict’s', async () => {
    const agent = onOne();
    for (let n = 0; n < 2; n++) {
      const reply = await gate.gateway.get(
        'erp.localhost',
        '/',
        as('alice', { range: 'bytes=2-4' }, { agent }),
      );
      expect([reply.status, reply.body]).toEqual([206, 'bytes=2-4']);
    }
  });

  test('is asked for without the body, which gets to the service whole and only with one', async () => {
    const body = Buffer.alloc(300_000, 'x');
    for (const host of ['erp.localhost', 'limited.localhost']) {
      const sent = await gate.gateway.get(host, '/', as('alice', {}, { method: 'POST', body }));
      expect(told(sent).headers['content-length']).toBe('300000');
    }
    gate.reached = 0;
    const refused = await gate.gateway.get('erp.localhost', '/', { method: 'POST', body });
    expect([refused.status, gate.reached]).toEqual([401, 0]);
    // More than the server takes elsewhere: nginx judges sizes again for the question.
    const large = Buffer.alloc(17_000_000);
    const reply = await gate.gateway.get(
      'sizes.localhost',
      '/',
      as('alice', {}, { method: 'PUT', body: large }),
    );
    expect(reply.status).toBe(200);
    const chunked = 'Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n0\r\n\r\n';
    const cookie = 'Cookie: __Host-poterne=alice.secret\r\n';
    const post = (more: string) =>
      gate.raw('erp.localhost', `POST / HTTP/1.1\r\nHost: erp.localhost\r\n${more}${chunked}`);
    expect(await post(cookie)).toMatch(/^HTTP\/1.1 200/);
    expect(await post('')).toMatch(/^HTTP\/1.1 401/);
  });

  test('is forgotten by all connections at once, however often', async () => {
    const agents = Array.from({ length: 5 }, onOne);
    const all = () =>
      Promise.all(agents.map((agent) => gate.user('erp.localhost', as('alice', {}, { agent }))));
    for (let n = 0; n < 5; n++) {
      gate.daemon.answer = admit;
      await gate.forget();
      await gate.settled();
      expect(new Set(await all())).toEqual(new Set(['alice']));
      gate.daemon.answer = (_, outgoing) => void outgoing.writeHead(401, { 'x-accel-expires': '1' }).end();
      expect(new Set(await all())).toEqual(new Set(['alice']));
      await gate.forget();
      expect(new Set(await all())).toEqual(new Set([401]));
    }
    expect(await readFile(join(gate.gateway.prefix, 'log/error.log'), 'utf8')).not.toContain('[crit]');
  });

  test('ends when the daemon said, and at once when its file is gone', async () => {
    const agent = onOne();
    expect(await gate.user('erp.localhost', as('alice', {}, { agent }))).toBe('alice');
    gate.daemon.answer = (_, outgoing) => void outgoing.writeHead(401).end();
    expect(await gate.user('erp.localhost', as('alice', {}, { agent }))).toBe('alice');
    await gate.forget();
    expect(await gate.user('erp.localhost', as('alice', {}, { agent }))).toBe(401);

    gate.daemon.answer = (_, outgoing) =>
      void outgoing.writeHead(200, { 'x-accel-expires': '1', 'x-poterne-verdict': verdict('short') }).end();
    expect(await gate.user('erp.localhost', as('bob', {}, { agent }))).toBe('short');
    gate.daemon.answer = (_, outgoing) => void outgoing.writeHead(401).end();
    await delay(2100);
    expect(await gate.user('erp.localhost', as('bob', {}, { agent }))).toBe(401);
  });

  test.each([
    ['0', 2],
    ['3600', 2],
    ['@4102444800', 2],
    ['', 2],
  ])('is not kept when the daemon says %j', async (expires, times) => {
    gate.daemon.answer = (_, outgoing) =>
      void outgoing
        .writeHead(200, {
          ...(expires ? { 'x-accel-expires': expires } : {}),
          ...{ 'cache-control': 'max-age=3600', expires: 'Thu, 01 Jan 2099 00:00:00 GMT' },
        })
        .end();
    const agent = onOne();
    for (let n = 0; n < 2; n++) await gate.gateway.get('erp.localhost', '/', as('alice', {}, { agent }));
    expect(gate.daemon.asked).toHaveLength(times);
  });
});
