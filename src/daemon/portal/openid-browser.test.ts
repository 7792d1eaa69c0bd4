import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { port } from '../../apply/testing.ts';
import type { AuditEntry } from '../../audit/entry.ts';
import { localhost } from '../../hosts/local.ts';
import { client, startProvider, type TestProvider } from '../../identity/directories/testing/provider.ts';
import { pkiOf } from '../../identity/directories/testing/slapd.ts';
import { Visitor } from '../../identity/directories/testing/visitor.ts';
import { program } from '../../lib/testing-program.ts';
import type { Pair } from '../../verify/testing/pki.ts';
import { openBrowser } from '../entry/testing-visitor.ts';
import { type BrowserRig, browserRig } from './testing-browser.ts';

// The provider says at length that it is set up for tests.
vi.hoisted(() => {
  console.warn = () => undefined;
  console.info = () => undefined;
});

/** A real gateway, a real OpenID provider and a real browser, which goes between the two. */
let folder: string;
let authority: Pair;
let provider: TestProvider;
let rig: BrowserRig;
let at: string;
let app: string;
const password = 'violet harbour 19 staples';
/** What a provider may call people. */
const strangers = {
  foreign: { preferred_username: 'Chloé.Müller', name: 'Chloé Müller 字', email: 'chloé@exämple.fr' },
  long: { preferred_username: '字'.repeat(256), name: '🦊'.repeat(500), email: `${'é'.repeat(300)}@x.fr` },
  crooked: {
    preferred_username: 'crooked',
    name: 'A\r\nX-Poterne-User: root\0 \ud800|;"\\/',
    email: '\u0085\n',
  },
  lines: { preferred_username: 'lines\r\nX-Poterne-User: root' },
  nul: { preferred_username: 'nul\0' },
  endless: { preferred_username: 'x'.repeat(20_000) },
} as const;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poterne-openid-'));
  const pki = await pkiOf();
  ({ authority } = pki);
  const { certificate } = pki;
  await writeFile(join(folder, 'ca.pem'), authority.cert);
  await writeFile(join(folder, 'client'), `${client.secret}\n`, { mode: 0o600 });
  const groups = ['g-agents'];
  const claims = { preferred_username: 'zoe', name: 'Zoé Petit', groups };
  const strange = Object.fromEntries(
    Object.entries(strangers).map(([sub, more]) => [sub, { sub, claims: { groups, ...more } }]),
  );
  const portal = `https://portail.ville.test:${port(1)}`;
  provider = await startProvider(
    certificate,
    { zoe: { sub: 'zoe', claims }, ...strange },
    { back: `${portal}/sign-in/back/idp`, left: `${portal}/signed-out` },
  );
  rig = await browserRig(
    ({ app }) => `
people: { bob: { groups: [agents] } }
directories:
  idp:
    kind: openid
    title: Agents de la ville
    issuer: ${provider.issuer}
    client-id: ${client.id}
    client-secret: { file: ${join(folder, 'client')} }
    trust: { ca: ${join(folder, 'ca.pem')} }
    groups: { agents: [g-agents] }
sign-in: { at: portail.ville.test, tls: internal }
services: { app: { url: "http://127.0.0.1:${app}" } }
publications:
  erp.ville.test: { service: app, tls: internal, audience: [ { groups: [agents] } ] }
`,
    {},
    { trusts: [certificate.cert] },
  );
  [at, app] = [rig.origin('portail.ville.test'), rig.origin('erp.ville.test')];
});
afterAll(async () => {
  await rig?.close();
  await provider?.close();
  await rm(folder, { recursive: true, force: true });
});

/** At the provider: says who one is, and agrees to what it asks, until it leads away. */
async function throughProvider(page: Page): Promise<void> {
  await page.waitForURL(`${provider.issuer}/**`);
  for (let i = 0; i < 4 && page.url().startsWith(provider.issuer); i += 1) {
    if (await page.isVisible('[name=login]')) {
      await page.fill('[name=login]', 'zoe');
      await page.fill('[name=password]', 'any');
    }
    await page.click('button[type=submit]');
    await page.waitForLoadState();
  }
}

