import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { clientAuthority } from './testing-clients.ts';
import { admit } from './testing-gate.ts';
import { told } from './testing-gateway.ts';
import { as, type Guarded, startGuarded } from './testing-guarded.ts';

let gate: Guarded;

beforeAll(async () => {
  gate = await startGuarded();
});
afterAll(() => gate?.stop());
beforeEach(() => gate.begin());

describe('what visitors say of themselves', () => {
  const forged = {
    ...{
      'X-Poterne-User': 'root',
      'X-Poterne-Name': 'Root',
      'X-Poterne-Email': 'root@x',
      'X-Poterne-Jwt': 'x',
    },
    ...{ 'X-Poterne-Groups': 'admins', X_Poterne_User: 'root', 'x-poterne_user': 'root' },
    ...{
      'X-Poterne-Publication': 'open_localhost',
      'X-Poterne-Class': '/rfe/',
      'X-Poterne-Address': '10.0.0.1',
    },
    ...{
      'X-Poterne-Certificate': 'SUCCESS',
      'X-Poterne-Certificate-Identity': 'root',
      'X-Poterne-Verdict': 'x',
    },
    ...{
      'X-Poterne-Connection': '1',
      'X-Poterne-Seen': '1-0 1 10.0.0.1 1',
      'X-Poterne-Host': 'open.localhost',
    },
    ...{ 'X-Forwarded-For': '10.0.0.1', 'X-Real-IP': '10.0.0.1', 'X-Accel-Expires': '3600' },
  };

  test('gets neither to the daemon nor to services', async () => {
    const mine = told(await gate.gateway.get('erp.localhost', '/', as('alice', forged))).headers;
    expect([mine['x-poterne-user'], mine['x-poterne-groups'], mine['x-poterne-jwt']]).toEqual([
      ...['alice', 'staff,admins', 'jwt-of-alice'],
    ]);
    for (const name of ['x-poterne-name', 'x-poterne-email', 'x_poterne_user'])
      expect(mine[name]).toBeUndefined();
    expect(gate.daemon.asked[0]).toMatchObject({
      ...{
        'x-poterne-publication': 'erp_localhost',
        'x-poterne-class': '/',
        'x-poterne-certificate': 'NONE',
      },
      ...{
        'x-poterne-address': '127.0.0.1',
        'x-poterne-seen': expect.stringContaining(' 127.0.0.1 '),
        'x-poterne-host': 'erp.localhost',
      },
    });
    expect(gate.daemon.asked[0]?.['x-poterne-connection']).not.toBe('1');
    for (const name of [
      'x-poterne-certificate-identity',
      'x-poterne-user',
      'x-poterne-verdict',
      'x-accel-expires',
    ])
      expect(gate.daemon.asked[0]?.[name]).toBeUndefined();
  });

  test('is nothing where nobody signs in', async () => {
    const { headers } = told(await gate.gateway.get('open.localhost', '/', { headers: forged }));
    for (const name of ['user', 'name', 'email', 'groups', 'jwt'])
      expect(headers[`x-poterne-${name}`]).toBeUndefined();
    expect(Object.keys(headers).filter((name) => name.includes('_'))).toEqual([]);
  });

  test.each([
    ['__Host-poterne=a.b', undefined],
    ['__Host-poterne=a.b; x=1', 'x=1'],
    ['x=1; __Host-poterne=a.b', 'x=1'],
    ['x=1; __Host-poterne=a.b; y=2', 'x=1; y=2'],
    ['__Host-poterne=a.b; x=1; __Host-poterne-state=c; y=2; __Host-poterne-language=fr', 'x=1; y=2'],
    ['__Host-poterne=a.b; __Host-poterne-1=c; __Host-poterne-2=c; __Host-poterne-3=c; z=3', 'z=3'],
    [`z=3; ${'__Host-poterne-x=c; '.repeat(6)}y=2`, undefined],
    ['x=__Host-poterne=1; y=2', 'x=__Host-poterne=1; y=2'],
    ['__Host-poterne; x=1', 'x=1'],
    ['x=1', 'x=1'],
  ])('services see of the cookies %s only their own', async (cookie, expected) => {
    gate.daemon.answer = (_, outgoing) => void outgoing.writeHead(200, { 'x-accel-expires': '0' }).end();
    for (const host of ['erp.localhost', 'open.localhost'])
      expect(told(await gate.gateway.get(host, '/', { headers: { cookie } })).headers.cookie).toBe(expected);
  });

  test.each([
    ['Bearer pot_alice.secret', undefined],
    ['bearer   pot_x', undefined],
    ['Bearer eyJ.pot_.x', 'Bearer eyJ.pot_.x'],
    ['Basic YTpi', 'Basic YTpi'],
  ])('services see of %s only what is theirs', async (authorization, expected) => {
    gate.daemon.answer = (_, outgoing) => void outgoing.writeHead(200, { 'x-accel-expires': '0' }).end();
    for (const host of ['erp.localhost', 'open.localhost'])
      expect(
        told(await gate.gateway.get(host, '/', { headers: { authorization } })).headers.authorization,
      ).toBe(expected);
  });
});

