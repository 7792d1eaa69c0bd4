import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { destinationOf } from './places.ts';
import { hiddenFields, portalHere, type Visitor } from './testing.ts';

const yaml = `
site: maison
language: en
timezone: Europe/Paris
zones:
  lan: { networks: [10.0.0.0/8] }
people:
  alice: { name: "Alice <b>Martin</b>", email: alice@example.fr, groups: [staff] }
  bob: { name: Bob, groups: [it] }
  carol: { groups: [staff] }
  dave: { groups: [staff] }
  old: { groups: [staff], until: 2026-01-01 }
sign-in:
  at: portal.example.fr
  tls: internal
  brand: { name: "Ville & <Cie>", colour: "#336699" }
  second-factor: { required: [{ groups: [it] }] }
services:
  erp: { url: http://127.0.0.1:8069, title: "The <ERP>" }
publications:
  erp.example.fr: { service: erp, tls: internal, audience: everyone }
  "*.apps.example.fr": { service: erp, tls: internal, audience: everyone }
`;

let portal: Awaited<ReturnType<typeof portalHere>>;
/** Somebody who is signed in all the time. */
let known: Visitor;
const password = 'violet harbour 19 staples';

beforeAll(async () => {
  portal = await portalHere(yaml);
  await portal.give('alice', password);
  for (const id of ['bob', 'carol', 'dave']) await portal.give(id, password);
  known = portal.visitor();
  await signIn(known);
});
afterAll(() => portal?.close());

async function signIn(visitor: Visitor, login = 'alice', to = '') {
  await visitor.get(`/sign-in${to}`);
  return visitor.send('/sign-in', { login, password });
}

