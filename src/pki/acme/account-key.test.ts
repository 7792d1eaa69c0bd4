import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openAccountKey } from './account-key.ts';

let top: string;
beforeAll(async () => {
  top = await mkdtemp(join(tmpdir(), 'poterne-acme-'));
});
afterAll(() => rm(top, { recursive: true, force: true }));

test('the key is made once, and only we may read it', async () => {
  const folder = join(top, 'acme');
  const first = await openAccountKey(folder);
  const file = join(folder, 'account.key');
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const pem = await readFile(file, 'utf8');
  const again = await openAccountKey(folder);
  expect(again.thumbprint).toBe(first.thumbprint);
  expect(first.thumbprint).toMatch(/^[\w-]{43}$/);
  expect(await readFile(file, 'utf8')).toBe(pem);
});

test('a damaged key is said, and not replaced', async () => {
  const folder = join(top, 'broken');
  await openAccountKey(folder);
  await writeFile(join(folder, 'account.key'), 'oops');
  await expect(openAccountKey(folder)).rejects.toMatchObject({ code: 'acme.key' });
  expect(await readFile(join(folder, 'account.key'), 'utf8')).toBe('oops');
});
