import { expect, test } from 'vitest';
import type { SshTarget } from '../hosts/target.ts';
import { batchesWaysLast } from './ways.ts';

test('machines that others are reached through come last, the farthest first, one at a time', () => {
  const target = (name: string, via?: SshTarget): SshTarget => ({
    ...{ name, address: name },
    ...(via ? { via } : {}),
  });
  const outer = target('outer');
  const inner = target('inner', outer);
  const all = [outer, target('a'), inner, target('b', inner), target('c')];
  const names = (sizes: readonly string[]) =>
    batchesWaysLast(all, sizes).map((batch) => batch.map(({ name }) => name));
  expect(names([])).toEqual([['a', 'b', 'c'], ['inner'], ['outer']]);
  expect(names(['1'])).toEqual([['a'], ['b', 'c'], ['inner'], ['outer']]);
  expect(names(['4'])).toEqual([['a', 'b', 'c'], ['inner'], ['outer']]);
});
