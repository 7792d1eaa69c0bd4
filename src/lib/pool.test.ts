import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { mapAtMost } from './pool.ts';

test('no more than so many are under way at once, and no fewer while there are some left', async () => {
  let running = 0;
  const seen: number[] = [];
  const results = await mapAtMost(
    Array.from({ length: 20 }, (_, n) => n),
    3,
    async (n) => {
      seen.push(++running);
      // They end in another order than they begin.
      await sleep((n * 7) % 5);
      running--;
      return n * n;
    },
  );
  expect(Math.max(...seen)).toBe(3);
  expect(seen.slice(3).every((count) => count === 3)).toBe(true);
  expect(results).toEqual(Array.from({ length: 20 }, (_, n) => n * n));
});

test('fewer items than may be under way, or none', async () => {
  expect(await mapAtMost(['a'], 8, async (item) => item.toUpperCase())).toEqual(['A']);
  expect(await mapAtMost([], 8, async () => 1)).toEqual([]);
});

test('after one has failed, none is begun', async () => {
  const begun: number[] = [];
  const all = mapAtMost([1, 2, 3, 4, 5], 2, async (n) => {
    begun.push(n);
    await sleep(n === 1 ? 1 : 20);
    if (n === 1) throw new Error('no more');
  });
  await expect(all).rejects.toThrow('no more');
  await sleep(50);
  expect(begun).toEqual([1, 2]);
});