test('somebody signs in at their provider from a deep link, lands on it, and signs out of both, in French', async () => {
  const page = await rig.browse({ locale: 'fr-FR' });
  await page.goto(`${app}/dossier/7?vue=tout&to=2#page=3`);
  expect(new URL(page.url()).hostname).toBe('portail.ville.test');
  await page.click('text=Se connecter avec Agents de la ville');
  await throughProvider(page);
  await page.waitForURL(`${app}/dossier/7?vue=tout&to=2#page=3`);
  expect(await page.textContent('body')).toContain('x-poterne-user: zoe@idp');
  expect(await page.textContent('body')).toContain('x-poterne-groups: agents');

  await page.goto(`${at}/sign-out`);
  await page.click('main form[action="/sign-out"] button');
  // It asks by itself whether to end its session too.
  await page.waitForURL(`${provider.issuer}/session/end**`);
  await page.click('button[value=yes]');
  await page.waitForURL(`${at}/signed-out**`);
  expect(await page.textContent('h1')).toBe('Vous êtes déconnecté');
  await page.goto(`${app}/dossier/7`);
  await page.click('text=Se connecter avec Agents de la ville');
  await page.waitForURL(`${provider.issuer}/**`);
  // Not signed in there any more: it asks who they are.
  expect(await page.isVisible('[name=login]')).toBe(true);
  await page.context().close();
});

/** Signs in at the provider without a browser, and goes on to the application. */
async function comes(login: string) {
  const root = await readFile(join(rig.state, 'authority', 'root.pem'), 'utf8');
  const browser = openBrowser(port(1), root);
  const { headers } = await browser.fetch(`${at}/sign-in/with/idp?to=${encodeURIComponent(`${app}/deep`)}`);
  const came = await new Visitor(authority).signIn(new URL(headers.location ?? ''), login, at);
  const visit = await browser.go(came.href);
  return { visit, again: () => browser.go(`${app}/again`) };
}

test('people of any alphabet come in, and their application is told who they are in ASCII', async () => {
  const told = (body: string, name: string) =>
    decodeURIComponent(
      new RegExp(`^x-poterne-${name}: ([\\x20-\\x7e]*)$`, 'm').exec(body)?.[1] ?? 'not ASCII',
    );
  for (const [login, user, name, email] of [
    ['foreign', 'chloé.müller@idp', 'Chloé Müller 字', 'chloé@exämple.fr'],
    ['long', `${'字'.repeat(256)}@idp`, '🦊'.repeat(128), 'é'.repeat(256)],
    ['crooked', 'crooked@idp', 'A X-Poterne-User: root  \ufffd|;"\\/', ''],
  ] as const) {
    const { visit, again } = await comes(login);
    for (const each of [visit, await again()]) {
      expect([each.status, told(each.body, 'user')]).toEqual([200, user]);
      expect([told(each.body, 'name'), told(each.body, 'email')]).toEqual([name, email]);
    }
  }
});

test('who is called what is no name is told so, and nobody is signed in', async () => {
  for (const login of ['lines', 'nul', 'endless']) {
    const { visit, again } = await comes(login);
    expect([visit.status, visit.body]).toEqual([401, expect.stringContaining('cannot be used here')]);
    expect(new URL((await again()).url).pathname).toBe('/sign-in');
  }
  const words = ['--what', 'sign-in', '--result', 'refused', '--json', '--state', rig.state];
  const { stdout } = await localhost.run([program, 'audit', ...words]);
  expect(JSON.parse(stdout).map(({ who, detail }: AuditEntry) => [who, detail?.why])).toEqual(
    Array(3).fill(['idp', 'name']),
  );
});

test('an answer of the provider that another browser asked for signs nobody in', async () => {
  const root = await readFile(join(rig.state, 'authority', 'root.pem'), 'utf8');
  const { headers } = await openBrowser(port(1), root).fetch(`${at}/sign-in/with/idp`);
  const answer = await new Visitor(authority).signIn(new URL(headers.location ?? ''), 'zoe', at);
  expect(answer.searchParams.get('code')).toBeTruthy();

  const victim = await rig.browse({ locale: 'fr-FR' });
  // They are on their way too.
  await victim.goto(`${at}/sign-in`);
  await victim.click('a[href^="/sign-in/with/idp"]');
  await victim.waitForURL(`${provider.issuer}/**`);
  const came = await victim.goto(answer.href);
  expect(came?.status()).toBe(401);
  expect(await victim.isVisible('[role=alert]')).toBe(true);
  expect((await victim.context().cookies(at)).map(({ name }) => name)).not.toContain('__Host-poterne');
  await victim.context().close();
});

test('while the provider is down its people are told so, and others sign in', async () => {
  await rig.give('bob', password);
  const page = await rig.browse({ locale: 'fr-FR' });
  await page.goto(`${app}/x`);
  await provider.close();
  const answered = page.waitForResponse((each) => each.url().includes('/sign-in/with/idp'));
  await page.click('text=Se connecter avec Agents de la ville');
  // What it said of itself is known for an hour: then it is the browser that does not get there.
  expect([303, 503]).toContain((await answered).status());
  await page.goto(`${app}/x`);
  await page.fill('#login', 'bob');
  await page.fill('#password', password);
  await page.click('form[action="/sign-in"] button');
  await page.waitForURL(`${app}/x`);
  expect(await page.textContent('body')).toContain('x-poterne-user: bob');
  await page.context().close();
});
