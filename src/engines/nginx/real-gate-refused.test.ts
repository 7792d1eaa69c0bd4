import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { admit, type Judge, judge, verdict } from './testing-gate.ts';
import type { Ask } from './testing-gateway.ts';
import { as, type Guarded, onOne, page, startGuarded } from './testing-guarded.ts';

let gate: Guarded;

beforeAll(async () => {
  gate = await startGuarded();
});
afterAll(() => gate?.stop());
beforeEach(() => gate.begin());

describe('whoever is not let in', () => {
  const post = { method: 'POST', body: 'a=b' };

  test('is led on to sign in when a browser goes to a page, with all that was asked for', async () => {
    const reply = await gate.gateway.get('erp.localhost', '/deep?link=1&x=%26#y', { headers: page });
    const { httpsPort } = gate.gateway.site.gateway;
    const to = `https://erp.localhost:${httpsPort}/.poterne/onward?why=sign-in&to=/deep?link=1&x=%26`;
    expect([reply.status, reply.headers.location]).toEqual([302, expect.stringContaining(to)]);
  });

  test.each<[string, Ask, number, string]>([
    ['a program', {}, 401, 'application/json'],
    ['a program that takes JSON', { headers: { accept: 'application/json' } }, 401, 'application/json'],
    ['a page’s script', { headers: { ...page, 'sec-fetch-mode': 'cors' } }, 401, 'text/html'],
    ['a form', { ...post, headers: page }, 401, 'text/html'],
    ['a browser', { headers: { ...page, 'sec-fetch-mode': 'navigate' } }, 302, 'text/html'],
  ])('%s is told so', async (_, ask, status, type) => {
    const reply = await gate.gateway.get('erp.localhost', '/', ask);
    expect([reply.status, reply.headers['content-type']]).toEqual([status, expect.stringContaining(type)]);
    if (type === 'application/json') {
      expect(reply.headers['www-authenticate']).toBe('Bearer realm="poterne"');
      expect(JSON.parse(reply.body)).toEqual({ status: 401, request: reply.headers['x-request-id'] });
    }
    expect(gate.reached).toBe(0);
  });

  test.each([
    ['group', 'open to others only', 'ouvert qu’à d’autres'],
    ['network', 'certain networks', 'certains réseaux'],
    ['country', 'country where you seem', 'pays où vous semblez'],
    ['hours', 'Closed at the moment', 'Fermé pour le moment'],
    ['second-factor', 'A second factor', 'Un second facteur'],
    ['approval', 'An approval', 'Une approbation'],
    ['denied', 'does not let you in', 'ne vous laisse pas entrer'],
    ['cut', 'Cut off', 'Coupé'],
    ['ended', 'has ended', 'a pris fin'],
    ['../../x', 'Not open from here', 'Pas ouvert d’ici'],
    ['', 'Not open from here', 'Pas ouvert d’ici'],
  ])('is told the reason: %s', async (why, english, french) => {
    gate.daemon.answer = (_, outgoing) =>
      void outgoing.writeHead(403, { 'x-accel-expires': '1', 'x-poterne-verdict': why }).end();
    const ask = (headers: Record<string, string>, method = 'POST') =>
      gate.gateway.get('erp.localhost', '/a?b=c', as('alice', { ...page, ...headers }, { method }));
    const [en, fr] = [await ask({}), await ask({ 'accept-language': 'fr' })];
    expect([en.status, en.body.includes(english)]).toEqual([403, true]);
    expect([fr.status, fr.body.includes(french)]).toEqual([403, true]);
    const json = await ask({ accept: 'application/json' });
    expect(json.status).toBe(403);
    const known = /^[a-z-]+$/.test(why);
    expect(JSON.parse(json.body)).toMatchObject(known ? { status: 403, why } : { status: 403 });
    const went = await ask({}, 'GET');
    const isLed = why === 'second-factor' || why === 'approval';
    expect(went.status).toBe(isLed ? 302 : 403);
    if (isLed)
      expect(went.headers.location).toMatch(new RegExp(`/\\.poterne/onward\\?why=${why}&to=/a\\?b=c$`));
    expect(gate.reached).toBe(0);
  });

  test.each([401, 403, 404, 500, 502])('%i of the service itself is the service’s own', async (status) => {
    const reply = await gate.gateway.get('erp.localhost', `/answer/${status}`, as('alice', page));
    expect([reply.status, reply.body]).toEqual([status, 'own']);
  });
});