describe('ways around', () => {
  test.each([
    ['/rfe/', '/rfe/'],
    ['/rfe/x?y=//&z=..;', '/rfe/'],
    ['/%72fe/', '/rfe/'],
    ['/caf%C3%A9/', '/caf%C3%A9/'],
    ['/rfe/help/', '/rfe/help/'],
    ['/', '/'],
    ['/other', '/'],
    ['/rfe', 'unclear'],
    ['/RFE/', 'unclear'],
    ['/rfe/HELP/', 'unclear'],
    ['/Admin', 'unclear'],
    ['//rfe/', 'unclear'],
    ['/rfe/../admin/', 'unclear'],
    ['/rfe/..;/admin/', 'unclear'],
    ['/rfe/;x/../admin/', 'unclear'],
    ['/rfe/x;y', 'unclear'],
    ['/rfe/%2e%2e/admin/', 'unclear'],
    ['/rfe/.%2E/admin/', 'unclear'],
    ['/rfe/..%2fadmin/', 'unclear'],
    ['/rfe%2f', 'unclear'],
    ['/rfe/%252e%252e/admin/', 'unclear'],
    ['/rfe/%5c..%5cadmin/', 'unclear'],
    ['/rfe\\admin/', 'unclear'],
    ['/rfe/%00', 400],
    ['/rfe/%0aadmin/', 'unclear'],
  ])('%s is of the class %s', async (path, expected) => {
    const cookie = 'Cookie: __Host-poterne=alice.secret\r\nConnection: close\r\n\r\n';
    const answer = await gate.raw(
      'paths.localhost',
      `GET ${path} HTTP/1.1\r\nHost: paths.localhost\r\n${cookie}`,
    );
    if (typeof expected === 'number') return expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${expected}`));
    expect(gate.daemon.asked.map((asked) => asked['x-poterne-class'])).toEqual([expected]);
  });

  test.each([
    ...['/.poterne/verdict', '/.poterne/seen', '/.poterne/said', '/.poterne/json/401.html', '/.poterne/'],
    ...['/.poterne/en/403.html', '/.poterne/verdict/', '/x/../.poterne/verdict', '/%2epoterne/verdict'],
    ...['//.poterne/verdict', '/.poterne//verdict', '/.poterne/verdict?x'],
  ])('%s is nobody’s to ask for', async (path) => {
    for (const host of ['erp.localhost', 'open.localhost', 'sign-in.localhost']) {
      const text = `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
      expect(await gate.raw(host, text)).toMatch(/^HTTP\/1.1 40[14]/);
    }
    expect(gate.reached).toBe(0);
  });

  test.each(['/verdict', '/VERDICT', '//verdict', '/%76erdict', '/x/../verdict', '/verdict/', '/\\verdict'])(
    'the portal has no %s',
    async (path) => {
      let asked: string | undefined;
      gate.daemon.other = ({ url }, outgoing) => {
        asked = url;
        outgoing.writeHead(404).end();
      };
      const text = `GET ${path} HTTP/1.1\r\nHost: sign-in.localhost\r\nConnection: close\r\n\r\n`;
      expect(await gate.raw('sign-in.localhost', text)).toMatch(/^HTTP\/1.1 404/);
      expect([gate.daemon.asked, asked?.toLowerCase().replace(/%5c/, '\\') ?? '/\\verdict']).toEqual([
        ...[[], '/\\verdict'],
      ]);
    },
  );

  test('a name asked for under another one is misdirected, and asks nobody', async () => {
    const reply = await gate.gateway.get('erp.localhost', '/', as('alice', {}, { sni: 'open.localhost' }));
    expect([reply.status, gate.daemon.asked, gate.reached]).toEqual([421, [], 0]);
    const seen = await gate.together('open.localhost', [{ ':authority': 'erp.localhost' }, {}]);
    expect(seen).toEqual(['421', 'nobody']);
  });

  test('a second Host header, and a target with a name of its own', async () => {
    const end = 'Connection: close\r\n\r\n';
    const two = `GET / HTTP/1.1\r\nHost: open.localhost\r\nHost: erp.localhost\r\n${end}`;
    expect(await gate.raw('open.localhost', two)).toMatch(/^HTTP\/1.1 400/);
    const whole = `GET https://erp.localhost/ HTTP/1.1\r\nHost: open.localhost\r\n${end}`;
    expect(await gate.raw('open.localhost', whole)).toMatch(/^HTTP\/1.1 421/);
    expect(gate.reached).toBe(0);
  });

  test('from outside of its networks, nobody is let in', async () => {
    expect((await gate.gateway.get('near.localhost', '/', as('alice'))).status).toBe(403);
  });
});

describe('client certificates beside signing in', () => {
  test('are asked for, and the daemon hears of them', async () => {
    gate.daemon.answer = (asked, outgoing) => {
      if (asked['x-poterne-certificate'] !== 'SUCCESS') return admit(asked, outgoing);
      outgoing.writeHead(200, { 'x-accel-expires': '3' }).end();
    };
    const client = await gate.partners.client({ subject: 'CN=partner|x' });
    const shown = await gate.gateway.get('certified.localhost', '/', { client });
    expect([shown.status, told(shown).headers['x-client-identity']]).toEqual([200, 'CN=partner|x']);
    expect(gate.daemon.asked[0]).toMatchObject({
      ...{ 'x-poterne-certificate': 'SUCCESS', 'x-poterne-certificate-identity': 'CN=partner|x' },
    });
    expect((await gate.gateway.get('certified.localhost')).status).toBe(401);
    expect(await gate.user('certified.localhost', as('alice'))).toBe('alice');
    const other = await (await clientAuthority('CN=Partners')).client();
    const bad = await gate.gateway.get('certified.localhost', '/', as('alice', {}, { client: other }));
    expect([bad.status, bad.body.includes('Certificate refused')]).toEqual([403, true]);
  });
});
