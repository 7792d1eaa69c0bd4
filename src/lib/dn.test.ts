import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sameDn } from './dn.ts';

test('two spellings of one name are the same (RFC 4514)', () => {
  const same = [
    ['CN=Staff,OU=Groups,DC=example,DC=lan', 'cn=staff, ou=groups ,dc=EXAMPLE,dc=lan'],
    ['CN=Martin\\, Anne,DC=x', 'cn="Martin, Anne",dc=x'],
    ['CN=caf\\c3\\a9,DC=x', 'cn=CAFÉ,dc=x'],
    ['CN=A+OU=B,DC=x', 'ou=b+cn=a,dc=x'],
    ['cn=a  b,dc=x', 'cn=a b,dc=x'],
    ['cn=e\u0301,dc=x', 'cn=é,dc=x'],
    ['1.2.3=a', '1.2.3=A'],
  ] as const;
  for (const [one, other] of same) {
    expect(sameDn(one), one).toBeDefined();
    expect(sameDn(one)).toBe(sameDn(other));
  }
});

test('two names are not', () => {
  const different = [
    'cn=a,dc=x',
    'cn=a\\,dc=x',
    'cn=a,dc=x,dc=y',
    'cn=\\ a,dc=x',
    'ou=a,dc=x',
    'cn=a\\+ou=b,dc=x',
    'cn=a+ou=b,dc=x',
  ];
  expect(new Set(different.map(sameDn)).size).toBe(different.length);
});

test('what is no name', () => {
  for (const text of [
    '',
    ' ',
    'staff',
    '=x',
    'cn=a,',
    'cn=a,b',
    'c n=a',
    'cn="a',
    'cn=a\\',
    'cn=a\\q',
    'cn="a"b',
  ])
    expect(sameDn(text), text).toBeUndefined();
});

test('no value can add a part of its own', () => {
  const escaped = (value: string) =>
    [...Buffer.from(value)].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('');
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (value) => {
      const name = sameDn(`cn=${escaped(value)},dc=x`) as string;
      expect(name.endsWith(',dc="x"')).toBe(true);
      expect(JSON.parse(name.slice('cn='.length, -',dc="x"'.length))).toBeTypeOf('string');
    }),
  );
});
