import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { localhost } from '../../hosts/local.ts';
import { revocationLists } from '../../lib/crl.ts';
import type { AuthorityPolicy } from '../../model/authority.ts';
import { decryptKey, encryptKey } from '../at-rest.ts';
import { openAuthority, type Request } from './authority.ts';
import type { nameConstraints } from './constraints.ts';
import { makeKeyOf } from './keys.ts';

const now = new Date();
const by = { who: 'tester' };
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poterne-authority-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const policy: AuthorityPolicy = {
  names: ['example.test'],
  described: true,
  networks: ['10.0.0.0/8'],
  key: 'ecdsa-p256',
  days: 90,
  base: 'http://ca.example.test',
  pointer: '',
};

const file = (name: string) => join(folder, name);
const open = () => openAuthority(file('ca'), 'Test CA', now);

async function opened() {
  const authority = await open();
  await authority.adopt(policy, now);
  await writeFile(file('root.pem'), authority.root);
  return authority;
}

async function openssl(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await localhost.run(['openssl', ...words]);
  return `${code} ${stdout}${stderr}`;
}

/** openssl's verdict on a chain that a peer sends, by the root alone. */
async function verdict(chain: string, ...more: string[]): Promise<string> {
  await writeFile(file('leaf.pem'), chain);
  return openssl(
    ...['verify', '-x509_strict', '-CAfile', file('root.pem'), '-untrusted', file('leaf.pem'), ...more],
    file('leaf.pem'),
  );
}

async function asked(more: Partial<Request> = {}): Promise<Request> {
  const publicKey = await makeKeyOf('ecdsa-p256');
  return { name: 'alice', purpose: 'client', names: [], days: 30, publicKey, ...more };
}

test('what was signed by a clock that was ahead is signed again once it is set right', async () => {
  const authority = await opened();
  const ahead = (days: number) => new Date(now.getTime() + days * 86_400_000);
  await authority.adopt(policy, ahead(1000));
  await authority.crl(ahead(0.8));
  await authority.adopt(policy, now);
  const issuing = new X509Certificate((await readFile(file('ca/issuing.pem'), 'utf8')) as string);
  expect(Date.parse(issuing.validFrom)).toBeLessThanOrEqual(now.getTime());
  const lists = revocationLists(await authority.crl(now));
  expect(lists.map(({ from }) => from <= now)).toEqual([true, true]);
});

test('openssl takes each kind of certificate for its own purpose, and for no other', async () => {
  const authority = await opened();
  const sign = async (purpose: Request['purpose'], type: Parameters<typeof makeKeyOf>[0]) => {
    const request = await asked({ purpose, names: ['a.example.test', '10.1.2.3', 'email:a@b.test'] });
    const [made] = await authority.certify([{ ...request, publicKey: await makeKeyOf(type) }], by, now);
    return made?.certificate ?? '';
  };
  const server = await sign('server', 'ecdsa-p384');
  expect(await verdict(server, '-purpose', 'sslserver')).toContain('leaf.pem: OK');
  expect(await verdict(server, '-purpose', 'sslclient')).toMatch(/unsu\w+ certificate purpose/);
  const client = await sign('client', 'rsa-3072');
  expect(await verdict(client, '-purpose', 'sslclient')).toContain('leaf.pem: OK');
  expect(await verdict(client, '-purpose', 'sslserver')).toMatch(/unsu\w+ certificate purpose/);
  const both = await sign('both', 'ecdsa-p256');
  expect(await verdict(both, '-purpose', 'sslclient')).toContain('leaf.pem: OK');
  expect(await verdict(both, '-purpose', 'sslserver')).toContain('leaf.pem: OK');
  const text = await openssl('x509', '-noout', '-text', '-in', file('leaf.pem'));
  expect(text).toMatch(
    /CRL Distribution Points:\s+Full Name:\s+URI:http:\/\/ca\.example\.test\/\.well-known\/poterne\/[0-9a-f]{16}\.crl/,
  );
  expect(text).toContain('email:a@b.test');
});

test('names outside are refused by the authority, and by openssl should its key have signed them', async () => {
  const authority = await opened();
  const sign = async (names: readonly string[], name = 'x') =>
    authority.certify([await asked({ purpose: 'server', names, name })], by, now);
  for (const name of ['example.com', 'notexample.test', '192.0.2.1', '*.com', '2001:db8::1'])
    await expect(sign([name])).rejects.toMatchObject({ code: 'authority.name.forbidden', params: { name } });
  // Whoever has the key asks nobody.
  await authority.folder.writeSignedLimits(undefined);
  const stolen = async (name: string) => verdict((await sign([name]))[0]?.certificate ?? '');
  expect(await stolen('deep.example.test')).toContain('leaf.pem: OK');
  expect(await stolen('10.255.0.1')).toContain('leaf.pem: OK');
  expect(await stolen('example.com')).toContain('permitted subtree violation');
  expect(await stolen('192.0.2.1')).toContain('permitted subtree violation');
  expect(await stolen('2001:db8::1')).toContain('subtree violation');
});

