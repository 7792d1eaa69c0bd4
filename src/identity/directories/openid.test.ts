import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { freePort } from '../../lib/testing-ports.ts';
import type { OpenIdDirectory } from '../../model/sign-in.ts';
import { issue, type Pair } from '../../verify/testing/pki.ts';
import type { User } from '../types.ts';
import { type Claims, strengthOf } from './claims.ts';
import { OpenIdSource } from './openid.ts';
import { client, startProvider, type TestProvider } from './testing/provider.ts';
import { pkiOf } from './testing/slapd.ts';
import { Visitor } from './testing/visitor.ts';

// It says at length that it is set up for tests.
vi.hoisted(() => {
  console.warn = () => undefined;
  console.info = () => undefined;
});

/** A real OpenID provider (oidc-provider), over HTTPS with a certificate of a test authority. */
let folder: string;
let authority: Pair;
let certificate: Pair;
const providers: TestProvider[] = [];
const back = new URL('https://portail.example.fr/sign-in/back/idp');
const left = new URL('https://portail.example.fr/signed-out');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poterne-openid-'));
  ({ authority, certificate } = await pkiOf());
  await writeFile(join(folder, 'ca.pem'), authority.cert);
  await writeFile(join(folder, 'secret'), `${client.secret}\n`, { mode: 0o600 });
});
afterEach(async () => {
  await Promise.all(providers.splice(0).map((each) => each.close()));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const people: Record<string, { sub: string; claims: Record<string, unknown> }> = {
  alice: {
    sub: 'alice',
    claims: {
      preferred_username: 'Alice',
      name: 'Alice Martin',
      groups: ['g-staff', 'g-else'],
      email: 'alice@example.fr',
      email_verified: true,
    },
  },
  bob: {
    sub: 'bob',
    claims: { preferred_username: 'bob', groups: 'g-admins', email: 'b@x.fr', email_verified: false },
  },
  many: { sub: 'many', claims: { preferred_username: 'many', _claim_names: { groups: 'src1' } } },
  nameless: { sub: 'nameless', claims: { name: 'Nobody' } },
};

async function begun(
  more: Partial<OpenIdDirectory> = {},
  provider: Parameters<typeof startProvider>[3] = {},
  backChannel?: string,
) {
  const redirects = {
    back: back.href,
    left: left.href,
    ...(backChannel === undefined ? {} : { backChannel }),
  };
  const started = await startProvider(certificate, people, redirects, provider);
  providers.push(started);
  const directory: OpenIdDirectory = {
    ...{
      name: 'idp',
      kind: 'openid',
      pointer: '/directories/idp',
      issuer: started.issuer,
      clientId: client.id,
    },
    clientSecret: { file: join(folder, 'secret'), pointer: '/directories/idp/client-secret' },
    trust: { ca: join(folder, 'ca.pem'), pointer: '/directories/idp/trust/ca' },
    ...{ scopes: ['openid', 'profile', 'email'], groupsClaim: 'groups', loginClaim: 'preferred_username' },
    ...{ secondFactor: [], groups: { staff: ['g-staff'], admins: ['g-admins'] } },
    ...more,
  };
  return { provider: started, source: new OpenIdSource(directory), directory };
}

/** Goes all the way, as somebody. */
async function signIn(source: OpenIdSource, login: string, visitor = new Visitor(authority)) {
  const { url, kept } = await source.start(back);
  const came = await visitor.signIn(url, login, back.href);
  return { came, kept, result: await source.finish(came, kept) };
}

test.each([
  ['the ID token', { conformIdTokenClaims: false }],
  ['UserInfo', { conformIdTokenClaims: true }],
] as const)('somebody signs in at the provider: what it says of them is in %s', async (_, more) => {
  const { source, provider } = await begun({}, more);
  const { result, came } = await signIn(source, 'alice');
  expect(result).toEqual({
    user: {
      ...{ id: 'alice@idp', source: 'idp', login: 'alice', title: 'Alice Martin', email: 'alice@example.fr' },
      ...{ groups: ['staff'], stable: 'alice' },
    },
  });
  expect(came.searchParams.get('iss')).toBe(provider.issuer);
  expect(provider.heard.includes('GET /me')).toBe(more.conformIdTokenClaims);
  // The keys were looked at although the token came from the provider itself.
  expect(provider.heard).toContain('GET /jwks');
  const bob = await signIn(source, 'bob');
  // A list of one as a text; an address that is not verified is left out.
  expect(bob.result.user).toEqual({
    id: 'bob@idp',
    source: 'idp',
    login: 'bob',
    groups: ['admins'],
    stable: 'bob',
  });
});

test('what goes to the provider: PKCE, state and nonce, never the secret', async () => {
  const { source } = await begun();
  const [one, other] = [await source.start(back), await source.start(back)];
  const query = one.url.searchParams;
  expect(query.get('code_challenge_method')).toBe('S256');
  for (const key of ['state', 'nonce', 'code_challenge']) {
    expect(query.get(key)?.length).toBeGreaterThan(40);
    expect(query.get(key)).not.toBe(other.url.searchParams.get(key));
  }
  expect(one.url.href + one.kept).not.toContain('secret');
  // Who sees the cookie learns nothing from it.
  expect(Buffer.from(one.kept.split('.')[1] as string, 'base64url').toString('latin1')).not.toContain(
    query.get('state') as string,
  );
});

test('an answer counts once, in the browser that asked, and as it was asked', async () => {
  const { source } = await begun();
  const provider = { refused: 'provider' };
  const { came, kept, result } = await signIn(source, 'alice');
  expect(result.user).toBeDefined();
  expect(await source.finish(came, kept)).toEqual(provider);
  // Another browser's answer, sent to this one: its state, then its code with this one's state.
  const mine = await source.start(back);
  const theirs = await source.start(back);
  const answer = await new Visitor(authority).signIn(theirs.url, 'bob', back.href);
  expect(await source.finish(answer, mine.kept)).toEqual(provider);
  const again = await source.start(back);
  answer.searchParams.set('state', again.url.searchParams.get('state') as string);
  expect(await source.finish(answer, again.kept)).toEqual(provider);
  // Nothing kept, something made up, something altered, another source's.
  const third = await source.start(back);
  const good = await new Visitor(authority).signIn(third.url, 'alice', back.href);
  const { source: other } = await begun();
  for (const bad of ['', 'v1.AAAA', `${third.kept.slice(0, -2)}AA`, (await other.start(back)).kept])
    expect(await source.finish(good, bad)).toEqual(provider);
  // They said no there.
  const fourth = await source.start(back);
  const no = new URL(back);
  no.search = `?error=access_denied&state=${fourth.url.searchParams.get('state')}&iss=${encodeURIComponent(answer.searchParams.get('iss') as string)}`;
  expect(await source.finish(no, fourth.kept)).toEqual(provider);
});

test('who takes too long begins again', async () => {
  const { directory } = await begun();
  let now = new Date();
  const source = new OpenIdSource(directory, { now: () => now });
  const { url, kept } = await source.start(back);
  const came = await new Visitor(authority).signIn(url, 'alice', back.href);
  now = new Date(now.getTime() + 601_000);
  expect(await source.finish(came, kept)).toEqual({ refused: 'provider' });
});

test('a token that the published keys did not sign is nobody’s', async () => {
  const { publicKey } = await generateKeyPair('RS256', { extractable: true });
  const forged = {
    keys: [{ ...(await exportJWK(publicKey)), kid: 'keystore-CHANGE-ME', use: 'sig', alg: 'RS256' }],
  };
  const { source, provider } = await begun();
  provider.instead.set('/jwks', forged);
  await expect(signIn(source, 'alice')).rejects.toMatchObject({ code: 'openid.answer' });
});

test('groups that do not fit, and a login that is not said: told, and nobody is let in', async () => {
  const { source } = await begun();
  await expect(signIn(source, 'many')).rejects.toMatchObject({ code: 'openid.overage' });
  await expect(signIn(source, 'nameless')).rejects.toMatchObject({ code: 'openid.login' });
  // Where no group is of interest, it is no matter.
  const { source: without } = await begun({ groups: {} });
  expect((await signIn(without, 'many')).result.user?.groups).toEqual([]);
  const { source: byEmail } = await begun({ loginClaim: 'email' });
  await expect(signIn(byEmail, 'bob')).rejects.toMatchObject({ code: 'openid.login' });
});

test('what is wrong with a provider is said as such', async () => {
  const { directory } = await begun();
  const start = (more: Partial<OpenIdDirectory>) => new OpenIdSource({ ...directory, ...more }).start(back);
  const other = join(folder, 'other.pem');
  await writeFile(other, (await issue({ common: 'Another authority', authority: true })).cert);
  await expect(start({ trust: { ca: other, pointer: '/t' } })).rejects.toMatchObject({
    code: 'openid.certificate',
    pointer: '/t',
  });
  await expect(start({ issuer: `https://localhost:${await freePort()}` })).rejects.toMatchObject({
    code: 'openid.unreachable',
  });
  await expect(start({ issuer: `${directory.issuer}/other` })).rejects.toMatchObject({
    code: 'openid.answer',
  });
  await expect(start({ issuer: directory.issuer.replace('localhost', '127.0.0.1') })).rejects.toMatchObject({
    code: 'openid.certificate',
  });
  const wrong = join(folder, 'wrong');
  await writeFile(wrong, 'wrong\n', { mode: 0o600 });
  const source = new OpenIdSource({ ...directory, clientSecret: { file: wrong, pointer: '/s' } });
  await expect(signIn(source, 'alice')).rejects.toMatchObject({ code: 'openid.client', pointer: '/s' });
});

test('a second factor that the provider asked for, when it says so', () => {
  const now = new Date('2026-12-01T10:00:00Z');
  const strength = (claims: Claims) => strengthOf({ secondFactor: ['mfa', 'urn:gold'] }, claims, now);
  expect(strength({ amr: ['pwd', 'mfa'] })).toEqual({ factor: 'provider', at: now });
  expect(strength({ acr: 'urn:gold', auth_time: 1796110000 })).toEqual({
    factor: 'provider',
    at: new Date(1796110000_000),
  });
  // No later than now.
  expect(strength({ acr: 'urn:gold', auth_time: 1996110000 })?.at).toEqual(now);
  for (const claims of [{}, { amr: ['pwd'] }, { acr: '1' }, { amr: { mfa: true } }])
    expect(strength(claims)).toBeUndefined();
});

test('with a refresh token, the provider is asked again: other groups, and nobody any more', async () => {
  const { source } = await begun({ scopes: ['openid', 'profile', 'offline_access'] });
  const { result } = await signIn(source, 'alice');
  const user = result.user as User;
  const { claims } = people.alice as { claims: Record<string, unknown> };
  const before = claims.groups;
  try {
    claims.groups = ['g-admins'];
    // Twice at once, too.
    const both = await Promise.all([source.find(user.id, user), source.find(user.id, user)]);
    expect(both.map((each) => each?.groups)).toEqual([['admins'], ['admins']]);
    expect((await source.find(user.id, user))?.groups).toEqual(['admins']);
  } finally {
    claims.groups = before;
  }
  const { alice } = people;
  delete people.alice;
  try {
    expect(await source.find(user.id, user)).toBeUndefined();
  } finally {
    if (alice) people.alice = alice;
  }
  // Of somebody for whom it has none, what was told is what is known.
  const { source: fresh } = await begun();
  expect(await fresh.find(user.id, user)).toEqual(user);
  expect(await fresh.find(user.id)).toBeUndefined();
});

test('signing out goes to the provider, which tells everybody', async () => {
  const tokens: string[] = [];
  const listener = createServer((asked, answer) => {
    asked
      .setEncoding('utf8')
      .on('data', (text: string) => tokens.push(new URLSearchParams(text).get('logout_token') ?? ''));
    asked.on('end', () => answer.end());
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = listener.address() as AddressInfo;
    const { source, directory } = await begun({}, {}, `http://127.0.0.1:${port}/logout`);
    const visitor = new Visitor(authority);
    const { result } = await signIn(source, 'alice', visitor);
    const away = (await source.leave(result.user as User, left)) as URL;
    expect(away.searchParams.get('id_token_hint')).toBeTruthy();
    const at = await visitor.visit(away.href, left.href);
    const [, action = ''] = /action="([^"]+)"/.exec(at.page) ?? [];
    const [, xsrf = ''] = /name="xsrf" value="([^"]+)"/.exec(at.page) ?? [];
    const done = await visitor.visit(action, left.href, { xsrf, logout: 'yes' });
    expect(done.url.href).toBe(left.href);
    await expect.poll(() => tokens.length).toBe(1);
    const [token = ''] = tokens;
    const other = new OpenIdSource({ ...directory, clientId: 'another' });
    expect(await other.signedOut(token)).toBeUndefined();
    expect(await source.signedOut(`${token.slice(0, -4)}AAAA`)).toBeUndefined();
    expect(await source.signedOut(token)).toBe('alice');
    // Once.
    expect(await source.signedOut(token)).toBeUndefined();
    const { privateKey } = await generateKeyPair('RS256');
    const forged = await new SignJWT({
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
      sub: 'bob',
    })
      .setProtectedHeader({ alg: 'RS256' })
      .setIssuer(directory.issuer)
      .setAudience(client.id)
      .setJti('x')
      .setIssuedAt()
      .sign(privateKey);
    expect(await source.signedOut(forged)).toBeUndefined();
  } finally {
    listener.close();
  }
});
