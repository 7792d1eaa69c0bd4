import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { userCutFile } from '../../identity/cuts.ts';
import { ownerOf } from '../../identity/owner.ts';
import { openTokens } from '../../identity/tokens.ts';
import { hiddenFields, portalHere, type Visitor } from './testing.ts';

const yaml = `
site: maison
language: en
people:
  alice: { name: Alice, groups: [staff] }
  mallory: { groups: [] }
sign-in: { at: portal.example.fr, tls: internal }
services:
  app: { url: http://127.0.0.1:8069 }
publications:
  "*.apps.example.fr": { service: app, tls: internal, audience: [ { groups: [staff] } ] }
  "~ ^(?<any>.+)[.]team[.]example[.]fr$":
    { service: app, example: a.team.example.fr, tls: { names: [a.team.example.fr] }, audience: [ { groups: [staff] } ] }
  "~ ^erp[.]open":
    { service: app, example: erp.open.example.fr, tls: { names: [erp.open.example.fr] }, audience: [ { groups: [staff] } ] }
`;
const password = 'violet harbour 19 staples';

let portal: Awaited<ReturnType<typeof portalHere>>;
let alice: Visitor;
beforeAll(async () => {
  portal = await portalHere(yaml);
  await portal.give('alice', password);
  await portal.give('mallory', password);
  alice = await signedIn('alice');
});
afterAll(() => portal?.close());

async function signedIn(login: string): Promise<Visitor> {
  const visitor = portal.visitor();
  await visitor.get('/sign-in');
  expect((await visitor.send('/sign-in', { login, password })).status).toBe(303);
  return visitor;
}

// A wildcard takes any of these for a name of its own; a browser takes `evil.example` for the host.
test.each(['?', '#', '/', '\\', '/../', ':443#', ':@', ' ', '%23', '|'])(
  'a code for a pass goes to no host that "%s" hides before a published name',
  async (mark) => {
    for (const zone of ['apps', 'team']) {
      const at = encodeURIComponent(`evil.example${mark}.${zone}.example.fr`);
      const { status, headers } = await alice.get(`/pass?at=${at}&state=${'A'.repeat(43)}&to=/`);
      expect([status, headers.location]).toEqual([404, undefined]);
    }
  },
);

test('a code for a pass goes to no name of an expression that has no end', async () => {
  for (const host of ['erp.open.example.fr', 'erp.open.evil.example'])
    expect((await alice.get(`/pass?at=${host}&state=${'A'.repeat(43)}&to=/`)).status).toBe(404);
});

test('a code for a pass goes to a name that a wildcard has', async () => {
  for (const host of ['x.apps.example.fr', 'x_1.y.apps.example.fr', 'x.team.example.fr'])
    expect((await alice.get(`/pass?at=${host}&state=${'A'.repeat(43)}&to=/`)).headers.location).toMatch(
      new RegExp(`^https://${host}/\\.poterne/enter\\?code=[\\w-]{43}$`),
    );
});

test.each([
  'https://portal.example.fr//evil.example/',
  '/.//evil.example',
  '/%2e//evil.example',
  '/a/..//evil.example',
])('nobody is led off by a path of the portal that begins as another host does: %s', async (to) => {
  expect((await alice.get(`/sign-in?${new URLSearchParams({ to })}`)).headers.location).toBe('/');
  const visitor = portal.visitor();
  await visitor.get('/sign-in');
  const done = await visitor.send('/sign-in', { login: 'alice', password, to });
  expect([done.status, done.headers.location]).toEqual([303, '/']);
});

