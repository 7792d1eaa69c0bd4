import { expect, test } from 'vitest';
import { readCountries } from './countries.ts';
import { mmdb } from './testing-mmdb.ts';

const made = new Date('2026-11-01T00:00:00Z');

test.each([
  { country: { iso_code: 'FR' } },
  { country_code: 'FR' },
  { country: 'FR', country_name: 'France' },
])('the country of an address out of %j', (record) => {
  const countries = readCountries(mmdb({ '192.0.2.0/24': record, '2001:db8::/32': record }, made));
  expect(countries).toMatchObject({ kind: 'Test-Country', made });
  expect(countries.countryOf('192.0.2.7')).toBe('FR');
  expect(countries.countryOf('2001:db8::1')).toBe('FR');
  expect(countries.countryOf('192.0.3.7')).toBeUndefined();
  expect(countries.countryOf('2001:db9::1')).toBeUndefined();
  expect(countries.countryOf('nowhere')).toBeUndefined();
});

test('what is no such file throws, and a record without a country is none', () => {
  expect(() => readCountries(Buffer.from('hello'))).toThrow();
  const { countryOf } = readCountries(mmdb({ '192.0.2.0/24': { continent: { code: 'EU' } } }, made));
  expect(countryOf('192.0.2.7')).toBeUndefined();
});