describe('what goes wrong with the verdict refuses, and only where people sign in', () => {
  const refused = async () => {
    const begun = performance.now();
    const reply = await gate.gateway.get('erp.localhost', '/', as('alice', page));
    expect(performance.now() - begun).toBeLessThan(5000);
    expect([reply.status, gate.reached]).toEqual([503, 0]);
    expect(reply.body).toContain('Nobody can be let in at the moment');
    expect((await gate.gateway.get('open.localhost', '/', as('alice'))).status).toBe(200);
    gate.reached = 0;
  };

  test.each<[string, Judge['answer']]>([
    ['500', (_, outgoing) => void outgoing.writeHead(500).end()],
    ['503', (_, outgoing) => void outgoing.writeHead(503, { 'x-accel-expires': '3' }).end()],
    ['404', (_, outgoing) => void outgoing.writeHead(404).end()],
    ['302', (_, outgoing) => void outgoing.writeHead(302, { location: '/' }).end()],
    ['100 only', (_, outgoing) => void outgoing.writeContinue()],
    ['nothing', (_, outgoing) => void outgoing.destroy()],
    ['silence', () => undefined],
    ['no HTTP', (_, outgoing) => void outgoing.socket?.end('hello\r\n\r\n')],
    [
      'half a header',
      (_, outgoing) => void outgoing.socket?.end('HTTP/1.1 200 OK\r\nX-Poterne-Verdict: al|'),
    ],
    ['a broken header', (_, outgoing) => void outgoing.socket?.end('HTTP/1.1 200 OK\r\nX-\x00: a\r\n\r\n')],
    [
      'too long',
      (_, outgoing) =>
        void outgoing.writeHead(200, { 'x-poterne-verdict': verdict('a'.repeat(70_000)) }).end(),
    ],
    [
      'a redirect inside',
      (_, outgoing) => void outgoing.writeHead(302, { 'x-accel-redirect': '/open' }).end(),
    ],
  ])('%s', async (_, answer) => {
    gate.daemon.answer = answer;
    await refused();
    gate.daemon.answer = admit;
    expect(await gate.user('erp.localhost', as('alice'))).toBe('alice');
  });

  test('a daemon that is not there, until it is again', async () => {
    const agent = onOne();
    expect(await gate.user('erp.localhost', as('alice', {}, { agent }))).toBe('alice');
    gate.daemon.server.close();
    gate.reached = 0;
    await refused();
    const json = await gate.gateway.get('erp.localhost', '/', as('alice', { accept: 'application/json' }));
    expect([json.status, JSON.parse(json.body).status]).toEqual([503, 503]);
    const french = await gate.gateway.get('sign-in.localhost', '/', { headers: { 'accept-language': 'fr' } });
    expect([french.status, french.body.includes('Personne ne peut entrer')]).toEqual([503, true]);
    // What was told before holds for seconds.
    await delay(4100);
    expect(await gate.user('erp.localhost', as('alice', {}, { agent }))).toBe(503);
    gate.daemon = await judge(join(gate.gateway.state, 'entry/entry.sock'));
    expect(await gate.user('erp.localhost', as('alice', {}, { agent }))).toBe('alice');
  });

  test('whoever makes up cookies keeps nobody else from being heard', async () => {
    const socket = connect(join(gate.gateway.prefix, 'run/verdicts.sock'));
    const ask = 'GET /verdict HTTP/1.1\r\nHost: x\r\nX-Poterne-Address: 192.0.2.9\r\n';
    socket.write(`${ask}\r\n`.repeat(2000));
    socket.write(`${ask}Connection: close\r\n\r\n`);
    let answers = '';
    for await (const chunk of socket) answers += chunk;
    expect(answers.match(/HTTP\/1.1 429/g)?.length).toBeGreaterThan(0);
    expect(await gate.user('erp.localhost', as('alice'))).toBe('alice');
  });
});