test('a cookie that another name of the domain can set is none of ours', async () => {
  const mallory = await signedIn('mallory');
  const own = `__Host-poterne=${alice.cookies.get('__Host-poterne')}`;
  // To a browser it is a part of the name, which then has no prefix; to JavaScript it is a space.
  for (const mark of ['\xa0']) {
    const planted = `${mark}__Host-poterne=${mallory.cookies.get('__Host-poterne')}`;
    const sent = { cookie: `${planted}; ${own}` };
    const { headers } = await alice.get(`/pass?at=x.apps.example.fr&state=${'A'.repeat(43)}&to=/`, sent);
    const code = new URL(headers.location as string).searchParams.get('code');
    const entered = await alice.get(`/.poterne/enter?code=${code}`, {
      ...{
        'x-poterne-publication': portal.site.publications[0]?.id ?? '',
        'x-poterne-host': 'x.apps.example.fr',
      },
      cookie: `${mark}__Host-poterne-state=${'B'.repeat(43)}; __Host-poterne-state=${'A'.repeat(43)}`,
    });
    const pass = /__Host-poterne=([\w.-]+)/.exec(String(entered.headers['set-cookie']))?.[1] as string;
    const verdict = await alice.get('/verdict', {
      ...{
        'x-poterne-publication': portal.site.publications[0]?.id ?? '',
        'x-poterne-host': 'x.apps.example.fr',
      },
      ...{ 'x-poterne-uri': '/', cookie: `__Host-poterne=${pass}` },
    });
    expect([verdict.status, verdict.headers['x-poterne-verdict']]).toEqual([
      200,
      expect.stringMatching(/^alice\|/),
    ]);
  }
});

test('a password alone, without signing in, changes no password', async () => {
  const thief = portal.visitor();
  const { text } = await thief.get('/sign-in');
  const form = /name="form" value="([^"]*)"/.exec(text)?.[1] as string;
  const fields = {
    form,
    login: 'alice',
    current: password,
    password: 'green anvil 77 lantern',
    again: 'green anvil 77 lantern',
  };
  const before = (await portal.audited('password.set')).length;
  for (const path of ['/password', '/password/expired']) await thief.post(path, fields);
  expect((await portal.audited('password.set')).length).toBe(before);
  await signedIn('alice');
});

test('whoever asks again and again fills no log, nor makes it hard to read', async () => {
  const guesser = portal.visitor('198.51.100.7');
  const name = 'x'.repeat(5000);
  for (let n = 0; n < 40; n++) {
    await guesser.get('/sign-in');
    await guesser.send('/sign-in', { login: name, password: 'a guess' });
  }
  const told = async () => (await portal.audited('sign-in')).filter(({ from }) => from === '198.51.100.7');
  await vi.waitFor(async () =>
    expect((await told()).some(({ detail }) => detail?.why === 'too-many')).toBe(true),
  );
  const lines = await told();
  expect(lines.filter(({ detail }) => detail?.why === 'too-many')).toHaveLength(1);
  expect(lines.length).toBeLessThan(10);
  for (const { who } of lines) expect(who.length).toBeLessThan(100);
});

test('a token acts for who they were, and not for another of their name', async () => {
  const root = { who: 'root', from: 'here' };
  const zoe = { name: 'zoe', groups: ['staff'], ends: new Date(Date.now() + 3_600_000) };
  const guest = await portal.people.addGuest(zoe, root);
  const tokens = openTokens(
    async () => portal.store.serviceTokens,
    () => portal.site.name,
  );
  const [publication] = portal.site.publications;
  const made = await tokens.create({
    ...{
      name: 'edi',
      user: guest.id,
      owner: ownerOf(guest),
      publications: [publication?.name ?? ''],
      paths: [],
    },
    ...{ by: 'root', lasts: 600_000 },
  });
  const asks = async () =>
    (
      await portal.visitor().get('/verdict', {
        ...{ 'x-poterne-publication': publication?.id ?? '', 'x-poterne-host': 'x.apps.example.fr' },
        ...{ 'x-poterne-uri': '/', authorization: `Bearer ${made?.shown}` },
      })
    ).status;
  expect(await asks()).toBe(200);
  await portal.people.endGuest('zoe', root);
  await portal.people.addGuest(zoe, root);
  await expect.poll(asks, { timeout: 3000 }).toBe(401);
});

test('what is no form of ours is refused, and is no defect that fills the log', async () => {
  const { origin } = portal;
  const visitor = portal.visitor();
  await visitor.get('/sign-in');
  const before = portal.faults.length;
  for (const method of ['OPTIONS', 'DELETE', 'PUT', 'PROPFIND'])
    expect((await visitor.ask(method, '/sign-in', { origin })).status).toBe(405);
  expect((await visitor.ask('POST', '/sign-in', { origin, 'transfer-encoding': 'chunked' })).status).toBe(
    403,
  );
  for (const type of ['multipart/form-data', 'multipart/form-data; boundary=x', 'application/json', 'x'])
    expect((await visitor.post('/sign-in', { login: 'alice' }, { 'content-type': type })).status).toBe(403);
  expect(portal.faults.length).toBe(before);
});

