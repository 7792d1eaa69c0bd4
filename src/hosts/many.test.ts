import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { withMany } from './many.ts';
import type { SshTarget } from './target.ts';

const direct = (name: string): SshTarget => ({ name, address: name });
const behind = (via: SshTarget, count: number): SshTarget[] =>
  Array.from({ length: count }, (_, n) => ({ ...direct(`${via.name}-${n}`), via }));

/** The most that were worked on at once, of those that `counts` says to count. */
async function mostAtOnce(
  targets: readonly SshTarget[],
  counts: (target: SshTarget) => boolean = () => true,
): Promise<number> {
  let [running, most] = [0, 0];
  const items = targets.map((target) => ({ target }));
  const names = await withMany(items, async ({ target }) => {
    if (counts(target)) most = Math.max(most, ++running);
    await sleep(target.name.length % 3);
    if (counts(target)) running--;
    return target.name;
  });
  expect(names).toEqual(targets.map(({ name }) => name));
  return most;
}

test('machines that are reached directly: 32 at once', async () => {
  const targets = Array.from({ length: 100 }, (_, n) => direct(`host${n}`));
  expect(await mostAtOnce(targets)).toBe(32);
  expect(await mostAtOnce(targets.slice(0, 5))).toBe(5);
});

test('a machine on the way is asked for fewer connections at once than its sshd takes', async () => {
  const [paris, lyon] = [direct('paris'), direct('lyon')];
  const inner = { ...direct('inner'), via: paris };
  const throughParis = [...behind(paris, 20), ...behind(inner, 20)];
  const targets = [paris, lyon, ...throughParis, ...behind(lyon, 20)];
  expect(await mostAtOnce(targets, (target) => throughParis.includes(target))).toBe(8);
  // One gateway's machines do not wait for another's.
  expect(await mostAtOnce(targets)).toBe(18);
});
