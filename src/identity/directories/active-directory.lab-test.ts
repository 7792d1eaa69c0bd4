import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as joined } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { down, type Lab, up } from '../../../lab/lab.ts';
import type { LdapDirectory } from '../../model/sign-in.ts';
import { issue } from '../../verify/testing/pki.ts';
import type { SignInResult, User } from '../types.ts';
import { change, domain, join, provision, tlsFolder } from './testing/domain.ts';

/** A real domain of Samba AD with two controllers, asked from the gateway's network. */
let lab: Lab;
let folder: string;
const addresses = { dc1: '10.82.0.2', dc2: '10.82.0.3' };
const tsx = fileURLToPath(new URL('../../../node_modules/tsx/dist/loader.mjs', import.meta.url));
const ask = fileURLToPath(new URL('testing/ask.ts', import.meta.url));

beforeAll(async () => {
  folder = await mkdtemp(joined(tmpdir(), 'poterne-ad-'));
  const at = (name: string) => joined(folder, name);
  const authority = await issue({ common: 'Example Lan CA', authority: true });
  const names = { 'dc1.example.lan': [addresses.dc1], 'dc2.example.lan': [addresses.dc2] };
  const controller = async (name: 'dc1' | 'dc2') => {
    const { cert, key } = await issue({ names: [`${name}.example.lan`], by: authority });
    const file = (content: string, mode = '0644') => ({ content, mode });
    return {
      interfaces: { lan: [addresses[name]] },
      packages: ['samba-ad-dc', 'samba-ad-provision'],
      names,
      resolvers: name === 'dc2' ? [addresses.dc1] : [],
      files: {
        [`${tlsFolder}/ca.pem`]: file(authority.cert),
        [`${tlsFolder}/crt.pem`]: file(cert),
        [`${tlsFolder}/key.pem`]: file(key, '0600'),
      },
    };
  };
  await writeFile(at('ca.pem'), authority.cert);
  await writeFile(at('other.pem'), (await issue({ common: 'Another CA', authority: true })).cert);
  await writeFile(at('secret'), 'service-Passw0rd\n', { mode: 0o600 });
  await writeFile(
    at('hosts'),
    `127.0.0.1 localhost\n${Object.entries(addresses)
      .map(([name, address]) => `${address} ${name}.example.lan\n`)
      .join('')}`,
  );
  lab = await up({
    name: `ad-${process.pid}`,
    zones: { lan: { networks: ['10.82.0.0/24'] } },
    hosts: {
      dc1: await controller('dc1'),
      dc2: await controller('dc2'),
      gateway: { boot: false, interfaces: { lan: ['10.82.0.1'] } },
    },
  });
  await provision(lab.host('dc1'), addresses.dc1);
  await join(lab.host('dc2'), 'dc1');
});
afterAll(async () => {
  if (lab) await down(lab.name);
  await rm(folder, { recursive: true, force: true });
});

const server = (name: 'dc1' | 'dc2', startTls = false) => ({
  host: `${name}.example.lan`,
  port: startTls ? 389 : 636,
  startTls,
});

function directory(more: Partial<LdapDirectory> = {}): LdapDirectory {
  return {
    ...{ name: 'ad', kind: 'active-directory', pointer: '/directories/ad', base: domain, attributes: {} },
    servers: [server('dc1'), server('dc2')],
    trust: { ca: joined(folder, 'ca.pem'), pointer: '/directories/ad/trust/ca' },
    bind: { user: 'poterne@example.lan', password: { file: joined(folder, 'secret'), pointer: '' } },
    groups: {
      staff: ['CN=Staff,OU=Groups,DC=example,DC=lan'],
      ring: ['Ring'],
      admins: ['cn=admins, ou=groups, dc=example, dc=lan'],
      special: ['Special'],
      users: ['Domain Users'],
    },
    ...more,
  };
}

interface Answer<T> {
  readonly answer: T;
  readonly milliseconds: number;
}

