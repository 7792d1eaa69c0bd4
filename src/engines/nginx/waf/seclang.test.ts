import { expect, test } from 'vitest';
import { secAction, secRule } from './seclang.ts';

test('quotes are escaped', () => {
  expect(secRule('ARGS:q', '@rx ^a"b\\.c', ['id:1', ['msg', 'odd']])).toBe(
    String.raw`SecRule ARGS:q "@rx ^a\"b\.c" "id:1,msg:'odd'"`,
  );
});

test.each(['a\nSecRuleEngine Off', 'a\u0085b', 'a\\', 'a\\"b'])('%j ends no text', (text) => {
  expect(() => secRule('ARGS:q', text, ['id:1'])).toThrow();
});

test.each(["it's", 'a"b', 'a\\'])('%j is in no action', (text) => {
  expect(() => secAction(['id:1', ['msg', text]])).toThrow();
});