test('whoever is cut off is out of the portal too, also by a session that the cut did not find', async () => {
  const mallory = await signedIn('mallory');
  const form = hiddenFields((await mallory.get('/')).text, '/sign-out');
  const file = join(portal.state, userCutFile('mallory'));
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, '');
  try {
    for (const path of [
      '/',
      '/factors',
      '/factors/totp',
      '/password',
      '/sessions',
      '/approvals',
      '/step-up',
    ]) {
      const { status, text } = await mallory.get(path);
      expect([path, status, text.includes('class="places"')]).toEqual([path, 403, false]);
    }
    expect((await mallory.post('/sessions', { ...form, end: 'others' })).text).toContain('Closed');
  } finally {
    await rm(file);
  }
  expect((await mallory.get('/')).status).toBe(200);
});

test('guesses at codes keep nobody from showing their passkey', async () => {
  const mallory = await signedIn('mallory');
  const credentials = portal.store.credentials(portal.site.name);
  await credentials.addFactor({
    ...{ id: 'key', owner: 'mallory', person: 'mallory', kind: 'passkey', name: '', secret: '', counter: 0 },
    ...{ detail: {}, made: new Date() },
  });
  await credentials.setRecoveryCodes('mallory', ['x']);
  const form = async () => hiddenFields((await mallory.get('/step-up')).text, '/step-up/passkey');
  const statusOf = async (path: string, fields: Record<string, string>) =>
    (await mallory.post(path, { ...(await form()), ...fields })).status;
  for (let n = 0; n < 5; n++) expect(await statusOf('/step-up/recovery', { code: 'guess' })).toBe(401);
  expect(await statusOf('/step-up/recovery', { code: 'guess' })).toBe(429);
  for (let n = 0; n < 10; n++) expect(await statusOf('/step-up/passkey', { passkey: '{}' })).toBe(401);
  const lines = await portal.audited('sign-in.factor');
  expect(lines.filter(({ who }) => who === 'mallory').length).toBeLessThan(10);
  await credentials.resetFactors('mallory');
});

test('no other name’s link takes somebody’s pass away, and what is said of a code that is old is for no frame', async () => {
  const visitor = await signedIn('alice');
  const there = {
    ...{ 'x-poterne-publication': portal.site.publications[0]?.id ?? '' },
    'x-poterne-host': 'x.apps.example.fr',
  };
  const state = 'A'.repeat(43);
  const { headers } = await visitor.get(`/pass?at=x.apps.example.fr&state=${state}&to=/`);
  const path = new URL(headers.location as string);
  const at = (to: string, cookie: string, more = {}) =>
    portal.visitor().get(to, { ...there, cookie, ...more });
  const entered = await at(`${path.pathname}${path.search}`, `__Host-poterne-state=${state}`);
  const pass = /__Host-poterne=[\w.-]+/.exec(String(entered.headers['set-cookie']))?.[0] ?? '';
  const isIn = async () => (await at('/verdict', pass, { 'x-poterne-uri': '/' })).status === 200;
  expect(await isIn()).toBe(true);
  for (const site of ['cross-site', 'same-site']) {
    const left = await at('/.poterne/leave', pass, { 'sec-fetch-site': site });
    expect([left.status, left.headers['set-cookie'], await isIn()]).toEqual([303, undefined, true]);
  }
  const left = await at('/.poterne/leave', pass, { 'sec-fetch-site': 'same-origin' });
  expect(String(left.headers['set-cookie'])).toContain('Max-Age=0');
  expect(await isIn()).toBe(false);
  const again = await at(`${path.pathname}${path.search}`, `__Host-poterne-state=${state}`);
  expect(again.status).toBe(400);
  expect(again.headers['content-security-policy']).toContain("frame-ancestors 'none'");
});
