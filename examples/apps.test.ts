import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type RunningApps, startApps } from './apps.ts';
import { html } from './web.ts';

/** Any free port for each server. */
const free = { CONSTELLATION_PORT: '0', ZONEMINDER_PORT: '0', JEEDOM_PORT: '0', OPEN_PROD_PORT: '0' };

function at(apps: RunningApps, name: string, path: string): string {
  return new URL(path, apps.urls[name]).href;
}

describe('constellation', () => {
  let apps: RunningApps;
  const lines: string[] = [];
  beforeAll(async () => {
    apps = await startApps(['constellation'], { environment: free, log: (line) => lines.push(line) });
  });
  afterAll(() => apps.stop());

  async function open(headers = {}): Promise<WebSocket> {
    const socket = new WebSocket(at(apps, 'constellation', 'socket').replace('http', 'ws'), { headers });
    await once(socket, 'open');
    return socket;
  }

  async function ask(socket: WebSocket, text: string): Promise<string> {
    const answer = once(socket, 'message');
    socket.send(text);
    return String((await answer)[0]);
  }

  test('says in one line where it listens', () => {
    expect(lines).toHaveLength(1);
    for (const url of Object.values(apps.urls)) expect(lines[0]).toContain(url);
  });

  test.each([
    ['constellation', '/constellation/', 'en', 'Living room'],
    ['constellation', '/constellation/', 'fr-FR,fr;q=0.9,en;q=0.8', 'Salon'],
    ['constellation', '/constellation', 'en', 'Living room'],
    ['constellation', '/constellation/health', 'en', 'every star is in its place'],
    ['constellation', '/constellation/app.js', 'en', 'EventSource'],
    ['zoneminder', '/zm/', 'fr', 'caméra du jardin'],
    ['zoneminder', '/', 'en', 'camera of the garden'],
    ['zoneminder', '/zm/picture.svg', 'en', '<svg'],
    ['jeedom', '/', 'en', 'Scenarios'],
    ['jeedom', '/history', 'fr', 'volets fermés'],
    ['jeedom', '/style.css', 'en', '--accent'],
  ])('%s answers at %s in %s', async (name, path, language, text) => {
    const response = await fetch(at(apps, name, path), { headers: { 'accept-language': language } });
    expect(response.status).toBe(200);
    expect(await response.text()).toContain(text);
  });

  test('measures this machine', async () => {
    const response = await fetch(at(apps, 'constellation', 'rest/sensors'));
    const { sensors } = (await response.json()) as { sensors: { id: string; value: number }[] };
    expect(sensors.map(({ id }) => id)).toEqual(expect.arrayContaining(['load', 'memory', 'uptime']));
    for (const { value } of sensors) expect(value).toBeTypeOf('number');
  });

  test('sends the first event at once, and goes on', async () => {
    const abort = new AbortController();
    const response = await fetch(at(apps, 'constellation', 'rest/stream'), { signal: abort.signal });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    const first = await reader?.read();
    const second = await reader?.read();
    expect(first).toMatchObject({ done: false, value: expect.stringMatching(/^data: \{.*"load"/m) });
    expect(second).toMatchObject({ done: false, value: expect.stringMatching(/^data: /m) });
    abort.abort();
  });

  test('echoes on the WebSocket, and tells everybody about a lamp', async () => {
    const [one, other] = [await open(), await open()];
    expect(await ask(one, 'ping')).toBe('ping');
    expect(await ask(one, '{"lamp":"attic","on":true}')).toBe('{"lamp":"attic","on":true}');
    const told = once(other, 'message');
    expect(JSON.parse(await ask(one, '{"lamp":"kitchen","on":true}')).lamps.kitchen).toBe(true);
    expect(JSON.parse(String((await told)[0])).lamps.kitchen).toBe(true);
    expect(JSON.parse(await ask(await open(), 'lamps')).lamps.kitchen).toBe(true);
  });

  test("refuses the WebSocket of another site's page", async () => {
    await expect(open({ origin: 'https://elsewhere.example' })).rejects.toThrow('403');
    await expect(open({ origin: 'https://127.0.0.1:8443' })).resolves.toBeDefined();
  });

  test('believes that it owns the whole address (jeedom)', async () => {
    const root = await fetch(at(apps, 'jeedom', '/'), { redirect: 'manual' });
    expect([root.status, root.headers.get('location')]).toEqual([302, '/index']);
    const index = await fetch(at(apps, 'jeedom', '/index'), { headers: { cookie: 'visits=4' } });
    expect(index.headers.get('set-cookie')).toMatch(/^visits=5; Path=\/;/);
  });
});

describe('open-prod', () => {
  const data = mkdtempSync(join(tmpdir(), 'open-prod-test-'));
  const environment = { ...free, OPEN_PROD_DATA: data };
  let apps: RunningApps;
  let cookie: string;

  async function login(password = 'demo'): Promise<Response> {
    const body = new URLSearchParams({ login: 'demo', password });
    return fetch(at(apps, 'open-prod', '/web/login'), { method: 'POST', body, redirect: 'manual' });
  }

  async function begin(): Promise<void> {
    apps = await startApps(['open-prod'], { environment });
    cookie = (await login()).headers.get('set-cookie')?.split(';')[0] ?? '';
  }

  function call(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { cookie, ...(init.headers as Record<string, string>) };
    return fetch(at(apps, 'open-prod', path), { redirect: 'manual', ...init, headers });
  }

  /** Fills in the form of the orders' page, as a browser would. */
  async function order(fields: Record<string, string>): Promise<Response> {
    const token = /name="token" value="([^"]+)"/.exec(await (await call('/web/orders')).text())?.[1] ?? '';
    return call('/web/orders', { method: 'POST', body: new URLSearchParams({ token, ...fields }) });
  }

  beforeAll(begin);
  afterAll(async () => {
    await apps.stop();
    rmSync(data, { recursive: true, force: true });
  });

  test('shows its login page and its health to anybody', async () => {
    const page = await fetch(at(apps, 'open-prod', '/web/login'));
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('Open-Prod');
    const health = await fetch(at(apps, 'open-prod', '/web/health'));
    expect(await health.json()).toMatchObject({ status: 'ok' });
  });

  test('lets in the demo user only, and nobody without a session', async () => {
    expect((await login('wrong')).status).toBe(401);
    const good = await login();
    expect([good.status, good.headers.get('location')]).toEqual([303, '/web/orders']);
    expect(good.headers.get('set-cookie')).toMatch(/HttpOnly; SameSite=Lax$/);
    cookie = good.headers.get('set-cookie')?.split(';')[0] ?? '';
    const without = await call('/web/orders', { headers: { cookie: '' } });
    expect([without.status, without.headers.get('location')]).toEqual([302, '/web/login']);
    const upload = await call('/web/attachments/a.txt', {
      method: 'PUT',
      body: 'a',
      headers: { cookie: '' },
    });
    expect(upload.status).toBe(401);
  });

  test('marks the cookie as secure behind https', async () => {
    const response = await call('/web/login', {
      method: 'POST',
      body: new URLSearchParams({ login: 'demo', password: 'demo' }),
      headers: { 'x-forwarded-proto': 'https' },
    });
    expect(response.headers.get('set-cookie')).toMatch(/; Secure$/);
  });

  test('keeps orders over a restart', async () => {
    const created = await order({ customer: 'Mairie', item: 'Bancs', quantity: '3', price: '149,90' });
    expect(created.status).toBe(303);
    await apps.stop();
    await begin();
    expect(await (await call('/web/api/orders')).json()).toContainEqual(
      expect.objectContaining({ customer: 'Mairie', item: 'Bancs', quantity: 3, price: 14990 }),
    );
  });

  test('refuses what is not an order, and forms that are not its own', async () => {
    expect((await order({ customer: 'Mairie', item: 'Bancs', quantity: '0', price: '1' })).status).toBe(422);
    expect((await order({ customer: ' ', item: 'Bancs', quantity: '1', price: '1' })).status).toBe(422);
    expect(
      (await order({ token: 'forged', customer: 'a', item: 'b', quantity: '1', price: '1' })).status,
    ).toBe(403);
  });

  test('shows what people write as text, never as markup', async () => {
    const attack = '"><script>alert(1)</script>';
    await order({ customer: attack, item: "<img src=x onerror='alert(2)'>", quantity: '1', price: '1' });
    await call(`/web/attachments/${encodeURIComponent(attack)}`, { method: 'PUT', body: 'x' });
    const page = await (await call('/web/orders')).text();
    expect(page).not.toContain('<script>');
    expect(page).not.toContain('<img');
    expect(page).toContain('&#60;script&#62;alert(1)');
    expect(html`<a title="${attack}">`.text).toBe(
      '<a title="&#34;&#62;&#60;script&#62;alert(1)&#60;/script&#62;">',
    );
  });

  test('streams an attachment to disk, and gives it back as it was', async () => {
    const content = randomBytes(5_000_000);
    const name = '../../évidence "1".bin';
    const sent = await call(`/web/attachments/${encodeURIComponent(name)}`, { method: 'PUT', body: content });
    expect(sent.status).toBe(201);
    const attachment = (await sent.json()) as { id: string };
    const sha256 = createHash('sha256').update(content).digest('hex');
    expect(attachment).toMatchObject({ name, size: content.length, sha256 });
    const back = await call(`/web/attachments/${attachment.id}`);
    expect(back.headers.get('content-disposition')).toMatch(/^attachment; filename\*=UTF-8''/);
    expect(Buffer.from(await back.arrayBuffer()).equals(content)).toBe(true);
  });
});

describe('startApps', () => {
  test('says which port is taken, and what to do', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const environment = { ...free, JEEDOM_PORT: String(port) };
    await expect(startApps(['constellation', 'open-prod'], { environment })).rejects.toThrow(
      `constellation: port ${port} is taken: stop what listens there, or choose another with JEEDOM_PORT`,
    );
    other.close();
  });

  test('ends the applications, in good order', async () => {
    const apps = await startApps(['constellation'], { environment: free });
    const stream = await fetch(at(apps, 'constellation', 'rest/stream'));
    await apps.stop();
    // The stream ended as a response does, and was not cut.
    await expect(stream.text()).resolves.toContain('data: ');
    await expect(fetch(at(apps, 'constellation', 'health'))).rejects.toThrow();
  });
});
