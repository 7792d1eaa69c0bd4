import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { freePort } from '../../lib/testing-ports.ts';
import type { LdapDirectory } from '../../model/sign-in.ts';
import { issue, type Pair } from '../../verify/testing/pki.ts';
import { ldap } from './ldap.ts';
import { LdapSource } from './ldap-source.ts';
import { type Patience, usualPatience } from './servers.ts';
import { townHall } from './testing/people.ts';
import { directoryOf, pkiOf, type Slapd, startSlapd, suffix } from './testing/slapd.ts';

/** A real OpenLDAP, spoken to over LDAPS and StartTLS. */
let folder: string;
let server: Slapd;
let authority: Pair;
let certificate: Pair;
const open: LdapSource[] = [];
const listening: Server[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poterne-ldap-'));
  await writeFile(join(folder, 'secret'), 'service-password\n', { mode: 0o600 });
  ({ authority, certificate } = await pkiOf());
  server = await startSlapd(folder, { authority, certificate, ldif: townHall });
});
afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((source) => source.close()));
  for (const each of listening.splice(0)) each.close();
});

const groups = {
  staff: [`CN=Staff, OU=groups,${suffix}`],
  ring: ['ring'],
  admins: [`cn=admins,ou=groups,${suffix}`],
  posix: ['posix'],
  dynamic: [`cn=dynamic,ou=groups,${suffix}`],
};
const ldaps = () => ({ host: 'localhost', port: server.ldaps, startTls: false });
const startTls = () => ({ host: 'localhost', port: server.ldap, startTls: true });

function sourceOf(
  more: Partial<LdapDirectory> = {},
  patience: Partial<Patience> = {},
  now?: () => Date,
): LdapSource {
  const source = new LdapSource(directoryOf(folder, [ldaps()], { groups, ...more }), ldap, {
    patience: { ...usualPatience, pause: 0, ...patience },
    ...(now ? { now } : {}),
  });
  open.push(source);
  return source;
}

/** Something that listens and does as it is told. */
async function listener(serve: Parameters<typeof createServer>[1]): Promise<number> {
  const made = createServer(serve);
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  listening.push(made);
  return (made.address() as import('node:net').AddressInfo).port;
}

