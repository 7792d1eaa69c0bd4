import { createHmac, createPublicKey } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import {
  type HostileProvider,
  hostileClient,
  startHostile,
} from '../../identity/directories/testing/hostile.ts';
import { pkiOf } from '../../identity/directories/testing/slapd.ts';
import { portalHere } from './testing.ts';

/** The portal with two providers, of which one does what it likes: whoever comes from it is who it proves, or nobody. */
let folder: string;
let evil: HostileProvider;
let good: HostileProvider;
/** Some that do not answer in time at one of their paths. */
const slow = new Map<string, HostileProvider>();
let portal: Awaited<ReturnType<typeof portalHere>>;
const password = 'violet harbour 19 staples';
const cookie = '__Host-poterne';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poterne-hostile-'));
  const { authority, certificate } = await pkiOf();
  await writeFile(join(folder, 'ca.pem'), authority.cert);
  await writeFile(join(folder, 'client'), `${hostileClient.secret}\n`, { mode: 0o600 });
  [evil, good] = [await startHostile(certificate), await startHostile(certificate)];
  for (const [name, how, path] of [
    ['hangs-at-first', 'hangs', '/.well-known/openid-configuration'],
    ['hangs-with-tokens', 'hangs', '/token'],
    ['drips-keys', 'drips', '/jwks'],
    ['drips-people', 'drips', '/me'],
  ] as const) {
    const each = await startHostile(certificate);
    each.conduct[how].add(path);
    // So that it is asked about people.
    each.conduct.claims = { groups: undefined };
    slow.set(name, each);
  }
  const provider = (name: string, { issuer }: HostileProvider) => `
  ${name}:
    kind: openid
    issuer: ${issuer}
    client-id: ${hostileClient.id}
    client-secret: { file: ${join(folder, 'client')} }
    trust: { ca: ${join(folder, 'ca.pem')} }
    groups: { staff: [g-staff] }`;
  portal = await portalHere(`
site: maison
language: en
people: { bob: { groups: [staff] } }
services: { app: { url: "http://127.0.0.1:1" } }
directories:${[['evil', evil] as const, ['good', good] as const, ...slow].map(([name, each]) => provider(name, each)).join('')}
sign-in: { at: portal.example.fr }
publications:
  app.example.fr: { service: app, audience: [ { groups: [staff] } ] }
`);
  await portal.give('bob', password);
});
afterEach(() => evil.behave());
afterAll(async () => {
  await portal?.close();
  for (const each of [evil, good, ...slow.values()]) await each?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Begins to sign in at a provider: a browser, and where it is sent. */
async function begin(name = 'evil', visitor = portal.visitor()) {
  const { status, headers } = await visitor.get(`/sign-in/with/${name}`);
  return { visitor, status, to: new URL(headers.location ?? 'https://nowhere.invalid/') };
}

/** Goes there and back; the answer, and whether somebody is signed in by it. */
async function signIn(more: Readonly<Record<string, string>> = {}) {
  const { visitor, to } = await begin();
  const { status, text } = await visitor.get(evil.answer(to, more));
  return { visitor, status, text, isIn: visitor.cookies.has(cookie) };
}

const part = (what: object) => Buffer.from(JSON.stringify(what)).toString('base64url');
const now = () => Math.floor(Date.now() / 1000);
const hmac = (header: object, claims: object, secret: string | Buffer) => {
  const text = `${part(header)}.${part(claims)}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
};
const pem = () =>
  createPublicKey({ key: evil.publicJwk() as object, format: 'jwk' } as never).export({
    type: 'spki',
    format: 'pem',
  });

test('one that behaves signs somebody in, so that what follows fails for what it is about', async () => {
  const { status, isIn } = await signIn();
  expect([status, isIn]).toEqual([303, true]);
});

const attacks: readonly [name: string, misbehave: () => void, more?: Readonly<Record<string, string>>][] = [
  ['another issuer', () => Object.assign(evil.conduct.claims, { iss: good.issuer })],
  ['another audience', () => Object.assign(evil.conduct.claims, { aud: 'another' })],
  [
    'several audiences, for another of them',
    () => Object.assign(evil.conduct.claims, { aud: [hostileClient.id, 'another'], azp: 'another' }),
  ],
  ['expired', () => Object.assign(evil.conduct.claims, { iat: now() - 900, exp: now() - 600 })],
  ['from the future', () => Object.assign(evil.conduct.claims, { nbf: now() + 3600 })],
  ['no end', () => Object.assign(evil.conduct.claims, { exp: undefined })],
  ['no nonce', () => Object.assign(evil.conduct.claims, { nonce: undefined })],
  ['another nonce', () => Object.assign(evil.conduct.claims, { nonce: 'A'.repeat(43) })],
  ['nobody', () => Object.assign(evil.conduct.claims, { sub: '' })],
  ['a person that is no text', () => Object.assign(evil.conduct.claims, { sub: { $ne: null } })],
  [
    'not signed',
    () => {
      evil.conduct.token = (claims) => `${part({ alg: 'none' })}.${part(claims)}.`;
    },
  ],
  [
    'signed with its public key as a secret',
    () => {
      evil.conduct.token = (claims) => hmac({ alg: 'HS256', kid: 'one' }, claims, pem());
    },
  ],
  [
    'signed with the client’s secret',
    () => {
      evil.conduct.token = (claims) => hmac({ alg: 'HS256' }, claims, hostileClient.secret);
    },
  ],
  [
    'a key of its own in the token',
    () => {
      evil.conduct.token = (claims) =>
        `${part({ alg: 'RS256', jwk: evil.publicJwk(), kid: 'three' })}.${part(claims)}.AAAA`;
    },
  ],
  [
    'no token',
    () => {
      evil.conduct.token = () => undefined as never;
    },
  ],
  [
    'an answer of another issuer (RFC 9207)',
    () => Object.assign(evil.conduct.metadata, { authorization_response_iss_parameter_supported: true }),
    { iss: 'https://idp.example' },
  ],
  [
    'an answer that leaves out who says it, though it says it',
    () => Object.assign(evil.conduct.metadata, { authorization_response_iss_parameter_supported: true }),
  ],
  ['a login that is a list', () => Object.assign(evil.conduct.claims, { preferred_username: ['mallory'] })],
  [
    'somebody else when it is asked about them',
    () => {
      Object.assign(evil.conduct.claims, { preferred_username: undefined });
      evil.conduct.userinfo = { sub: 'bob', preferred_username: 'bob' };
    },
  ],
  ['not even JSON', () => void evil.conduct.instead.set('/token', '<html>')],
  [
    'a token larger than any',
    () => void evil.conduct.instead.set('/token', JSON.stringify({ id_token: 'x'.repeat(2 << 20) })),
  ],
];

test.each(attacks)('%s: nobody is signed in, and a page says so', async (_, misbehave, more) => {
  misbehave();
  // Its metadata of before is known still: what is wrong has it read again.
  const { visitor, status, text, isIn } = await signIn(more);
  const again = await signIn(more);
  expect([isIn, again.isIn]).toEqual([false, false]);
  for (const each of [status, again.status]) expect([401, 503]).toContain(each);
  expect(text).toContain('role="alert"');
  expect(text).not.toMatch(/\b(?:JWT|JWS|claim|invalid)\b|at \w+ \(|mallory/);
  expect((await visitor.get('/')).status).toBe(303);
});

test('metadata of somebody else begins nothing', async () => {
  evil.conduct.token = () => 'x';
  await signIn();
  evil.behave();
  for (const metadata of [
    { issuer: good.issuer },
    { authorization_endpoint: 'javascript:alert(1)' },
    { token_endpoint: 'http://127.0.0.1:9/' },
  ]) {
    evil.conduct.metadata = metadata;
    const { visitor, status, to } = await begin();
    if (status === 303) expect((await visitor.get(evil.answer(to))).status).toBe(503);
    else expect(status).toBe(503);
    expect(to.protocol).toBe('https:');
    expect(visitor.cookies.has(cookie)).toBe(false);
  }
});

test('an answer of one provider is none of the other’s, nor of another browser (mix-up, login CSRF)', async () => {
  // The browser set out to the honest one; the other would have the code brought to itself, or its own code taken for the honest one's.
  const honest = await begin('good');
  const answer = good.answer(honest.to);
  const heard = evil.heard.length;
  const crossed = await honest.visitor.get(answer.replace('/back/good', '/back/evil'));
  expect([crossed.status, honest.visitor.cookies.has(cookie)]).toEqual([401, false]);
  // The code has not been brought to it.
  expect(evil.heard).toHaveLength(heard);
  const [mine, theirs] = [await begin('good'), await begin('evil')];
  const state = mine.to.searchParams.get('state') as string;
  const foreign = evil.answer(theirs.to).replace('/back/evil', '/back/good');
  const mixed = await mine.visitor.get(foreign.replace(/state=[^&]*/, `state=${state}`));
  expect([mixed.status, mine.visitor.cookies.has(cookie)]).not.toEqual([303, true]);
  // Another browser's answer: with its state, with this one's state, and with nothing that this browser began.
  const [victim, mallory] = [await begin('evil'), await begin('evil')];
  const lure = evil.answer(mallory.to);
  expect((await victim.visitor.get(lure)).status).toBe(401);
  const third = await begin('evil', victim.visitor);
  const swapped = lure.replace(/state=[^&]*/, `state=${third.to.searchParams.get('state')}`);
  expect((await third.visitor.get(swapped)).status).toBe(503);
  expect((await portal.visitor().get(lure)).status).toBe(401);
  expect(victim.visitor.cookies.has(cookie)).toBe(false);
});

test.each([
  [
    'tens of thousands, of which one counts',
    [...Array.from({ length: 30_000 }, (_, i) => `group-number-${i}`), 'g-staff'],
    ['staff'],
  ],
  ['a text', 'g-staff', ['staff']],
  ['a text that holds it among others', 'g-staff,g-admins', []],
  ['numbers, objects, nothing, lists', [7, { name: 'g-staff' }, null, ['g-staff'], true], []],
  ['an object', { 'g-staff': true, length: 1, 0: 'g-staff' }, []],
  ['what objects have by themselves', ['__proto__', 'constructor', 'toString'], []],
  ['our own word for it', ['staff'], []],
  ['nothing', null, []],
])('groups that are %s', async (_, groups, expected) => {
  Object.assign(evil.conduct.claims, { groups });
  evil.conduct.userinfo = { sub: 'mallory', groups };
  const { status, isIn } = await signIn();
  expect([status, isIn]).toEqual([303, true]);
  const [session] = (await portal.store.sessions.list('maison', 'mallory@evil')).slice(0, 1);
  expect(JSON.parse(session?.who ?? '{}').groups).toEqual(expected);
  for (const { id } of await portal.store.sessions.list('maison', 'mallory@evil'))
    await portal.store.sessions.end('maison', { id }, 'ended-by-user');
});

test('keys that it changes are read again', async () => {
  expect((await signIn()).isIn).toBe(true);
  await evil.rotate();
  // At once at the latest when somebody tries again, and without a word to anybody later.
  await signIn();
  expect((await signIn()).isIn).toBe(true);
});

test('one that is slow, hangs or drips is given up within seconds, while others sign in', async () => {
  const one = async (name: string, provider: HostileProvider) => {
    const began = performance.now();
    const { visitor, status, to } = await begin(name);
    const last = status === 303 ? await visitor.get(provider.answer(to)) : { status };
    expect([name, last.status]).toEqual([name, 503]);
    expect(visitor.cookies.has(cookie)).toBe(false);
    // nginx waits for half a minute.
    expect(performance.now() - began).toBeLessThan(25_000);
  };
  const others = async () => {
    const bob = portal.visitor();
    await bob.get('/sign-in');
    expect((await bob.send('/sign-in', { login: 'bob', password })).status).toBe(303);
    const { visitor, to } = await begin('good');
    expect((await visitor.get(good.answer(to))).status).toBe(303);
  };
  const done: string[] = [];
  await Promise.all([
    ...[...slow].map(([name, provider]) => one(name, provider).then(() => done.push(name))),
    others().then(() => done.push('others')),
  ]);
  expect(done[0]).toBe('others');
});
