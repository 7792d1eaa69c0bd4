import { expect, test } from 'vitest';
import { countAttempts } from './attempts.ts';

function counted() {
  const clock = { now: new Date('2026-11-26T10:00:00Z') };
  const attempts = countAttempts(() => clock.now);
  return {
    later: (seconds: number) => {
      clock.now = new Date(clock.now.getTime() + seconds * 1000);
    },
    fail: (user: string, address = '192.0.2.7') => attempts.begin(user, address).wait,
    unlooked: (user: string, address = '192.0.2.7') => {
      const attempt = attempts.begin(user, address);
      if (attempt.wait === undefined) attempt.unlooked();
      return attempt.wait;
    },
    good: (user: string, address = '192.0.2.7') => {
      const attempt = attempts.begin(user, address);
      if (attempt.wait === undefined) attempt.good();
      return attempt.wait;
    },
  };
}

test('a name may fail five times, then waits longer and longer; others do not', () => {
  const { fail, good, later } = counted();
  for (let i = 0; i < 5; i++) expect(fail('alice', `192.0.2.${i}`)).toBeUndefined();
  expect(fail('ALICE', '192.0.2.9')).toBe(60);
  expect(good('bob', '192.0.2.1')).toBeUndefined();
  later(61);
  expect(fail('alice')).toBeUndefined();
  later(61);
  expect(fail('alice')).toBeUndefined();
  expect(fail('alice')).toBe(300);
});

test('a try that nobody could look at counts for nothing', () => {
  const { fail, unlooked } = counted();
  for (let i = 0; i < 30; i++) expect(unlooked('alice')).toBeUndefined();
  for (let i = 0; i < 5; i++) expect(fail('alice', `192.0.2.${i}`)).toBeUndefined();
  expect(unlooked('alice')).toBe(60);
});

test('who signs in starts anew, and quiet is forgotten', () => {
  const { fail, good, later } = counted();
  for (let i = 0; i < 4; i++) fail('alice', `192.0.2.${i}`);
  expect(good('alice')).toBeUndefined();
  for (let i = 0; i < 5; i++) expect(fail('alice', `192.0.2.${i}`)).toBeUndefined();
  later(3601);
  expect(good('alice')).toBeUndefined();
});

test('an address that tries many names waits, also one that knows a password of its own', () => {
  const { fail, good, later } = counted();
  for (let i = 0; i < 30; i++) {
    const wait = fail(`user${i}`);
    if (wait !== undefined) {
      expect(i).toBe(21);
      break;
    }
    if (i % 5 === 4) good('mine');
  }
  expect(fail('another')).toBe(2);
  expect(fail('another', '192.0.2.8')).toBeUndefined();
  later(2);
  expect(fail('another')).toBeUndefined();
  expect(fail('third')).toBe(4);
});

test('a household counts as one, whatever IPv6 addresses it takes', () => {
  const { fail } = counted();
  for (let i = 0; i < 21; i++) fail(`user${i}`, `2001:db8:1:2::${i.toString(16)}`);
  expect(fail('x', '2001:db8:1:2:ffff::1')).toBe(2);
  expect(fail('x', '2001:db8:1:3::1')).toBeUndefined();
});