test('the constraints are what openssl reads in them', async () => {
  const authority = await open();
  const read = async (limits: Parameters<typeof nameConstraints>[0]) => {
    await authority.adopt({ ...policy, ...limits }, now);
    const text = await openssl('x509', '-noout', '-ext', 'nameConstraints', '-in', file('ca/issuing.pem'));
    return text.replaceAll(/\s+/g, ' ').trim();
  };
  expect(await read({ names: ['a.test', 'b.test'], networks: ['10.0.0.0/8', '2001:db8:0:4000::/50'] })).toBe(
    '0 X509v3 Name Constraints: critical Permitted: DNS:a.test DNS:b.test IP:10.0.0.0/255.0.0.0 IP:2001:DB8:0:4000:0:0:0:0/FFFF:FFFF:FFFF:C000:0:0:0:0',
  );
  expect(await read({ names: [], networks: [] })).toMatch(
    /critical Excluded: DNS: IP:0\.0\.0\.0\/0\.0\.0\.0 IP:0:0:0:0:0:0:0:0\/0:0:0:0:0:0:0:0$/,
  );
  const many = Array.from({ length: 300 }, (_, i) => `name-${i}.example.test`);
  expect(await read({ names: many, networks: [] })).toContain('DNS:name-299.example.test');
});

test('the list of revoked certificates: openssl refuses what is on it, and nothing else', async () => {
  const authority = await opened();
  const [good, bad] = await authority.certify([await asked(), await asked({ name: 'bob' })], by, now);
  const check = async (chain = '') => {
    await writeFile(file('crl.pem'), await authority.crl(now));
    return verdict(chain, '-crl_check_all', '-CRLfile', file('crl.pem'));
  };
  expect(await check(bad?.certificate)).toContain('leaf.pem: OK');
  await authority.revoke(bad?.record.serial ?? '', 'key-compromise', by, now);
  expect(await check(bad?.certificate)).toContain('certificate revoked');
  expect(await check(good?.certificate)).toContain('leaf.pem: OK');
  const first = await readFile(file('crl.pem'), 'utf8');
  expect(await openssl('crl', '-noout', '-text', '-in', file('crl.pem'))).toContain('Key Compromise');
  await expect(authority.revoke(bad?.record.serial ?? '', 'superseded', by, now)).rejects.toMatchObject({
    code: 'cert.revoked.already',
  });
  // The same until it is time, then a new one long before the old one ends.
  expect(await authority.crl(new Date(now.getTime() + 86_400_000))).toBe(first);
  expect(await authority.crl(new Date(now.getTime() + 2 * 86_400_000))).not.toBe(first);
});

test('keys are encrypted at rest by the machine’s key, which is not in the folder', async () => {
  const authority = await opened();
  const pem = await readFile(file('ca/root.key'), 'utf8');
  expect(pem).toContain('BEGIN ENCRYPTED PRIVATE KEY');
  const asn1 = await openssl('asn1parse', '-in', file('ca/root.key'));
  for (const word of ['PBES2', 'PBKDF2', 'aes-256-cbc']) expect(asn1).toContain(word);
  const secret = (await authority.folder.secret()) as string;
  expect(decryptKey(pem, secret, '').asymmetricKeyType).toBe('ec');
  expect(() => decryptKey(pem, `${secret}x`, 'f')).toThrow('key.locked');
  expect(() => encryptKey(pem, 'guess me')).toThrow('key.secret.weak');
});

test('an authority of before, whose root signs itself, goes on: same root, and its key encrypted', async () => {
  const old = JSON.parse(await readFile(new URL('./testing-before.json', import.meta.url), 'utf8'));
  const first = await open();
  await writeFile(file('ca/root.pem'), old.root);
  await writeFile(file('ca/root.key'), old.key);
  await rm(file('ca/issuing.key'));
  expect(first.root).not.toBe(old.root);
  const authority = await opened();
  expect(authority.root).toBe(old.root);
  expect(await readFile(file('ca/root.key'), 'utf8')).toContain('ENCRYPTED');
  const [made] = await authority.certify(
    [await asked({ purpose: 'server', names: ['erp.example.test'] })],
    by,
    now,
  );
  expect(await verdict(made?.certificate ?? '', '-purpose', 'sslserver')).toContain('leaf.pem: OK');
  expect((await authority.judge()).signed(new X509Certificate(made?.certificate ?? ''))).toBe(true);
  await writeFile(file('crl.pem'), await authority.crl(now));
  expect(await verdict(made?.certificate ?? '', '-crl_check', '-CRLfile', file('crl.pem'))).toContain(': OK');
  createPrivateKey(old.key);
});
