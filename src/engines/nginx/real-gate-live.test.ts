import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import WebSocket from 'ws';
import { as, type Guarded, onOne, page, startGuarded } from './testing-guarded.ts';

let gate: Guarded;

beforeAll(async () => {
  gate = await startGuarded();
});
afterAll(() => gate?.stop());
beforeEach(() => gate.begin());

describe('live connections', () => {
  test('are guarded too', async () => {
    const { httpsPort } = gate.gateway.site.gateway;
    const open = async (headers: Record<string, string>) => {
      const socket = new WebSocket(`wss://127.0.0.1:${httpsPort}/echo`, {
        ...{ ca: gate.authority.pem, servername: 'erp.localhost' },
        headers: { host: `erp.localhost:${httpsPort}`, ...headers },
      });
      const how = await Promise.race([
        once(socket, 'open').then(() => 'open'),
        once(socket, 'unexpected-response').then(([, { statusCode }]) => Number(statusCode)),
      ]);
      if (typeof how === 'number') return how;
      socket.send('hello');
      const [said] = await once(socket, 'message');
      socket.terminate();
      return String(said);
    };
    expect(await open({})).toBe(401);
    expect(await open({ cookie: '__Host-poterne=alice.secret' })).toBe('hello');
    expect((await gate.gateway.get('erp.localhost', '/live')).status).toBe(401);
  });
});

describe('what is cut off', () => {
  const mark = (path: string) => join(gate.gateway.state, 'cut', path);
  const put = async (path: string, text = '') => {
    await mkdir(join(mark(path), '..'), { recursive: true });
    await writeFile(mark(path), text);
  };

  test.each(['publications/open_localhost', 'addresses/127.0.0.1', 'networks/127.0.0'])(
    'answers nothing else, at once and until it is restored: %s',
    async (path) => {
      const agent = onOne();
      const ask = (headers: Record<string, string> = {}) =>
        gate.gateway.get('open.localhost', '/', { headers: { ...page, ...headers }, agent });
      expect((await ask()).status).toBe(200);
      await put(path);
      const [en, fr] = [await ask(), await ask({ 'accept-language': 'fr' })];
      expect([en.status, en.body.includes('<h1>Cut off</h1>')]).toEqual([503, true]);
      expect([fr.status, fr.body.includes('<h1>Coupé</h1>')]).toEqual([503, true]);
      const json = await ask({ accept: 'application/json' });
      expect(JSON.parse(json.body)).toMatchObject({ status: 503 });
      const others = (await gate.gateway.get('erp.localhost', '/', as('alice'))).status;
      expect(others).toBe(path.startsWith('publications') ? 200 : 503);
      await rm(mark(path));
      expect((await ask()).status).toBe(200);
    },
  );

  test('is found by a connection that had many requests, in time', async () => {
    const agent = onOne();
    const ask = async () => (await gate.gateway.get('open.localhost', '/', { agent })).status;
    for (let n = 0; n < 30; n++) expect(await ask()).toBe(200);
    await put('publications/open_localhost');
    const seen = [];
    for (let n = 0; n < 20; n++) seen.push(await ask());
    expect(seen).toContain(503);
    await rm(mark('publications/open_localhost'));
  });

  test('has what those who cut it off say about it', async () => {
    await put('publications/open_localhost');
    const ask = async () => (await gate.gateway.get('open.localhost', '/', { headers: page })).body;
    expect(await ask()).not.toMatch(/an error occurred|directive/);
    await put('said/open_localhost', '<p>Being looked into.</p>');
    expect(await ask()).toContain('<p>Being looked into.</p>');
    await rm(mark('publications/open_localhost'));
    await rm(mark('said/open_localhost'));
  });

  test('takes the portal and guarded publications with it', async () => {
    for (const [id, host] of [
      ['sign_in', 'sign-in.localhost'],
      ['erp_localhost', 'erp.localhost'],
    ] as const) {
      await put(`publications/${id}`);
      const reply = await gate.gateway.get(host, '/', as('alice', page));
      expect([reply.status, reply.body.includes('Cut off')]).toEqual([503, true]);
      await rm(mark(`publications/${id}`));
    }
    expect(gate.daemon.asked).toEqual([]);
  });
});

describe('the portal', () => {
  test('is the daemon’s, which hears who asks', async () => {
    gate.daemon.other = ({ url, method, headers }, outgoing) =>
      void outgoing.writeHead(200, { 'set-cookie': 'a=b' }).end(JSON.stringify({ url, method, headers }));
    const ask = { headers: { cookie: 'a=b', 'X-Poterne-Address': '10.0.0.1', 'x-poterne-publication': 'x' } };
    const reply = await gate.gateway.get('sign-in.localhost', '/sign-in?to=https://x/%26', ask);
    const { url, headers } = JSON.parse(reply.body);
    expect(url).toBe('/sign-in?to=https://x/%26');
    expect(headers).toMatchObject({
      ...{ cookie: 'a=b', 'x-poterne-address': '127.0.0.1' },
      host: `sign-in.localhost:${gate.gateway.site.gateway.httpsPort}`,
    });
    expect(headers['x-poterne-publication']).toBeUndefined();
    expect(reply.headers['set-cookie']).toEqual(['a=b']);
    const plain = await gate.gateway.plain('sign-in.localhost', '/sign-in');
    expect([plain.status, plain.headers.location]).toEqual([
      ...[308, `https://sign-in.localhost:${gate.gateway.site.gateway.httpsPort}/sign-in`],
    ]);
    const enter = await gate.gateway.get('erp.localhost', '/.poterne/enter?code=x', ask);
    expect(JSON.parse(enter.body)).toMatchObject({
      ...{ url: '/.poterne/enter?code=x', headers: { 'x-poterne-publication': 'erp_localhost' } },
    });
    expect((await gate.gateway.get('open.localhost', '/.poterne/enter?code=x')).status).toBe(404);
  });

  test('writes no code that opens something into a log, also where somebody is slowed down', async () => {
    gate.daemon.other = (_, outgoing) => void outgoing.writeHead(200).end();
    const at = 'sign-in.localhost';
    const from = { headers: { referer: `https://${at}/invitation?code=S3CRET-2` } };
    await gate.gateway.get(at, '/sign-in/back/entra?code=S3CRET-3&state=S3CRET-4');
    await gate.gateway.get('erp.localhost', '/.poterne/enter?code=S3CRET-5');
    const many = await Promise.all(
      Array.from({ length: 160 }, () => gate.gateway.get(at, '/invitation?code=S3CRET-1', from)),
    );
    expect(many.map(({ status }) => status)).toContain(429);
    const log = (name: string) => readFile(join(gate.gateway.prefix, 'log', name), 'utf8');
    await vi.waitFor(
      async () => expect(await log('access.log')).toMatch(/"\/invitation\?-".*"status":429/),
      5000,
    );
    expect(await log('access.log')).toContain(`"referrer":"https://${at}/invitation?-"`);
    // While the daemon is away they stay good.
    gate.daemon.other = (_, outgoing) => void outgoing.destroy();
    for (const [name, path] of [
      [at, '/sign-in/back/entra?code=S3CRET-6'],
      [at, '/invitation?code=S3CRET-7'],
      ['erp.localhost', '/.poterne/enter?code=S3CRET-8'],
    ] as const)
      await vi.waitFor(
        async () => expect((await gate.gateway.get(name, path, from)).status).toBe(503),
        20_000,
      );
    for (const name of ['access.log', 'error.log']) expect(await log(name)).not.toContain('S3CRET');
  });
});
