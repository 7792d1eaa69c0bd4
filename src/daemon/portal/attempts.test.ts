import { expect, test } from 'vitest';
import type { Pardon } from '../../identity/unlock.ts';
import { countAttempts } from './attempts.ts';

function counted() {
  const clock = { now: new Date('2026-11-26T10:00:00Z') };
  const given: Pardon[] = [];
  const attempts = countAttempts(
    () => clock.now,
    async () => [...given],
  );
  return {
    forgive: (person: string) => void given.push({ id: `${given.length}`, person }),
    later: (seconds: number) => {
      clock.now = new Date(clock.now.getTime() + seconds * 1000);
    },
    fail: async (user: string, address = '192.0.2.7', what?: 'factor') =>
      (await attempts.begin(user, address, what)).wait,
    unlooked: async (user: string, address = '192.0.2.7') => {
      const attempt = await attempts.begin(user, address);
      if (attempt.wait === undefined) attempt.unlooked();
      return attempt.wait;
    },
    good: async (user: string, address = '192.0.2.7') => {
      const attempt = await attempts.begin(user, address);
      if (attempt.wait === undefined) attempt.good();
      return attempt.wait;
    },
  };
}

test('a name may fail five times, then waits longer and longer; others do not', async () => {
  const { fail, good, later } = counted();
  for (let i = 0; i < 5; i++) expect(await fail('alice', `192.0.2.${i}`)).toBeUndefined();
  expect(await fail('ALICE', '192.0.2.9')).toBe(60);
  expect(await good('bob', '192.0.2.1')).toBeUndefined();
  later(61);
  expect(await fail('alice')).toBeUndefined();
  later(61);
  expect(await fail('alice')).toBeUndefined();
  expect(await fail('alice')).toBe(300);
});

test('a name is one name however it is written, as directories compare them', async () => {
  const { fail } = counted();
  const written = ['zoé', ' ZOÉ  ', 'zoe', 'zo\u00ade', 'Zoe\u0301 '];
  for (const [i, each] of written.entries()) expect(await fail(each, `192.0.2.${i}`)).toBeUndefined();
  expect(await fail('\uff3aoe', '192.0.2.9')).toBe(60);
  expect(await fail('zo', '192.0.2.9')).toBeUndefined();
});

test('a try that nobody could look at counts for nothing', async () => {
  const { fail, unlooked } = counted();
  for (let i = 0; i < 30; i++) expect(await unlooked('alice')).toBeUndefined();
  for (let i = 0; i < 5; i++) expect(await fail('alice', `192.0.2.${i}`)).toBeUndefined();
  expect(await unlooked('alice')).toBe(60);
});

test('who signs in starts anew, and quiet is forgotten', async () => {
  const { fail, good, later } = counted();
  for (let i = 0; i < 4; i++) await fail('alice', `192.0.2.${i}`);
  expect(await good('alice')).toBeUndefined();
  for (let i = 0; i < 5; i++) expect(await fail('alice', `192.0.2.${i}`)).toBeUndefined();
  later(3601);
  expect(await good('alice')).toBeUndefined();
});

test('an address that tries many names waits, also one that knows a password of its own', async () => {
  const { fail, good, later } = counted();
  for (let i = 0; i < 30; i++) {
    const wait = await fail(`user${i}`);
    if (wait !== undefined) {
      expect(i).toBe(21);
      break;
    }
    if (i % 5 === 4) await good('mine');
  }
  expect(await fail('another')).toBe(2);
  expect(await fail('another', '192.0.2.8')).toBeUndefined();
  later(2);
  expect(await fail('another')).toBeUndefined();
  expect(await fail('third')).toBe(4);
});

test('a household counts as one, whatever IPv6 addresses it takes', async () => {
  const { fail } = counted();
  for (let i = 0; i < 21; i++) await fail(`user${i}`, `2001:db8:1:2::${i.toString(16)}`);
  expect(await fail('x', '2001:db8:1:2:ffff::1')).toBe(2);
  expect(await fail('x', '2001:db8:1:3::1')).toBeUndefined();
});

test('what an administrator forgives is forgotten at once, by name and where it was tried, and nobody else’s', async () => {
  const { fail, forgive } = counted();
  // One that was given before anything failed here forgives nothing.
  forgive('alice');
  for (let i = 0; i < 5; i++) await fail('alice');
  for (let i = 0; i < 5; i++) await fail('Carol@ad', '192.0.2.9');
  for (let i = 0; i < 5; i++) await fail('carol@ad', '192.0.2.9', 'factor');
  for (let i = 0; i < 16; i++) await fail(`user${i}`);
  expect([await fail('alice', '192.0.2.1'), await fail('bob')]).toEqual([60, 2]);
  forgive('alice');
  expect(await fail('bob')).toBeUndefined();
  expect(await fail('alice')).toBeUndefined();
  expect(await fail('carol@ad', '192.0.2.1')).toBe(60);
  expect(await fail('carol@ad', '192.0.2.1', 'factor')).toBe(60);
  forgive('carol@ad');
  expect(await fail('carol', '192.0.2.1')).toBeUndefined();
  expect(await fail('carol@ad', '192.0.2.1', 'factor')).toBeUndefined();
  // Once: what fails afterwards counts.
  for (let i = 0; i < 5; i++) await fail('carol', '192.0.2.2');
  expect(await fail('carol', '192.0.2.3')).toBe(60);
});
