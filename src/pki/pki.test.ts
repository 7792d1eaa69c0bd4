import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { localhost } from '../hosts/local.ts';
import { openAuthority } from './authority/authority.ts';
import { certificateFile, daysLeft, ensureCertificates } from './certificates.ts';

const now = new Date('2026-11-22T12:00:00Z');
const day = 86_400_000;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poterne-pki-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('openssl takes the root for a CA and the leaf for a server certificate of it', async () => {
  const authority = await openAuthority(join(folder, 'ca'), 'Test CA', now);
  const issued = await authority.issue(['erp.localhost', '*.apps.localhost'], 90, now);
  await writeFile(join(folder, 'leaf.pem'), issued.certificate);
  const at = String(now.getTime() / 1000);
  const root = join(folder, 'ca', 'root.pem');
  const verified = await localhost.run([
    'openssl',
    'verify',
    '-x509_strict',
    '-purpose',
    'sslserver',
    '-attime',
    at,
    '-CAfile',
    root,
    '-untrusted',
    join(folder, 'leaf.pem'),
    join(folder, 'leaf.pem'),
  ]);
  expect(verified.stdout + verified.stderr).toContain('leaf.pem: OK');
  const leaf = new X509Certificate(issued.certificate);
  expect(leaf.checkHost('erp.localhost')).toBe('erp.localhost');
  expect(leaf.checkHost('one.apps.localhost')).toBeDefined();
  expect(leaf.checkHost('other.localhost')).toBeUndefined();
  expect(daysLeft(leaf, now)).toBe(90);
});

test('the authority is the same the next time, and its key is private', async () => {
  const first = await openAuthority(join(folder, 'ca'), 'Test CA', now);
  const again = await openAuthority(join(folder, 'ca'), 'Other label', now);
  expect(again.root).toBe(first.root);
  expect((await stat(join(folder, 'ca', 'root.key'))).mode & 0o777).toBe(0o600);
  expect((await stat(join(folder, 'ca'))).mode & 0o777).toBe(0o700);
});

test('a certificate is kept while it is good, and issued again when names, CA or time ask for it', async () => {
  const authority = await openAuthority(join(folder, 'ca'), 'Test CA', now);
  const need = { id: 'erp', names: ['erp.localhost'] };
  const at = (days: number) => new Date(now.getTime() + days * day);
  const ensure = async (n: typeof need, when: Date, by = authority) =>
    (await ensureCertificates(folder, [n], by, when)).issued.length;
  expect(await ensure(need, now)).toBe(1);
  expect(await ensure(need, at(59))).toBe(0);
  expect(await ensure(need, at(61))).toBe(1);
  expect(await ensure({ ...need, names: ['erp.localhost', 'erp2.localhost'] }, at(61))).toBe(1);
  // Made by a clock that was ahead, it is not valid yet once that is set right.
  expect(await ensure(need, at(200))).toBe(1);
  expect(await ensure(need, at(61))).toBe(1);
  expect(await ensure(need, at(62))).toBe(0);
  const other = await openAuthority(join(folder, 'other'), 'Other CA', now);
  expect(await ensure({ ...need, names: ['erp.localhost', 'erp2.localhost'] }, at(61), other)).toBe(1);
  await writeFile(certificateFile(folder, 'erp'), 'not a certificate');
  expect(await ensure(need, now)).toBe(1);
  expect(await readFile(certificateFile(folder, 'erp'), 'utf8')).toContain('BEGIN PRIVATE KEY');
});