describe('signing in', () => {
  test('somebody signs in, sees who they are, and signs out everywhere', async () => {
    const visitor = portal.visitor();
    const first = await visitor.get('/');
    expect([first.status, first.headers.location]).toEqual([
      303,
      '/sign-in?to=https%3A%2F%2Fportal.example.fr%2F',
    ]);
    const done = await signIn(visitor);
    expect([done.status, done.headers.location]).toEqual([303, '/']);
    expect(done.headers['set-cookie']?.join()).toMatch(
      /__Host-poterne=[\w.-]+; Path=\/; HttpOnly; Secure; SameSite=Lax/,
    );
    const page = await visitor.get('/');
    expect(page.status).toBe(200);
    expect(page.text).toContain('Alice &lt;b&gt;Martin&lt;/b&gt;');
    const cookie = visitor.cookies.get('__Host-poterne') as string;
    const out = await visitor.send('/sign-out', {});
    expect(out.headers.location).toBe('/signed-out');
    expect(visitor.cookies.has('__Host-poterne')).toBe(false);
    // Also who kept the cookie is out.
    visitor.cookies.set('__Host-poterne', cookie);
    expect((await visitor.get('/')).headers.location).toContain('/sign-in');
    const [entered] = (await portal.audited('sign-in')).filter(({ result }) => result === 'done');
    expect(entered).toMatchObject({ who: 'alice', from: '192.0.2.7', detail: { source: 'local' } });
    expect(JSON.stringify(await portal.audited('sign-out'))).not.toContain(cookie);
  });

  test('wrong passwords, unknown names and ended accounts look the same, and are told apart in the log', async () => {
    const tries = [
      ['carol', 'a violin of wood'],
      ['nobody', password],
      ['old', password],
    ] as const;
    const pages = [];
    for (const [login, given] of tries) {
      const visitor = portal.visitor('192.0.2.8');
      await visitor.get('/sign-in');
      const { status, text } = await visitor.send('/sign-in', { login, password: given });
      expect(status).toBe(401);
      pages.push(text.replaceAll(login, 'NAME').replace(/name="form" value="[^"]*"/g, ''));
      expect(text).toContain('role="alert"');
      expect(text).not.toContain(given);
      expect(visitor.cookies.has('__Host-poterne')).toBe(false);
    }
    expect(new Set(pages).size).toBe(1);
    const whys = (await portal.audited('sign-in'))
      .filter(({ from }) => from === '192.0.2.8')
      .map(({ detail }) => detail?.why);
    expect(whys).toEqual(['password', 'unknown', 'expired']);
  });

  test('a wrong password and an unknown name take as long', async () => {
    const times: Record<string, number[]> = { dave: [], nobody2: [] };
    for (let i = 0; i < 3; i++)
      for (const login of Object.keys(times)) {
        const visitor = portal.visitor(`192.0.2.${50 + i}`);
        await visitor.get('/sign-in');
        const before = performance.now();
        await visitor.send('/sign-in', { login, password: 'wrong' });
        times[login]?.push(performance.now() - before);
      }
    const fastest = (login: string) => Math.min(...(times[login] as number[]));
    expect(fastest('nobody2') / fastest('dave')).toBeGreaterThan(0.6);
    expect(fastest('nobody2') / fastest('dave')).toBeLessThan(1.6);
  });

  test('who guesses waits, and is told for how long; others do not', async () => {
    const visitor = portal.visitor('192.0.2.9');
    await visitor.get('/sign-in');
    const tried = [];
    for (let i = 0; i < 8; i++)
      tried.push(await visitor.send('/sign-in', { login: 'guessed', password: `p${i}` }));
    expect(tried.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
    const last = tried.at(-1);
    expect(last?.status).toBe(429);
    expect(Number(last?.headers['retry-after'])).toBeGreaterThan(0);
    expect(last?.text).toContain('Too many tries');
    await vi.waitFor(async () =>
      expect((await portal.audited('sign-in')).some(({ detail }) => detail?.why === 'too-many')).toBe(true),
    );
    expect((await signIn(portal.visitor('192.0.2.10'))).status).toBe(303);
  });

  test('no session of before is taken over, and the one before is ended', async () => {
    const visitor = portal.visitor();
    const planted = `s${'A'.repeat(16)}.${'B'.repeat(43)}`;
    visitor.cookies.set('__Host-poterne', planted);
    await signIn(visitor);
    const first = visitor.cookies.get('__Host-poterne') as string;
    expect(first).not.toBe(planted);
    // Somebody else signs in on top of it.
    const page = await visitor.get('/');
    const form = hiddenFields(page.text, '/sign-out');
    const again = await visitor.post('/sign-in', { ...form, login: 'alice', password });
    expect(again.status).toBe(303);
    const second = visitor.cookies.get('__Host-poterne');
    expect(second).not.toBe(first);
    visitor.cookies.set('__Host-poterne', first);
    expect((await visitor.get('/')).status).toBe(303);
  });

  test('a second factor that the description asks for comes before everything else', async () => {
    const visitor = portal.visitor();
    const done = await signIn(visitor, 'bob');
    expect(done.headers.location).toMatch(/^\/step-up/);
    for (const path of ['/', '/certificates', '/ask?to=/'])
      expect((await visitor.get(path)).headers.location).toMatch(/^\/step-up\?to=/);
  });
});

describe('where people are sent', () => {
  const to = (url: string) => `?to=${encodeURIComponent(url)}`;

  test.each([
    'https://evil.example/',
    'https://erp.example.fr.evil.example/',
    'https://evil.example/erp.example.fr',
    'http://erp.example.fr/',
    'https://erp.example.fr:8443/',
    'https://user@erp.example.fr/',
    'https://erp.example.fr@evil.example/',
    'https://erp.example.fr\\@evil.example/',
    '//evil.example/',
    '/\\evil.example/',
    '/\t/evil.example/',
    'https:\\\\evil.example',
    'https:evil.example',
    'https:/evil.example',
    'https:///evil.example',
    'javascript:alert(1)',
    ' https://evil.example/',
    'https://erp.example.fr%2eevil.example/',
    'https://еrp.example.fr/',
    'https://apps.example.fr/',
    '%2f%2fevil.example',
  ])('never to %j', async (url) => {
    expect((await known.get(`/sign-in${to(url)}`)).headers.location).toBe('/');
    expect(destinationOf(portal.site, url)).toBeUndefined();
  });

  test('nor anywhere else, whatever is written, also in the form itself', async () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'https:',
        'http:',
        '/',
        '//',
        '\\',
        '@',
        ':',
        '%2f',
        '.',
        '?',
        '#',
        '\t',
        'evil.example',
        ':443',
        ':8443',
      ),
      fc.constantFrom('erp.example.fr', 'portal.example.fr', 'x.apps.example.fr', 'EVIL', '\u3002', '\u2044'),
      fc.webPath(),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
        const url = destinationOf(portal.site, pieces.join(''));
        // As a browser takes it where it is sent.
        const browser = url && new URL(url.href, portal.origin);
        expect(
          browser === undefined ||
            /^https:\/\/((erp|portal|[\w.-]+\.apps)\.example\.fr)$/.test(browser.origin),
        ).toBe(true);
        expect(browser?.username ?? '').toBe('');
      }),
      { numRuns: 2000 },
    );
    const visitor = portal.visitor();
    await visitor.get('/sign-in');
    const done = await visitor.send('/sign-in', { login: 'alice', password, to: 'https://evil.example/' });
    expect([done.status, done.headers.location]).toEqual([303, '/']);
  });

  test('to a published name, with its path and query, by a page that leads on', async () => {
    const deep = "https://erp.example.fr/a/b?c=d&e=%2F'#f";
    const visitor = portal.visitor();
    const form = await visitor.get(`/sign-in${to(deep)}`);
    expect(form.text).toContain('You will then go on to erp.example.fr.');
    const done = await visitor.send('/sign-in', { login: 'alice', password });
    expect(done.status).toBe(200);
    expect(done.text).toContain('content="0;url=https://erp.example.fr/a/b?c=d&amp;e=%2F%27#f"');
    expect((await visitor.get(`/sign-in${to(deep)}`)).headers.location).toBe(
      'https://erp.example.fr/a/b?c=d&e=%2F%27#f',
    );
    expect((await visitor.get(`/sign-in${to('https://x.y.apps.example.fr/')}`)).status).toBe(303);
  });

  test('back to the page of the portal that they came for', async () => {
    const visitor = portal.visitor();
    const first = await visitor.get('/sessions?lang=fr');
    const done = await signIn(visitor, 'alice', (first.headers.location as string).slice('/sign-in'.length));
    expect(done.headers.location).toBe('/sessions?lang=fr');
  });
});

