import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { townHall } from '../../identity/directories/testing/people.ts';
import { client, startProvider, type TestProvider } from '../../identity/directories/testing/provider.ts';
import { pkiOf, type Slapd, startSlapd, suffix } from '../../identity/directories/testing/slapd.ts';
import { Visitor as Browser } from '../../identity/directories/testing/visitor.ts';
import type { Pair } from '../../verify/testing/pki.ts';
import { portalHere } from '../portal/testing.ts';

// The provider says at length that it is set up for tests.
vi.hoisted(() => {
  console.warn = () => undefined;
  console.info = () => undefined;
});

/** The portal with a real OpenLDAP and a real OpenID provider behind it. */
let folder: string;
let authority: Pair;
let slapd: Slapd;
let provider: TestProvider;
let portal: Awaited<ReturnType<typeof portalHere>>;
const told: string[] = [];
const backChannel = createServer((asked, answer) => {
  asked.setEncoding('utf8').on('data', (text: string) => told.push(text));
  asked.on('end', () => answer.end());
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poterne-directories-'));
  const pki = await pkiOf();
  ({ authority } = pki);
  for (const [name, text] of [
    ['secret', 'service-password'],
    ['client', client.secret],
  ] as const)
    await writeFile(join(folder, name), `${text}\n`, { mode: 0o600 });
  slapd = await startSlapd(folder, { ...pki, ldif: townHall });
  await new Promise<void>((resolve) => backChannel.listen(0, '127.0.0.1', resolve));
  const people = {
    zoe: { sub: 'zoe', claims: { preferred_username: 'zoe', name: 'Zoé', groups: ['g-staff'] } },
  };
  provider = await startProvider(pki.certificate, people, {
    back: 'https://portal.example.fr/sign-in/back/idp',
    left: 'https://portal.example.fr/signed-out',
    backChannel: `http://127.0.0.1:${(backChannel.address() as AddressInfo).port}/`,
  });
  portal = await portalHere(`
site: mairie
language: en
people: { pat: { groups: [staff] } }
services: { app: { url: "http://127.0.0.1:1" } }
directories:
  annuaire:
    kind: ldap
    servers: ["ldaps://localhost:${slapd.ldaps}"]
    trust: { ca: ${join(folder, 'ca.pem')} }
    base: "ou=people,${suffix}"
    group-base: "ou=groups,${suffix}"
    bind: { user: "cn=poterne,ou=services,${suffix}", password: { file: ${join(folder, 'secret')} } }
    groups: { staff: ["cn=staff,ou=groups,${suffix}"] }
  idp:
    kind: openid
    title: The provider
    issuer: ${provider.issuer}
    client-id: ${client.id}
    client-secret: { file: ${join(folder, 'client')} }
    trust: { ca: ${join(folder, 'ca.pem')} }
    groups: { staff: [g-staff] }
sign-in: { at: portal.example.fr }
publications:
  app.example.fr: { service: app, audience: [ { groups: [staff] } ] }
`);
});
afterAll(async () => {
  await portal?.close();
  await provider?.close();
  await slapd?.stop();
  backChannel.close();
  await rm(folder, { recursive: true, force: true });
});

test('somebody of a directory signs in with their password there', async () => {
  const visitor = portal.visitor();
  await visitor.get('/sign-in');
  const wrong = await visitor.send('/sign-in', { source: 'annuaire', login: 'alice', password: 'no' });
  const locked = await visitor.send('/sign-in', {
    source: 'annuaire',
    login: 'dave',
    password: 'dave-password',
  });
  expect([wrong.status, locked.status]).toEqual([401, 401]);
  const fields = { source: 'annuaire', login: 'Alice', password: 'alice-password' };
  expect((await visitor.send('/sign-in', fields)).status).toBe(303);
  expect((await visitor.get('/')).text).toContain('Alice Martin');
  const [session] = (await portal.audited('sign-in')).filter(({ result }) => result === 'done');
  expect(session).toMatchObject({ who: 'alice@annuaire', detail: { source: 'annuaire' } });
  expect((await portal.audited('sign-in')).flatMap(({ detail }) => detail?.why ?? [])).toEqual([
    'password',
    'disabled',
  ]);
});