interface Asked {
  check(login: string, password: string): Promise<Answer<SignInResult>>;
  find(id: string): Promise<Answer<User | null>>;
}

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** Someone who asks in the gateway's network, where names resolve as they do there. */
function from(described: LdapDirectory): Asked {
  const [program = '', ...argv] = lab
    .host('gateway')
    .networkCommand([
      ...['unshare', '--mount', 'sh', '-c', 'mount --bind "$1" /etc/hosts; shift; exec "$@"', 'sh'],
      ...[joined(folder, 'hosts'), process.execPath, '--import', tsx, ask, JSON.stringify(described)],
    ]);
  const child = spawn(program, argv, { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  const lines = createInterface({ input: child.stdout });
  const gone = new Promise<never>((_, reject) => child.once('exit', () => reject(new Error('gone'))));
  gone.catch(() => undefined);
  const waiting: ((line: string) => void)[] = [];
  lines.on('line', (line) => waiting.shift()?.(line));
  const say = <T>(...words: readonly string[]) => {
    const answer = new Promise<Answer<T>>((resolve) => {
      waiting.push((line) => resolve(JSON.parse(line) as Answer<T>));
    });
    child.stdin.write(`${JSON.stringify(words)}\n`);
    return Promise.race([answer, gone]);
  };
  return { check: (login, password) => say('check', login, password), find: (id) => say('find', id) };
}

test.each([false, true])('who signs in, and who does not (StartTLS: %s)', async (startTls) => {
  const ad = from(directory({ servers: [server('dc1', startTls)] }));
  const { answer } = await ad.check('Alice', 'alice-Passw0rd');
  expect(answer.user).toEqual({
    ...{ id: 'alice@ad', source: 'ad', login: 'alice', title: 'Alice Exemple', email: 'alice@example.lan' },
    // Staff is in Ring, Ring in Cell, Cell in Staff.
    groups: ['admins', 'ring', 'staff', 'users'],
    stable: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
  });
  expect((await ad.check('alice@example.lan', 'alice-Passw0rd')).answer.user?.id).toBe('alice@ad');
  const refused = async (login: string, password: string) => (await ad.check(login, password)).answer.refused;
  expect(await refused('alice', 'alice-Passw0r')).toBe('password');
  expect(await refused('alice', '')).toBe('password');
  expect(await refused('nobody', 'x')).toBe('unknown');
  expect(await refused('al*', 'alice-Passw0rd')).toBe('unknown');
  expect(await refused('carol', 'carol-Passw0rd')).toBe('disabled');
  expect(await refused('dave', 'dave-Passw0rd')).toBe('expired');
  expect(await refused('erin', 'erin-Passw0rd')).toBe('must-change');
  expect(await refused('ivan', 'ivan-Passw0rd')).toBe('hours');
  for (const id of ['carol@ad', 'dave@ad', 'erin@ad', 'ivan@ad', 'nobody@ad'])
    expect((await ad.find(id)).answer, id).toBeNull();
});

test('groups of groups, and the primary group', async () => {
  const ad = from(directory());
  expect((await ad.find('bob@ad')).answer).toMatchObject({ groups: ['ring', 'staff', 'users'] });
  expect((await ad.find('heidi@ad')).answer).toMatchObject({ groups: ['special', 'users'] });
});

test('three wrong passwords lock the account for its time', async () => {
  const ad = from(directory({ servers: [server('dc1')] }));
  for (let i = 0; i < 3; i += 1) expect((await ad.check('frank', 'w')).answer.refused).toBe('password');
  expect((await ad.check('frank', 'frank-Passw0rd')).answer.refused).toBe('locked');
  expect((await ad.find('frank@ad')).answer).toMatchObject({ id: 'frank@ad' });
  // Four seconds, by a clock of the domain's own.
  const again = async () => (await ad.check('frank', 'frank-Passw0rd')).answer;
  await expect.poll(again, { timeout: 90_000, interval: 1000 }).toMatchObject({ user: { id: 'frank@ad' } });
});

test('a certificate of another authority, or for another name, is refused', async () => {
  const stranger = from(directory({ trust: { ca: joined(folder, 'other.pem'), pointer: '' } }));
  const refused = { fault: 'directory.down', cause: 'directory.certificate' };
  expect((await stranger.check('alice', 'alice-Passw0rd')).answer).toMatchObject(refused);
  const misnamed = from(directory({ servers: [{ host: addresses.dc1, port: 636, startTls: false }] }));
  expect((await misnamed.check('alice', 'alice-Passw0rd')).answer).toMatchObject(refused);
});

test('what an administrator does holds at the next look: disabled, out of a group, renamed', async () => {
  const ad = from(directory({ servers: [server('dc1')] }));
  const before = (await ad.find('grace@ad')).answer as User;
  expect(before.groups).toContain('staff');
  await change(
    lab.host('dc1'),
    `db.add_remove_group_members('Ring', ['grace'], add_members_operation=False)`,
  );
  expect((await ad.find('grace@ad')).answer).toMatchObject({ groups: ['users'] });
  // Another grace comes after the first was renamed: by name the same, and somebody else.
  await change(
    lab.host('dc1'),
    `mod(dn('grace'), sAMAccountName='gracie', userPrincipalName='gracie@example.lan')
db.rename(dn('gracie'), ldb.Dn(db, 'CN=gracie,OU=People,' + base))
db.newuser('grace', 'other-Passw0rd', userou='OU=People', givenname='Other')`,
  );
  const after = (await ad.find('grace@ad')).answer as User;
  expect(after.id).toBe(before.id);
  expect(after.stable).not.toBe(before.stable);
  expect(((await ad.find('gracie@ad')).answer as User).stable).toBe(before.stable);
  await change(lab.host('dc1'), `mod(dn('gracie'), userAccountControl='514')`);
  expect((await ad.find('gracie@ad')).answer).toBeNull();
});

test('a controller whose plug is pulled is gone round, and one that hangs too', async () => {
  const ad = from(directory());
  expect((await ad.check('alice', 'alice-Passw0rd')).answer.user).toBeDefined();
  await lab.host('dc1').powerOff();
  const dead = await ad.check('alice', 'alice-Passw0rd');
  expect(dead.answer.user).toMatchObject({ groups: ['admins', 'ring', 'staff', 'users'] });
  expect(dead.milliseconds).toBeLessThan(8000);
  // It is left alone meanwhile.
  const next = await ad.check('alice', 'alice-Passw0rd');
  expect(next.milliseconds).toBeLessThan(1500);
  // Both gone.
  await lab.host('dc2').run(['systemctl', 'kill', '--signal=STOP', 'samba-ad-dc']);
  const down = await ad.check('alice', 'alice-Passw0rd');
  expect(down.answer).toMatchObject({ fault: 'directory.down' });
  expect(down.milliseconds).toBeLessThan(10_000);
  await lab.host('dc2').run(['systemctl', 'kill', '--signal=CONT', 'samba-ad-dc']);
  await expect
    .poll(async () => (await ad.check('alice', 'alice-Passw0rd')).answer.user?.id, { timeout: 90_000 })
    .toBe('alice@ad');
});