describe('forms of others', () => {
  test.each<[string, Record<string, string>, Record<string, string>]>([
    ['without a token', { form: '' }, {}],
    ['with another one', { form: Buffer.alloc(64).toString('base64url') }, {}],
    ['from another origin', {}, { origin: 'https://erp.example.fr' }],
    ['from nowhere', {}, { origin: 'null' }],
  ])('%s are refused', async (_, fields, headers) => {
    const visitor = portal.visitor();
    const { text } = await visitor.get('/sign-in');
    const form = /name="form" value="([^"]*)"/.exec(text)?.[1] as string;
    const refused = await visitor.post('/sign-in', { form, login: 'alice', password, ...fields }, headers);
    expect(refused.status).toBe(403);
    expect(visitor.cookies.has('__Host-poterne')).toBe(false);
  });

  test('nor with the token of another browser, or of before somebody signed in', async () => {
    const [one, other] = [portal.visitor(), portal.visitor()];
    const tokenOf = (text: string) => /name="form" value="([^"]*)"/.exec(text)?.[1] as string;
    const before = tokenOf((await one.get('/sign-in')).text);
    await other.get('/sign-in');
    expect((await other.post('/sign-in', { form: before, login: 'alice', password })).status).toBe(403);
    await signIn(one);
    expect((await one.post('/sign-out', { form: before })).status).toBe(403);
    const own = tokenOf((await one.get('/')).text);
    // It looks different each time, and is good all the same.
    expect(tokenOf((await one.get('/')).text)).not.toBe(own);
    expect((await one.post('/sign-out', { form: own })).status).toBe(303);
  });

  test('a link signs nobody out, and other methods do nothing', async () => {
    await known.get('/sign-out');
    expect((await known.get('/')).status).toBe(200);
  });

  test('large ones are not read', async () => {
    const visitor = portal.visitor();
    await visitor.get('/sign-in');
    expect((await visitor.send('/sign-in', { login: 'a'.repeat(70_000), password })).status).toBe(413);
  });
});

