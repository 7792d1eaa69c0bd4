import { Secret } from 'otpauth';
import { expect, test } from 'vitest';
import { newSeed, seedInFours, seedUri, stepOf } from './totp.ts';

const seed = Secret.fromUTF8('12345678901234567890').base32;

// RFC 6238, appendix B, SHA-1: of its eight digits applications show the last six.
test.each([
  [59, '94287082'],
  [1111111109, '07081804'],
  [1111111111, '14050471'],
  [1234567890, '89005924'],
  [2000000000, '69279037'],
  [20000000000, '65353130'],
])('the code at %d is that of RFC 6238', (seconds, code) => {
  const at = new Date(seconds * 1000);
  expect(stepOf(seed, code.slice(2), at)).toBe(Math.floor(seconds / 30));
  expect(stepOf(seed, `${code.slice(2, 5)} ${code.slice(5)}`, at)).toBe(Math.floor(seconds / 30));
});

test('a clock may be off by one step, and no more', () => {
  // The code of the step from 1111111080 on.
  const fits = [-31, -30, 0, 29, 59, 60].map((off) =>
    stepOf(seed, '081804', new Date((1111111080 + off) * 1000)),
  );
  expect(fits.map((step) => step === 37037036)).toEqual([false, true, true, true, true, false]);
});

test.each(['', '12345', '1234567', 'abcdef', '287082\u0000', '２８７０８２'])('no code: "%s"', (code) => {
  expect(stepOf(seed, code, new Date(59_000))).toBeUndefined();
});

test('a seed has 160 bits, and applications are told all that they need', () => {
  const fresh = newSeed();
  expect(fresh).toMatch(/^[A-Z2-7]{32}$/);
  expect(newSeed()).not.toBe(fresh);
  expect(seedInFours(fresh).split(' ')).toHaveLength(8);
  const uri = new URL(seedUri(fresh, 'Ma Société', 'carol@ad'));
  expect(`${uri.protocol}${uri.host}`).toBe('otpauth:totp');
  expect(decodeURIComponent(uri.pathname)).toBe('/Ma Société:carol@ad');
  expect(Object.fromEntries(uri.searchParams)).toMatchObject({
    ...{ secret: fresh, issuer: 'Ma Société', algorithm: 'SHA1', digits: '6', period: '30' },
  });
});
