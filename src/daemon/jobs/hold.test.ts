import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Claim } from '../../store/jobs.ts';
import { openStore, type Store } from '../../store/store.ts';
import { keep } from './hold.ts';

let folder: string;
let store: Store;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poterne-hold-'));
  store = await openStore(folder);
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

const lease = 2000;
const claimed = async (gateway: string, milliseconds: number) =>
  (await store.jobs.claimByHand('s', 'j', { name: `${gateway} 1`, gateway }, milliseconds)) as Claim;

/** How long after a claim was kept it was lost, in milliseconds, and how often that was told; within the time given. */
async function lostAfter(claim: Claim, within: number): Promise<{ at?: number; times: number }> {
  const since = performance.now();
  const found: { at?: number; times: number } = { times: 0 };
  const hold = keep(claim, store, lease, () => {
    found.at ??= performance.now() - since;
    found.times++;
  });
  await new Promise((resolve) => setTimeout(resolve, within));
  hold.end();
  return found;
}

test('a claim that is renewed outlives its lease', async () => {
  const claim = await claimed('a', lease);
  expect(await lostAfter(claim, lease * 1.5)).toEqual({ times: 0 });
  expect(await store.jobs.settle('s', claim, { state: 'ok', detail: {} })).toBe(true);
});

test('a store that answers no more has it lost once, well before the lease is over', async () => {
  const claim = await claimed('a', lease);
  await store.close();
  const { at, times } = await lostAfter(claim, lease * 1.2);
  store = await openStore(folder);
  expect(times).toBe(1);
  expect(at).toBeGreaterThan(lease * 0.5);
  expect(at).toBeLessThan(lease);
});

test('a claim that another took is lost as soon as that is known', async () => {
  const claim = await claimed('a', 50);
  await new Promise((resolve) => setTimeout(resolve, 100));
  const { due } = claim;
  expect(await store.jobs.claim('s', 'j', due, { name: 'b 1', gateway: 'b' }, lease)).toMatchObject({
    attempts: 2,
  });
  expect(await lostAfter(claim, lease)).toMatchObject({ times: 1 });
});
