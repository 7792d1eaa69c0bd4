import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CredentialStore } from './credentials.ts';
import { openSharedStore, openStore, type Store } from './store.ts';
import { hasPostgres, type Postgres, startPostgres } from './testing/postgres.ts';

let postgres: Postgres;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poterne-credentials-'));
  if (hasPostgres) postgres = await startPostgres();
});
afterAll(async () => {
  await postgres?.end();
  await rm(folder, { recursive: true, force: true });
});

const at = new Date('2026-11-26T10:00:00Z');
const later = (milliseconds: number) => new Date(at.getTime() + milliseconds);
const patience = [
  { failures: 3, pause: 60_000 },
  { failures: 4, pause: 300_000 },
];

describe.each(hasPostgres ? (['sqlite', 'postgres'] as const) : (['sqlite'] as const))('in %s', (kind) => {
  let store: Store;
  let credentials: CredentialStore;
  beforeAll(async () => {
    store = await (kind === 'sqlite' ? openStore(folder) : openSharedStore(postgres.place, undefined));
    credentials = store.credentials('here');
  });
  afterAll(() => store?.close());

  test('attempts at once are counted each; pauses grow, end, and are forgotten', async () => {
    const tries = (count: number, moment: Date) =>
      Promise.all(
        Array.from({ length: count }, () => credentials.attempt('alice', 'factor', moment, patience)),
      );
    expect((await tries(8, at)).filter(Boolean)).toHaveLength(3);
    expect(await credentials.pausedUntil('alice', at)).toEqual(later(60_000));
    expect((await tries(8, later(60_000))).filter(Boolean)).toHaveLength(1);
    expect(await credentials.pausedUntil('alice', later(60_000))).toEqual(later(360_000));
    // Another kind, another person and another site are others.
    expect(await credentials.attempt('alice', 'password', at, patience)).toBe(true);
    expect(await store.credentials('there').pausedUntil('alice', at)).toBeUndefined();
    // A day after the last failure it begins anew.
    const next = later(2 * 86_400_000);
    expect((await tries(3, next)).filter(Boolean)).toHaveLength(3);
    expect(await credentials.unlock('alice')).toBe(true);
    expect(await credentials.pausedUntil('alice', next)).toBeUndefined();
  });

  test('what can be used once is, by one of those who come at once, before it is over', async () => {
    const one = (hash: string) => ({
      hash,
      owner: 'alice',
      detail: '{}',
      expires: new Date(Date.now() + 60_000),
    });
    const now = new Date();
    await credentials.offer('invitation', one('a'), true);
    await credentials.offer('invitation', one('b'), true);
    expect(await credentials.take('invitation', 'a', now)).toBeUndefined();
    const both = await Promise.all(['b', 'b', 'b'].map((hash) => credentials.take('invitation', hash, now)));
    expect(both.filter(Boolean)).toMatchObject([{ owner: 'alice' }]);
    await credentials.offer('invitation', one('c'));
    expect(await credentials.take('invitation', 'c', new Date(now.getTime() + 61_000))).toBeUndefined();
  });

  test('steps only go on, the largest count of a passkey is kept, and a reset leaves nothing', async () => {
    const factor = { owner: 'bob', person: 'bob', name: '', secret: 's', detail: { a: 1 }, made: at };
    await credentials.addFactor({ ...factor, id: 't', kind: 'totp', counter: 5 });
    await credentials.addFactor({ ...factor, id: 'p', kind: 'passkey', counter: 0 });
    const steps = await Promise.all([7, 7, 6].map((step) => credentials.advanceStep('t', step, at)));
    expect(steps.filter(Boolean).length).toBeLessThanOrEqual(2);
    expect(await credentials.advanceStep('t', 7, at)).toBe(false);
    expect(await credentials.advanceCount('p', 0, 2 ** 32 - 1, at)).toBe(true);
    expect(await credentials.advanceCount('p', 0, 1, at)).toBe(false);
    expect(await credentials.factor('p')).toMatchObject({ counter: 2 ** 32 - 1, detail: { a: 1 }, used: at });
    expect(await credentials.factorCounts()).toEqual([{ owner: 'bob', person: 'bob', totp: 1, passkey: 1 }]);
    await credentials.setRecoveryCodes('bob', ['x', 'y']);
    expect(await credentials.useRecoveryCode('bob', 'x', at)).toBe(true);
    expect(await credentials.useRecoveryCode('bob', 'x', at)).toBe(false);
    expect(await credentials.recoveryCodesLeft('bob')).toBe(1);
    expect(await credentials.resetFactors('bob')).toBe(2);
    expect([await credentials.factors('bob'), await credentials.recoveryCodesLeft('bob')]).toEqual([[], 0]);
  });
});
