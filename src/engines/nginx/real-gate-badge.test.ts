import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import https from 'node:https';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import WebSocket from 'ws';
import {
  anew,
  badges,
  begin,
  by,
  came,
  cookieOf,
  end,
  forget,
  gate,
  giving,
  having,
} from './testing-badges.ts';
import type { Ask } from './testing-gateway.ts';
import { onOne, page } from './testing-guarded.ts';

// Who comes in by a badge, as what, and until when.

beforeAll(begin);
afterAll(end);
beforeEach(anew);

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
      void forget().then(() => giving(3, () => given)(asked, outgoing));
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
