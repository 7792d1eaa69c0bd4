import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStore, type Store } from '../store/store.ts';
import { isForPath, openTokens, type ServiceTokens } from './tokens.ts';

let folder: string;
let store: Store;
let tokens: ServiceTokens;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poterne-tokens-'));
  store = await openStore(folder);
  tokens = fresh();
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

const fresh = () =>
  openTokens(
    async () => store.serviceTokens,
    () => 's',
  );
const day = 86_400_000;
const backup = {
  ...{ name: 'backup', user: 'monitoring', publications: ['api.example.fr'], paths: ['/rfe/'] },
  ...{ by: 'root', lasts: day },
};
const sql = (text: string): readonly unknown[] => {
  const other = new Database(join(folder, 'poterne.db'));
  const statement = other.prepare(text);
  const rows = statement.reader ? statement.all() : void statement.run();
  other.close();
  return rows ?? [];
};

test('a token is shown once, kept as a hash, and tells when and from where it was used', async () => {
  const made = await tokens.create(backup);
  const shown = made?.shown ?? '';
  expect(shown).toMatch(/^pot_[A-Za-z0-9_-]{60}$/);
  expect(JSON.stringify(sql('select * from service_token'))).not.toContain(shown.slice(-43));
  expect(await fresh().find(shown, '10.0.0.9')).toEqual(made?.token);
  await expect.poll(() => tokens.list()).toMatchObject([{ usedFrom: '10.0.0.9', state: 'valid' }]);
  for (const wrong of [
    '',
    'pot_',
    shown.slice(0, -1),
    `${shown.slice(0, -43)}${'A'.repeat(43)}`,
    `x${shown}`,
  ])
    expect(await tokens.find(wrong, 'x')).toBeUndefined();
  expect(await tokens.create(backup)).toBeUndefined();
});

test('revoked and expired ones are refused, and their name is free again', async () => {
  const one = (await tokens.create(backup))?.shown ?? '';
  expect(await tokens.find(one, 'x')).toBeDefined();
  expect(await tokens.revoke('backup')).toMatchObject([{ name: 'backup' }]);
  expect(await tokens.find(one, 'x')).toBeUndefined();
  expect(await tokens.revoke('backup')).toEqual([]);
  const two = (await tokens.create(backup))?.shown ?? '';
  sql(`update service_token set expires = '2026-01-01T00:00:00.000Z' where revoked is null`);
  expect(await tokens.find(two, 'x')).toBeUndefined();
  const three = await tokens.create(backup);
  sql(`update service_token set made = '2999-01-01T00:00:00.000Z' where id = '${three?.token.id}'`);
  expect(await tokens.find(three?.shown ?? '', 'x')).toBeUndefined();
  expect((await tokens.list()).map(({ state }) => state).sort()).toEqual(['expired', 'expired', 'revoked']);
});

test('its paths are those that nobody could read as others', async () => {
  const token = (await tokens.create(backup))?.token;
  if (!token) throw new Error('none');
  for (const path of ['/rfe/', '/rfe/a?b=/x', '/rfe/%20x']) expect(isForPath(token, path)).toBe(true);
  for (const path of [
    '/',
    '/rfe',
    '/rfex',
    '/RFE/',
    '/rfe/../x',
    '/rfe/%2e%2e/x',
    '/rfe//x',
    '/rfe/;x',
    '/x?/rfe/',
  ])
    expect(isForPath(token, path)).toBe(false);
  expect(isForPath({ ...token, paths: [] }, '/anything')).toBe(true);
  const accented = { ...token, paths: ['/réf/'] };
  expect(isForPath(accented, '/r%C3%A9f/a')).toBe(true);
  expect(isForPath(accented, '/r%C3%A9f/..%2fx')).toBe(false);
});

test('a token has its mark behind it, and one without is still good', async () => {
  const marked = openTokens(
    async () => store.serviceTokens,
    () => 's',
    async (id) => `${id}12345`,
  );
  const made = await marked.create(backup);
  expect(made?.shown.endsWith(`${made.token.id}12345`)).toBe(true);
  for (const shown of [made?.shown ?? '', made?.shown.slice(0, -22) ?? ''])
    expect((await marked.find(shown, '192.0.2.7'))?.id).toBe(made?.token.id);
  expect(await marked.find(`${made?.shown}x`, '192.0.2.7')).toBeUndefined();
});
