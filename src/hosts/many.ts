import { mapAtMost } from '../lib/pool.ts';
import type { SshTarget } from './target.ts';

/**
 * How many machines are worked on at once: each has an ssh of its own here, and ten seconds for its connection to stand, which
 * hundreds that share this machine's processors would not keep to.
 */
const atOnce = 32;

/**
 * How many of them through one and the same machine: its sshd turns connections away at random while ten have not logged
 * in yet (MaxStartups 10:30:100, unless its administrator chose otherwise).
 */
const throughOne = 8;

/**
 * Works with many machines at the same time, as many as they and the machines on the way bear, or the `most` asked for;
 * results in their order.
 */
export async function withMany<T extends { readonly target: SshTarget }, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
  most: number = atOnce,
): Promise<readonly R[]> {
  const ways = new Map<string | undefined, number[]>();
  for (const [index, { target }] of items.entries()) {
    const way = firstHop(target);
    ways.set(way, [...(ways.get(way) ?? []), index]);
  }
  const results: R[] = [];
  await Promise.all(
    [...ways].map(([way, indexes]) =>
      mapAtMost(indexes, way === undefined ? most : Math.min(most, throughOne), async (index) => {
        results[index] = await work(items[index] as T);
      }),
    ),
  );
  return results;
}

/** The machine that all connections to a target go through first; `undefined` when it is reached directly. */
function firstHop({ via }: SshTarget): string | undefined {
  return via && (firstHop(via) ?? via.name);
}
