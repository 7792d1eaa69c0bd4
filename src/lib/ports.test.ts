import fc from 'fast-check';
import { expect, test } from 'vitest';
import { allPorts, commonPorts, portsOf, portsText, rangesOf } from './ports.ts';

test('ranges and ports say the same', () => {
  const ports = fc.uniqueArray(fc.integer({ min: 1, max: 300 })).map((some) => some.sort((a, b) => a - b));
  fc.assert(
    fc.property(ports, (some) => {
      const ranges = rangesOf(some);
      expect(portsOf(ranges)).toEqual(some);
      // The fewest: none touches the next.
      for (const [n, [first]] of ranges.entries())
        if (n > 0) expect(first).toBeGreaterThan((ranges[n - 1]?.[1] ?? 0) + 1);
    }),
  );
  expect(
    portsOf([
      [5, 7],
      [6, 9],
      [1, 1],
    ]),
  ).toEqual([1, 5, 6, 7, 8, 9]);
});

test('as people write them', () => {
  expect(portsText([1, 2, 3, 80, 443, 444])).toBe('1-3, 80, 443-444');
  expect(portsText([1, 3, 5, 7], 2)).toBe('1, 3, … (4)');
  expect(portsText([])).toBe('');
});

test('the common ones are what they are called', () => {
  const common = portsOf(commonPorts);
  for (const port of [22, 443, 1024, 2375, 3306, 5432, 6379, 8069, 8080, 9200, 27017])
    expect(common).toContain(port);
  expect(common.length).toBeLessThan(1300);
  expect(portsOf(allPorts)).toHaveLength(65_535);
});