describe('every page', () => {
  test('is for no frame, no cache and no script of others', async () => {
    for (const path of [
      '/sign-in',
      '/',
      '/sessions',
      '/certificates',
      '/password',
      '/sign-out',
      '/nothing',
      '/approvals',
    ]) {
      const { headers } = await known.get(path);
      const policy = String(headers['content-security-policy']);
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toContain('unsafe');
      expect(headers['x-frame-options']).toBe('DENY');
      expect(headers['cache-control']).toBe('no-store');
      expect(headers['referrer-policy']).toBe('same-origin');
      expect(headers['x-content-type-options']).toBe('nosniff');
    }
  });

  test('holds names as text, whatever is in them', async () => {
    const { text } = await known.get('/');
    expect(text).toContain('Ville &amp; &lt;Cie&gt;');
    expect(text).not.toMatch(/<b>|<Cie>|<ERP>|style=|onerror|<script/);
    const again = await portal
      .visitor()
      .get(`/sign-in?to=${encodeURIComponent('"><script>alert(1)</script>')}`);
    expect(again.text).not.toContain('<script>');
  });

  test('speaks the language of the browser, or the one that was chosen', async () => {
    const visitor = portal.visitor();
    const french = await visitor.get('/sign-in', { 'accept-language': 'de, fr-CH;q=0.8, en;q=0.5' });
    expect(french.text).toContain('<html lang="fr">');
    expect(french.text).toContain('Mot de passe');
    expect((await visitor.get('/sign-in', { 'accept-language': 'de' })).text).toContain('<html lang="en">');
    await visitor.get('/sign-in?lang=fr');
    expect((await visitor.get('/sign-in', { 'accept-language': 'en' })).text).toContain('<html lang="fr">');
    expect((await visitor.get('/sign-in?lang=xx')).text).toContain('<html lang="fr">');
  });

  test('has one style sheet, which is kept', async () => {
    const visitor = portal.visitor();
    const { text } = await visitor.get('/sign-in');
    const path = /<link rel="stylesheet" href="([^"]*)">/.exec(text)?.[1] as string;
    const style = await visitor.get(path);
    expect(style.headers['content-type']).toBe('text/css; charset=utf-8');
    expect(style.headers['cache-control']).toContain('immutable');
    expect(style.text).toContain('--accent:#336699');
    expect((await visitor.get('/style-old.css')).headers['cache-control']).toBe('no-store');
  });
});

describe('what is theirs', () => {
  test('sessions: another one is ended, or all others', async () => {
    const [here, there, elsewhere] = [known, portal.visitor('192.0.2.99'), portal.visitor()];
    for (const each of [there, elsewhere]) await signIn(each);
    const page = await here.get('/sessions');
    expect(page.text).toContain('Firefox, Linux');
    expect(page.text).toContain('From 192.0.2.99.');
    expect(page.text.match(/this browser/g)).toHaveLength(1);
    const row = page.text.split('<li>').find((each) => each.includes('192.0.2.99')) as string;
    const end = /name="end" value="([^"]*)"/.exec(row)?.[1] as string;
    expect((await here.send('/sessions', { end })).text).toContain('Sessions ended: 1.');
    expect((await there.get('/')).status).toBe(303);
    expect((await elsewhere.get('/')).status).toBe(200);
    await here.get('/sessions');
    await here.send('/sessions', { end: 'others' });
    expect((await elsewhere.get('/')).status).toBe(303);
    expect((await here.get('/')).status).toBe(200);
  });

  test('nobody ends the sessions of others', async () => {
    const bob = portal.visitor();
    await signIn(bob, 'bob');
    const [id] = (bob.cookies.get('__Host-poterne') as string).split('.');
    const form = hiddenFields((await known.get('/')).text, '/sign-out');
    expect((await known.post('/sessions', { ...form, end: id as string })).text).toContain(
      'Sessions ended: 0.',
    );
    expect((await bob.get('/')).headers.location).toMatch(/^\/step-up/);
  });

  test('a password is changed with the present one, and other sessions end', async () => {
    const [here, there] = [portal.visitor(), known];
    await signIn(here);
    const change = async (fields: Record<string, string>) => {
      await here.get('/password');
      return here.send('/password', fields);
    };
    const next = 'copper anchor 77 willow';
    expect((await change({ current: 'wrong', password: next, again: next })).status).toBe(401);
    expect((await change({ current: password, password: next, again: 'other' })).status).toBe(400);
    const weak = await change({ current: password, password: 'alice', again: 'alice' });
    expect(weak.status).toBe(400);
    expect(weak.text).toContain('aria-invalid="true"');
    expect((await there.get('/')).status).toBe(200);
    const copied = { cookie: `__Host-poterne=${here.cookies.get('__Host-poterne')}` };
    expect((await portal.visitor().get('/', copied)).status).toBe(200);
    expect((await change({ current: password, password: next, again: next })).text).toContain(
      'role="status"',
    );
    expect((await there.get('/')).status).toBe(303);
    // Nor does a copy of this very session's cookie go on.
    expect((await portal.visitor().get('/', copied)).status).toBe(303);
    expect((await here.get('/')).status).toBe(200);
    await portal.give('alice', password);
  });
});
