import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import https from 'node:https';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import WebSocket from 'ws';
import { type Badges, forgetBadges, openBadges } from '../../daemon/entry/badges.ts';
import { badgeHost } from '../../lib/badge.ts';
import { type Asked, admit } from './testing-gate.ts';
import { type Ask, told } from './testing-gateway.ts';
import { type Guarded, onOne, page, startGuarded } from './testing-guarded.ts';

// A real nginx, on a machine that may have much else to do. Nothing is kept here but badges: who is not let in by one is asked about.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let gate: Guarded;
let badges: Badges;

beforeAll(async () => {
  gate = await startGuarded();
  badges = openBadges(gate.gateway.state);
});
afterAll(async () => {
  badges?.close();
  await gate?.stop();
});

/** Lets in whoever shows a pass, and gives a badge to who says rightly who they are; `more` may hold back the answer. */
const giving =
  (seconds = 3) =>
  (asked: Asked, outgoing: Parameters<Guarded['daemon']['answer']>[1]) => {
    const given = badges.begin();
    const [, pass = '', name = ''] = /^__Host-poterne=((\w+)\..*)$/.exec(asked.cookie ?? '') ?? [];
    const set = outgoing.setHeader.bind(outgoing);
    outgoing.setHeader = (key, value) => set(key, key === 'x-accel-expires' ? '0' : value);
    const of = (key: string) => asked[`x-poterne-${key}`] ?? '';
    if (asked.authorization !== undefined || of('who') !== whoIs(name)) return admit(asked, outgoing);
    const badge = { pass, worker: of('worker'), connection: of('connection'), address: of('address') };
    const host = of('host');
    const place = {
      publication: of('publication'),
      host: badgeHost({ match: host.includes('.wild.') ? 'wildcard' : 'exact' }, host),
    };
    // It is there before nginx goes on: what is asked next comes in by it.
    void given?.give(of('who'), { ...badge, ...place }, seconds).then(() => admit(asked, outgoing));
  };

const forget = () => forgetBadges(gate.gateway.state);

beforeEach(async () => {
  await gate.begin();
  await forget();
  gate.daemon.answer = giving();
});

/** Who they are, as `whoText` has it. */
const whoIs = (name: string) => `${name}|||staff,admins`;
const cookieOf = (name: string, who = whoIs(name)) => `__Host-poterne=${name}.secret|${who}`;
const by = (cookie: string, agent?: https.Agent, more: Ask = {}): Ask => ({
  ...more,
  headers: { cookie, ...more.headers },
  ...(agent ? { agent } : {}),
});
/** Who the service took them for, and whether anybody was asked. */
async function came(host: string, ask: Ask, path = '/'): Promise<[unknown, 'asked' | 'badge']> {
  const before = gate.daemon.asked.length;
  const user = await gate.user(host, ask, path);
  return [user, gate.daemon.asked.length > before ? 'asked' : 'badge'];
}
/** A connection on which somebody has a badge. */
async function having(name: string, host = 'other.localhost'): Promise<https.Agent> {
  const agent = onOne();
  expect(await came(host, by(cookieOf(name), agent))).toEqual([name, 'asked']);
  expect(await came(host, by(cookieOf(name), agent))).toEqual([name, 'badge']);
  return agent;
}