test.each(['ldaps', 'startTls'] as const)(
  'over %s, somebody with the right password is who they are',
  async (way) => {
    const source = sourceOf({ servers: [way === 'ldaps' ? ldaps() : startTls()] });
    const result = await source.check('Alice', 'alice-password');
    expect(result.user).toMatchObject({
      ...{
        id: 'alice@ldap',
        source: 'ldap',
        login: 'alice',
        title: 'Alice Martin',
        email: 'alice@example.fr',
      },
      // By a group that is itself in a circle of groups.
      groups: ['admins', 'ring', 'staff'],
      stable: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(await source.check('alice', 'alice-passwor')).toEqual({ refused: 'password' });
    expect(await source.check('nobody', 'x')).toEqual({ refused: 'unknown' });
  },
);

test('groups: nested, in a circle, by uid, and those that only the entry names', async () => {
  const source = sourceOf();
  expect((await source.find('bob@ldap'))?.groups).toEqual(['ring', 'staff']);
  expect((await source.find('frank@ldap'))?.groups).toEqual(['posix']);
  expect((await source.find('grace@ldap'))?.groups).toEqual(['dynamic', 'ring', 'staff']);
  expect((await sourceOf({ groups: { staff: ['nothing'] } }).find('alice@ldap'))?.groups).toEqual([]);
});

test('an empty password binds as nobody: it is refused before it leaves', async () => {
  expect(await sourceOf().check('alice', '')).toEqual({ refused: 'password' });
  const unreachable = sourceOf({ servers: [{ host: 'localhost', port: await freePort(), startTls: false }] });
  expect(await unreachable.check('alice', '')).toEqual({ refused: 'password' });
});

test('nothing that is typed is a pattern or a filter', async () => {
  const source = sourceOf();
  for (const login of ['*', 'al*', 'alice)(uid=*', 'alice)(|(uid=*', 'alice\0', '', 'uid=alice', ' '])
    expect(await source.check(login, 'alice-password'), login).toEqual({ refused: 'unknown' });
  // While a star is a letter like another.
  expect((await source.check('star*', 'star-password')).user?.id).toBe('star*@ldap');
  expect(await source.find('al*@ldap')).toBeUndefined();
  expect(await source.find('alice@other')).toBeUndefined();
  expect(await source.find('ALICE@ldap')).toBeUndefined();
});

test('a name of any alphabet is one; what nobody sees makes it none, which is told whoever has the password', async () => {
  const source = sourceOf();
  const { user } = await source.check('CHLOE\u0301.Müller', 'chloé.müller-password');
  expect(user).toMatchObject({ id: 'chloé.müller@ldap', login: 'chloé.müller' });
  expect(await source.find('chloé.müller@ldap')).toEqual(user);
  expect(await source.check('hid\u200bden', 'hidden-password')).toEqual({ refused: 'name' });
  expect(await source.check('hid\u200bden', 'x')).toEqual({ refused: 'password' });
  expect(await source.find('hid\u200bden@ldap')).toBeUndefined();
});

test('accounts that are disabled, expired, locked, or whose password must change', async () => {
  const source = sourceOf();
  expect(await source.check('carol', 'carol-password')).toEqual({ refused: 'expired' });
  expect(await source.find('carol@ldap')).toBeUndefined();
  expect(await source.check('dave', 'dave-password')).toEqual({ refused: 'disabled' });
  expect(await source.find('dave@ldap')).toBeUndefined();
  expect(await source.check('erin', 'erin-password')).toEqual({ refused: 'must-change' });
  expect(await source.find('erin@ldap')).toBeUndefined();
  const { user } = await source.check('frank', 'frank-password');
  expect(user?.ends).toEqual(new Date('2079-07-08T00:00:00Z'));
  const later = sourceOf({}, {}, () => new Date('2079-07-08T00:00:00Z'));
  expect(await later.find('frank@ldap')).toBeUndefined();
});

test('somebody locked by wrong passwords is refused until it ends, and keeps their sessions', async () => {
  const source = sourceOf();
  for (let i = 0; i < 3; i += 1) expect(await source.check('bob', 'wrong')).toEqual({ refused: 'password' });
  expect(await source.check('bob', 'bob-password')).toEqual({ refused: 'locked' });
  expect((await source.find('bob@ldap'))?.id).toBe('bob@ldap');
  await new Promise((resolve) => setTimeout(resolve, 3100));
  expect((await source.check('bob', 'bob-password')).user?.id).toBe('bob@ldap');
});

test('a filter of the description leaves people out', async () => {
  const source = sourceOf({ filter: '(mail=bob@*)' });
  expect(await source.find('bob@ldap')).toBeDefined();
  expect(await source.find('alice@ldap')).toBeUndefined();
});

test('a name that is not there takes as long as a wrong password', async () => {
  const source = sourceOf();
  const time = async (login: string) => {
    const began = performance.now();
    await source.check(login, 'wrong');
    return performance.now() - began;
  };
  const known = [await time('slow'), await time('slow')];
  const unknown = [await time('nobody'), await time('nobody')];
  // 300,000 rounds of a hash against none.
  expect(Math.min(...known)).toBeGreaterThan(80);
  expect(Math.min(...unknown)).toBeGreaterThan(0.7 * Math.min(...known));
});

test.each(['ldaps', 'startTls'] as const)('over %s, no other certificate will do', async (way) => {
  const servers = [way === 'ldaps' ? ldaps() : startTls()];
  const other = join(folder, 'other-ca.pem');
  await writeFile(other, (await issue({ common: 'Another authority', authority: true })).cert);
  const down = { code: 'directory.down' };
  const stranger = sourceOf({ servers, trust: { ca: other, pointer: '/t' } });
  await expect(stranger.check('alice', 'alice-password')).rejects.toMatchObject({
    ...down,
    cause: { code: 'directory.certificate' },
  });
  // The right authority, another name.
  const elsewhere = sourceOf({ servers: servers.map((each) => ({ ...each, host: '127.0.0.1' })) });
  await expect(elsewhere.check('alice', 'alice-password')).rejects.toMatchObject({
    ...down,
    cause: { code: 'directory.certificate' },
  });
  // Not by the system's roots either, nor by an environment that turns verifying off.
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
  try {
    const { trust: _, ...without } = directoryOf(folder, servers, { groups });
    const bare = new LdapSource(without, ldap);
    open.push(bare);
    await expect(bare.find('alice@ldap')).rejects.toMatchObject({ cause: { code: 'directory.certificate' } });
  } finally {
    delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
  }
});

test('a server that has no TLS, or says something before it, hears no password', async () => {
  const heard: Buffer[] = [];
  const success = Buffer.from('300c02010178070a010004000400', 'hex');
  const answers: readonly [string, Buffer | undefined][] = [
    // "protocolError", as servers without TLS say; not LDAP; a second answer in the clear, kept for later.
    ['directory.tls', Buffer.from('300c02010178070a010204000400', 'hex')],
    ['directory.tls', Buffer.from('220 smtp\r\n')],
    ['directory.tls', Buffer.concat([success, Buffer.from('300c02010261070a010004000400', 'hex')])],
    ['directory.tls', Buffer.concat([success, Buffer.from('30')])],
    ['directory.silent', undefined],
  ];
  for (const [code, answer] of answers) {
    const port = await listener((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (bytes) => {
        heard.push(bytes);
        if (answer) socket.write(answer);
      });
    });
    const source = sourceOf({ servers: [{ host: 'localhost', port, startTls: true }] }, { connect: 300 });
    await expect(source.check('alice', 'alice-password')).rejects.toMatchObject({ cause: { code } });
  }
  expect(Buffer.concat(heard).toString('latin1')).not.toMatch(/password|poterne/);
});

test('an account of our own that is refused, a base that is not there: said as such', async () => {
  const bad = join(folder, 'bad-secret');
  await writeFile(bad, 'wrong\n', { mode: 0o600 });
  const user = `cn=poterne,ou=services,${suffix}`;
  const source = sourceOf({ bind: { user, password: { file: bad, pointer: '' } } });
  await expect(source.find('alice@ldap')).rejects.toMatchObject({ cause: { code: 'directory.bind' } });
  await expect(sourceOf({ base: 'ou=none,dc=example,dc=fr' }).find('alice@ldap')).rejects.toMatchObject({
    code: 'directory.base',
  });
});

test('when a server dies the next is asked, and the first again later', async () => {
  const second = await mkdtemp(join(folder, 'second-'));
  await writeFile(join(second, 'secret'), 'service-password\n', { mode: 0o600 });
  let first = await startSlapd(second, { authority, certificate, ldif: townHall });
  const { ldaps: port, ldap: plain } = first;
  try {
    const servers = [{ host: 'localhost', port, startTls: false }, ldaps()];
    const source = sourceOf({ servers }, { rest: 500 });
    expect((await source.check('alice', 'alice-password')).user).toBeDefined();
    await first.stop();
    expect((await source.check('alice', 'alice-password')).user).toBeDefined();
    expect((await source.find('alice@ldap'))?.groups).toContain('staff');
    await rm(join(second, 'data'), { recursive: true });
    first = await startSlapd(second, {
      authority,
      certificate,
      ldif: townHall,
      ports: { ldaps: port, ldap: plain },
    });
    await new Promise((resolve) => setTimeout(resolve, 600));
    // Now the second hangs: it takes connections, and says nothing.
    server.process.kill('SIGSTOP');
    const began = performance.now();
    expect((await source.check('alice', 'alice-password')).user).toBeDefined();
    expect(performance.now() - began).toBeLessThan(5000);
  } finally {
    server.process.kill('SIGCONT');
    await first.stop();
  }
});

test('when no server answers, it is said within seconds, and again when they do', async () => {
  const silent = await listener((socket) => socket.on('error', () => undefined));
  const servers = [
    { host: 'localhost', port: silent, startTls: false },
    { host: 'localhost', port: await freePort(), startTls: false },
  ];
  const source = sourceOf({ servers }, { connect: 500, pause: 1000 });
  const began = performance.now();
  await expect(source.check('alice', 'alice-password')).rejects.toMatchObject({
    code: 'directory.down',
    cause: { code: 'directory.silent' },
  });
  expect(performance.now() - began).toBeLessThan(2000);
  const again = performance.now();
  await expect(source.find('alice@ldap')).rejects.toMatchObject({ code: 'directory.down' });
  expect(performance.now() - again).toBeLessThan(200);
});

test('many at once', async () => {
  const source = sourceOf();
  const results = await Promise.all(
    Array.from({ length: 40 }, (_, i) => (i % 2 ? source.find('grace@ldap') : source.find('alice@ldap'))),
  );
  expect(new Set(results.map((each) => each?.login))).toEqual(new Set(['alice', 'grace']));
  expect(results.every((each, i) => each?.login === (i % 2 ? 'grace' : 'alice'))).toBe(true);
});