/** Signs in at the provider; the browser goes between the two. */
async function throughProvider(visitor = portal.visitor(), browser = new Browser(authority)) {
  const start = await visitor.get('/sign-in/with/idp?to=https%3A%2F%2Fapp.example.fr%2Fdeep%3Fx');
  expect(start.status).toBe(303);
  const came = await browser.signIn(new URL(start.headers.location as string), 'zoe', portal.origin);
  const done = await visitor.get(came.pathname + came.search);
  return { visitor, browser, came, done };
}

test('somebody signs in at their provider, and goes on to where they wanted', async () => {
  const { visitor, came, done } = await throughProvider();
  expect(done.status).toBe(303);
  expect(done.headers.location).toContain('https://app.example.fr/.poterne/enter?to=');
  expect((await visitor.get('/')).text).toContain('Zoé');
  // The same answer again, in another browser and in this one.
  for (const again of [portal.visitor(), visitor])
    expect((await again.get(came.pathname + came.search)).status).toBe(401);
  // An answer that this browser did not ask for signs nobody in.
  const other = await throughProvider();
  const victim = portal.visitor();
  await victim.get('/sign-in/with/idp');
  expect((await victim.get(other.came.pathname + other.came.search)).status).toBe(401);
  expect(victim.cookies.has('__Host-poterne')).toBe(false);
});

test('who signs out at the provider is out here, and at once', async () => {
  const { visitor, browser } = await throughProvider();
  expect((await visitor.get('/')).status).toBe(200);
  const out = await browser.visit(`${provider.issuer}/session/end?client_id=${client.id}`, portal.origin);
  const [, action = ''] = /action="([^"]+)"/.exec(out.page) ?? [];
  const [, xsrf = ''] = /name="xsrf" value="([^"]+)"/.exec(out.page) ?? [];
  await browser.visit(action, portal.origin, { xsrf, logout: 'yes' });
  await expect.poll(() => told.length).toBe(1);
  // Nobody else's word counts, and nothing has happened yet.
  const token = new URLSearchParams(told[0]).get('logout_token') ?? '';
  const nobody = portal.visitor();
  expect(
    (await nobody.post('/openid/idp/logout', { logout_token: `${token.slice(0, -4)}AAAA` })).status,
  ).toBe(400);
  expect((await nobody.post('/openid/annuaire/logout', { logout_token: token })).status).not.toBe(200);
  expect((await nobody.get('/openid/idp/logout')).status).toBe(405);
  expect((await visitor.get('/')).status).toBe(200);
  expect((await nobody.post('/openid/idp/logout', { logout_token: token })).status).toBe(200);
  expect((await visitor.get('/')).headers.location).toContain('/sign-in');
  expect((await portal.audited('sign-out')).at(-1)).toMatchObject({ who: 'zoe@idp', detail: { by: 'idp' } });
});

test('signing out here goes by the provider', async () => {
  const { visitor } = await throughProvider();
  await visitor.get('/sign-out');
  const { text } = await visitor.send('/sign-out', {});
  expect(text).toContain(`${provider.issuer}/session/end`);
});

test('a directory that is down is said as such, and keeps nobody else out', async () => {
  const visitor = portal.visitor();
  await visitor.get('/sign-in');
  await slapd.stop();
  const fields = { login: 'alice', password: 'alice-password' };
  expect((await visitor.send('/sign-in', { ...fields, source: 'annuaire' })).status).toBe(503);
  expect(portal.faults.at(-1)).toMatchObject({ code: 'directory.down' });
  expect((await visitor.send('/sign-in', { ...fields, source: 'local' })).status).toBe(401);
  expect((await throughProvider()).done.status).toBe(303);
});