describe('who has a badge', () => {
  test('is let in without a question, for as long as was said, and is who the daemon said', async () => {
    const agent = onOne();
    gate.daemon.answer = giving(1);
    expect(await came('other.localhost', by(cookieOf('alice'), agent))).toEqual(['alice', 'asked']);
    const begun = Date.now();
    let by_badge = 0;
    while ((await came('other.localhost', by(cookieOf('alice'), agent)))[1] === 'badge') by_badge++;
    expect(by_badge).toBeGreaterThan(3);
    expect(Date.now() - begun).toBeLessThan(5000);
    expect(await came('other.localhost', by(cookieOf('alice'), agent))).toEqual(['alice', 'badge']);
  });

  test.each([
    ['GET', '/', {}],
    ['GET', '/a%2Fb//c/..;/%C3%A9?x=%20&y=//', {}],
    ['GET', '/live', { accept: 'text/event-stream' }],
    ['GET', '/answer/404', page],
    ['GET', '/answer/481', page],
    ['GET', '/answer/480', {}],
    ['HEAD', '/', {}],
    ['PROPFIND', '/', {}],
    ['GET', '/', { range: 'bytes=2-4' }],
    [
      'GET',
      '/',
      {
        'X-Poterne-User': 'root',
        'X-Poterne-Groups': 'admins',
        X_Poterne_User: 'root',
        'X-Real-IP': '10.0.0.1',
      },
    ],
    ['GET', '/', { referer: 'https://elsewhere.example/', 'accept-encoding': 'gzip' }],
    ['POST', '/', { expect: '100-continue' }],
    ['POST', '/', {}],
    ['PUT', '/r1/x', {}],
    ['GET', '/old/x', {}],
    ['POST', '/up/', {}],
  ])('is served the same: %s %s %j', async (method, path, headers) => {
    const agent = await having('alice', 'parts.localhost');
    const ask = async (connection: https.Agent) => {
      const body = /^P(OST|UT)/.test(method) ? Buffer.alloc(300_000, 'x') : undefined;
      const sent = {
        method,
        headers: { cookie: `a=1; ${cookieOf('alice')}; b=2`, ...headers },
        agent: connection,
      };
      const asked = https.request({
        ...{
          host: '127.0.0.1',
          port: gate.gateway.site.gateway.httpsPort,
          servername: 'parts.localhost',
          path,
        },
        ...{ ...sent, headers: { host: 'parts.localhost', ...sent.headers }, ca: gate.authority.pem },
      });
      asked.on('error', () => undefined);
      if (headers && 'expect' in headers) asked.once('continue', () => asked.end(body));
      else asked.end(body);
      const [answer] = await once(asked, 'response');
      if (path === '/live') {
        const [first] = await once(answer, 'data');
        asked.destroy();
        return [answer.statusCode, String(first)];
      }
      let text = '';
      for await (const chunk of answer) text += chunk;
      const { date, 'x-request-id': _, ...rest } = answer.headers;
      return [
        answer.statusCode,
        rest,
        text.replace(/"(?:x-request-id|port)":("[^"]*"|\d+)/g, '').replace(/[0-9a-f]{32}/g, ''),
      ];
    };
    const asked = gate.daemon.asked.length;
    const fast = await ask(agent);
    const isStripped = path.startsWith('/old/');
    expect(gate.daemon.asked.length - asked).toBe(isStripped ? 1 : 0);
    await forget();
    const slow = await ask(onOne());
    // What is too large is refused before anything is asked.
    expect(gate.daemon.asked.length - asked).toBe(isStripped ? 2 : slow[0] === 413 ? 0 : 1);
    expect(fast).toEqual(slow);
    if (path === '/answer/481') expect(fast).toEqual([481, expect.anything(), 'own']);
  });

  test('gets the pages of what goes wrong', async () => {
    const asked = () => gate.daemon.asked.length;
    const get = (host: string, agent: https.Agent, more: Ask = {}) =>
      gate.gateway.get(host, '/up/', by(cookieOf('alice'), agent, { ...more, headers: page }));
    const gone = onOne();
    expect((await get('gone.localhost', gone)).status).toBe(502);
    const before = asked();
    const reply = await get('gone.localhost', gone);
    expect([reply.status, asked()]).toEqual([502, before]);
    expect(reply.body).toMatch(/<title>/);
    expect(reply.body).not.toContain('<center>nginx');
    const large = await get('parts.localhost', onOne(), { method: 'POST', body: 'x'.repeat(11) });
    expect([large.status, large.body.includes('<title>')]).toEqual([413, true]);
  });

  test('is counted as others are', async () => {
    const agent = onOne();
    const statuses: unknown[] = [];
    for (let n = 0; n < 4; n++) statuses.push(await came('few.localhost', by(cookieOf('alice'), agent)));
    expect(statuses).toEqual([
      ['alice', 'asked'],
      ['alice', 'badge'],
      ['alice', 'badge'],
      [429, 'badge'],
    ]);
    const told = await gate.gateway.get(
      'few.localhost',
      '/',
      by(cookieOf('alice'), agent, { headers: page }),
    );
    expect([told.status, told.headers['retry-after'], told.body.includes('<title>')]).toEqual([
      429,
      '20',
      true,
    ]);
  });

  test('has WebSockets, and what is cut off is cut off', async () => {
    const { httpsPort } = gate.gateway.site.gateway;
    const socket = new WebSocket(`wss://127.0.0.1:${httpsPort}/echo`, {
      ...{ ca: gate.authority.pem, servername: 'other.localhost', agent: await having('alice') },
      headers: { host: `other.localhost:${httpsPort}`, cookie: cookieOf('alice') },
    });
    const asked = gate.daemon.asked.length;
    await once(socket, 'open');
    socket.send('hello');
    expect(String((await once(socket, 'message'))[0])).toBe('hello');
    socket.terminate();
    expect(gate.daemon.asked.length).toBe(asked);
  });

  test('has it over HTTP/2 too, where others ask at the same time', async () => {
    const names = Array.from({ length: 60 }, (_, n) => ['alice', 'bob', '', 'carol'][n % 4] as string);
    const headers = names.map((name) =>
      name === '' ? {} : { cookie: ['x=1', cookieOf(name), 'y=2'] as never },
    );
    for (let n = 0; n < 3; n++)
      expect(await gate.together('other.localhost', headers)).toEqual(names.map((name) => name || '401'));
  });
});

describe('a badge is nobody else’s', () => {
  const alice = whoIs('alice');
  test.each([
    ['nothing else', cookieOf('alice'), 'alice', 'badge', undefined],
    ['cookies around it', `a=1; b=2; ${cookieOf('alice')}; c=3; d=4`, 'alice', 'badge', 'a=1; b=2; c=3; d=4'],
    ['a cookie before', `a=1; ${cookieOf('alice')}`, 'alice', 'badge', 'a=1'],
    ['a cookie behind', `${cookieOf('alice')}; a=1`, 'alice', 'badge', 'a=1'],
    [
      'the state of signing in',
      `a=1; __Host-poterne-state=x; ${cookieOf('alice')}; b=2`,
      'alice',
      'badge',
      'a=1; b=2',
    ],
    ['another of ours behind', `${cookieOf('alice')}; __Host-poterne-x=1`, 'alice', 'asked', undefined],
    ['no space between', `a=1;${cookieOf('alice')}`, 'alice', 'asked', 'a=1'],
    ['quotes', `__Host-poterne="alice.secret|${alice}"`, 401, 'asked', undefined],
    ['no identity', '__Host-poterne=alice.secret', 'alice', 'asked', undefined],
    ['two, hers first', `${cookieOf('alice')}; ${cookieOf('bob')}`, 401, 'asked', undefined],
    ['two, hers last', `__Host-poterne=x; ${cookieOf('alice')}`, 401, 'asked', undefined],
    ['two in one', `__Host-poterne=x;${cookieOf('alice')}`, 401, 'asked', undefined],
    ['the same twice', `${cookieOf('alice')}; ${cookieOf('alice')}`, 401, 'asked', undefined],
    ['another’s identity', cookieOf('alice', whoIs('bob')), 'alice', 'asked', undefined],
    ['another’s pass', cookieOf('bob', alice), 'bob', 'asked', undefined],
    ['a group more', cookieOf('alice', `${alice},root`), 'alice', 'asked', undefined],
    ['a name', cookieOf('alice', 'alice|Root||staff,admins'), 'alice', 'asked', undefined],
    [
      'an identity of before',
      cookieOf('alice', 'alice|of-alice|||staff,admins'),
      'alice',
      'asked',
      undefined,
    ],
    ['a part more', cookieOf('alice', `${alice}|x`), 'alice', 'asked', undefined],
    ['a part less', cookieOf('alice', 'alice||staff,admins'), 'alice', 'asked', undefined],
    ['another case', cookieOf('alice', alice.toUpperCase()), 'alice', 'asked', undefined],
    ['a folder above', cookieOf('alice', `x/../${alice}`), 'alice', 'asked', undefined],
    ['her folder from another', cookieOf('alice', `bob|||root/../${alice}`), 'alice', 'asked', undefined],
    ['the same folder', cookieOf('alice', `./${alice}`), 'alice', 'asked', undefined],
    ['a slash more', cookieOf('alice', `${alice}/`), 'alice', 'asked', undefined],
    ['dots', cookieOf('alice', '..|..|..|..'), 'alice', 'asked', undefined],
    ['encoded', cookieOf('alice', alice.replace('alice', '%61lice')), 'alice', 'asked', undefined],
    ['a pass with a path', `__Host-poterne=x/../alice.secret|${alice}`, 401, 'asked', undefined],
    ['a pass with more', `__Host-poterne=alice.secret; x=|${alice}`, 'alice', 'asked', `x=|${alice}`],
    ['a long pass', `__Host-poterne=alice.${'a'.repeat(5000)}|${alice}`, 401, 'asked', undefined],
    ['a long identity', cookieOf('alice', `${alice}${',x'.repeat(2000)}`), 'alice', 'asked', undefined],
    ['a name alike', `__Host-Poterne=alice.secret|${alice}`, 401, 'asked', undefined],
    ['a name around', `x__Host-poterne=alice.secret|${alice}`, 401, 'asked', undefined],
    ['a tab', `a=1;\t${cookieOf('alice')}`, 'alice', 'asked', 'a=1'],
    ['another behind a tab', `${cookieOf('alice')}; \t__Host-poterne=alice.secret`, 401, 'asked', undefined],
    [
      'another before, behind a tab',
      `a=1; \t__Host-poterne=x; ${cookieOf('alice')}`,
      401,
      'asked',
      undefined,
    ],
    [
      'another of ours behind a tab',
      `${cookieOf('alice')}; \t__Host-poterne-x=1`,
      'alice',
      'asked',
      undefined,
    ],
  ])('shown with %s', async (_, cookie, user, how, seen) => {
    const agent = await having('alice');
    await having('bob');
    const before = gate.daemon.asked.length;
    const reply = await gate.gateway.get('other.localhost', '/', by(cookie, agent));
    expect(gate.daemon.asked.length > before ? 'asked' : 'badge').toBe(how);
    if (reply.status !== 200) return expect(reply.status).toBe(user);
    const { headers } = told(reply);
    expect(headers).toMatchObject({ 'x-poterne-user': user, 'x-poterne-groups': 'staff,admins' });
    for (const name of ['name', 'email', 'jwt']) expect(headers[`x-poterne-${name}`]).toBeUndefined();
    expect((headers.cookie ?? '').trimEnd() || undefined).toBe(seen?.trimEnd());
    // Nobody else got one by that.
    expect(await came('other.localhost', by(cookieOf('alice'), agent))).toEqual(['alice', 'badge']);
  });

  test('on another connection, at another publication or name, from another address', async () => {
    const agent = await having('alice');
    expect(await came('other.localhost', by(cookieOf('alice')))).toEqual(['alice', 'asked']);
    const ask = by(cookieOf('alice'), agent);
    expect(await came('other.localhost', { ...ask, from: '127.0.0.9', agent: onOne() })).toEqual([
      'alice',
      'asked',
    ]);
    const wild = await having('alice', 'a.wild.localhost');
    const raw = async (text: string, host: string) => {
      const before = gate.daemon.asked.length;
      const answer = await gate.raw(host, text);
      return [answer.match(/(?<=HTTP\/1.1 )\d+/g), gate.daemon.asked.length - before];
    };
    wild.destroy();
    const get = (host: string, more = '') =>
      `GET / HTTP/1.1\r\nHost: ${host}\r\nCookie: ${cookieOf('alice')}\r\n${more}\r\n`;
    // One connection, one after the other without waiting: the name asked for is another one of the same publication.
    const name = 'a.wild.localhost';
    expect(await raw(get(name) + get(name) + get(name, 'Connection: close\r\n'), name)).toEqual([
      ['200', '200', '200'],
      1,
    ]);
    const misled = get(name) + get('b.wild.localhost') + get('other.localhost', 'Connection: close\r\n');
    expect((await raw(misled, name))[0]).toEqual(['200', '421', '421']);
  });

  test('beside a token or what an application is shown, the way is the one of before', async () => {
    const agent = await having('alice');
    const shown = async (authorization: string) => {
      const before = gate.daemon.asked.length;
      const reply = await gate.gateway.get(
        'other.localhost',
        '/',
        by(cookieOf('alice'), agent, { headers: { authorization } }),
      );
      const seen =
        reply.status === 200
          ? [told(reply).headers['x-poterne-user'], told(reply).headers.authorization]
          : reply.status;
      return [seen, gate.daemon.asked.length - before];
    };
    expect(await shown('Bearer pot_bob.secret')).toEqual([['alice', undefined], 1]);
    // Whose the token is comes first to the daemon, which hears of it.
    expect(gate.daemon.asked.at(-1)?.authorization).toBe('Bearer pot_bob.secret');
    expect(await shown('bearer pot_.x')).toEqual([['alice', undefined], 1]);
    expect(await shown('Basic YTpi')).toEqual([['alice', 'Basic YTpi'], 1]);
    expect(await shown('0')).toEqual([['alice', '0'], 1]);
    expect(await shown('/')).toEqual([['alice', '/'], 1]);
    expect(await shown('/..')).toEqual([['alice', '/..'], 1]);
  });

  test('nobody gets to where it leads but by it', async () => {
    const end = `Cookie: ${cookieOf('alice')}\r\nConnection: close\r\n\r\n`;
    for (const target of ['@asking_1_1', '/@asking_1_1', '/%40asking_1_1', '@asking_1_2', '//@asking_1_1'])
      expect(
        await gate.raw(
          'other.localhost',
          `GET ${target} HTTP/1.1\r\nHost: other.localhost\r\n\r\n`.replace(
            /\r\n$/,
            'Connection: close\r\n\r\n',
          ),
        ),
      ).toMatch(/^HTTP\/1.1 40[01]/);
    expect(gate.reached).toBe(0);
    expect(await gate.raw('other.localhost', `GET / HTTP/1.0\r\nHost: other.localhost\r\n${end}`)).toMatch(
      /^HTTP\/1.1 200/,
    );
    for (const host of ['erp.localhost', 'paths.localhost', 'certified.localhost']) {
      const agent = onOne();
      for (let n = 0; n < 2; n++)
        expect((await came(host, by(cookieOf('alice'), agent), '/rfe/'))[1]).toBe('asked');
    }
    expect((await came('near.localhost', by(cookieOf('alice'))))[0]).toBe(403);
  });
});

describe('a badge ends', () => {
  test('when it is forgotten, by two at a time too: by then nobody comes in by it, however much they ask', async () => {
    const agents = await Promise.all(Array.from({ length: 4 }, () => having('alice')));
    const took: number[] = [];
    for (const times of [1, 1, 1, 1, 1, 2, 2, 2, 2, 2]) {
      gate.daemon.answer = giving();
      // nginx ends a connection now and then: the next one is asked about first.
      for (const agent of agents)
        await vi.waitFor(async () =>
          expect(await came('other.localhost', by(cookieOf('alice'), agent))).toEqual(['alice', 'badge']),
        );
      let [on, told, late, last] = [true, Number.POSITIVE_INFINITY, 0, 0];
      const asking = agents.map(async (agent) => {
        while (on) {
          const sent = performance.now();
          const { status } = await gate.gateway.get('other.localhost', '/', by(cookieOf('alice'), agent));
          if (status === 200 && sent > told) late++;
          if (status === 200) last = Math.max(last, sent);
        }
      });
      await delay(300);
      gate.daemon.answer = (_, outgoing) => void outgoing.writeHead(401).end();
      const begun = performance.now();
      // Whoever is second finds no badge there, and nginx remembers those of the first.
      const first = times > 1 ? forget() : undefined;
      if (first) await delay(2);
      await forget();
      told = performance.now();
      await delay(150);
      on = false;
      await Promise.all([first, ...asking]);
      expect(late).toBe(0);
      took.push(Math.round(last - begun));
    }
    console.log(`let in for ${took.join(', ')} ms after it was asked to forget`);
  });

  test('by itself when the daemon is dead', async () => {
    const agent = await having('alice');
    gate.daemon.server.server.closeAllConnections();
    const { answer } = gate.daemon;
    gate.daemon.answer = (_, outgoing) => void outgoing.destroy();
    const begun = performance.now();
    let status = 200;
    while (status === 200 && performance.now() - begun < 10_000)
      ({ status } = await gate.gateway.get('other.localhost', '/', by(cookieOf('alice'), agent)));
    gate.daemon.answer = answer;
    expect(status).toBe(503);
    expect(performance.now() - begun).toBeLessThan(5000);
  });

  test('and one that is given meanwhile is none', async () => {
    const agent = onOne();
    gate.daemon.answer = (asked, outgoing) => {
      const given = badges.begin();
      const late = { begin: () => given, close: () => undefined };
      void forget().then(() => {
        const [before] = [badges];
        badges = late;
        giving()(asked, outgoing);
        badges = before;
      });
    };
    for (let n = 0; n < 3; n++)
      expect(await came('other.localhost', by(cookieOf('alice'), agent))).toEqual(['alice', 'asked']);
  });

  test('over seconds of asking, nothing is refused and nothing is left', async () => {
    const agents = ['alice', 'bob', 'alice', 'carol'].map((name) => [name, onOne()] as const);
    const until = performance.now() + 6000;
    let times = 0;
    await Promise.all(
      agents.map(async ([name, agent]) => {
        while (performance.now() < until) {
          expect(await gate.user('other.localhost', by(cookieOf(name), agent))).toBe(name);
          times++;
        }
      }),
    );
    expect(gate.daemon.asked.length).toBeLessThan(times / 10);
    const base = join(gate.gateway.prefix, 'run/badges');
    const left = async () => (await readdir(join(base, 'now'), { recursive: true })).length;
    await vi.waitFor(async () => expect(await left()).toBe(0), 15_000);
    expect(await readFile(join(gate.gateway.prefix, 'log/error.log'), 'utf8')).not.toMatch(/badges/);
  });
});
