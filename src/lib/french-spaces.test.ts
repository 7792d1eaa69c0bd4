import { expect, test } from 'vitest';
import { frenchSpaces } from './french-spaces.ts';

test('spaces hold where French has them before a sign, and nowhere else', () => {
  expect(frenchSpaces('Vraiment ? Non : « oui » ; 10:30, a::b, :alias')).toBe(
    'Vraiment\u00a0? Non\u00a0: «\u00a0oui\u00a0»\u00a0; 10:30, a::b, :alias',
  );
});
