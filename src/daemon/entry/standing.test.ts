import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Session } from '../../identity/sessions.ts';
import type { PeopleSource, User } from '../../identity/types.ts';
import { followStanding, type Standing } from './standing.ts';

let now: number;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'] });
  now = Date.now();
  asked = 0;
  noted.length = 0;
});
afterEach(() => vi.useRealTimers());

/** A directory of one, as the test has it now; `undefined` is no answer at all. */
let inDirectory: { readonly user?: User } | undefined;
let asked: number;
const noted: User[] = [];
const carol: User = { id: 'carol@ad', source: 'ad', login: 'carol', groups: ['staff'], stable: 'guid-1' };
const ad: PeopleSource = {
  name: 'ad',
  async find() {
    asked++;
    if (!inDirectory) throw new Error('no server answers');
    return inDirectory.user;
  },
};
const follow = (): Standing => followStanding([ad], async (_, user) => void noted.push(user));
const session = (checked = now): Session => ({
  ...{ id: 's1', user: carol, checked: new Date(checked), made: new Date(now), seen: new Date(now) },
  ...{ address: '', agent: '' },
});
const minutes = (count: number) => vi.advanceTimersByTime(count * 60_000);
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('somebody whom the directory disables is gone within four minutes, and is asked about once in two', async () => {
  const standing = follow();
  inDirectory = { user: { ...carol, groups: ['staff', 'admins'] } };
  expect(await standing.of(session())).toEqual(carol);
  expect(asked).toBe(0);
  minutes(2);
  expect(await standing.of(session())).toEqual(carol);
  await settled();
  // What it told is known from the next request on.
  expect((await standing.of(session()))?.groups).toContain('admins');
  expect([asked, noted.length]).toEqual([1, 1]);
  inDirectory = {};
  minutes(4);
  expect(await standing.of(session())).toBeUndefined();
  expect(asked).toBe(2);
});

test('a directory that does not answer lets nobody go on for longer than four minutes, and then they come back', async () => {
  const standing = follow();
  inDirectory = undefined;
  minutes(3);
  expect(await standing.of(session())).toEqual(carol);
  await settled();
  minutes(1);
  await expect(standing.of(session())).rejects.toThrow('no server');
  inDirectory = { user: carol };
  expect(await standing.of(session())).toEqual(carol);
});

test('whoever has the name of another is not them, and a clock that went back proves nothing', async () => {
  inDirectory = { user: { ...carol, stable: 'guid-2' } };
  minutes(5);
  expect(await follow().of(session())).toBeUndefined();
  inDirectory = undefined;
  await expect(follow().of(session(Date.now() + 3_600_000))).rejects.toThrow('no server');
});

test('what acts in somebody’s place ends with them', async () => {
  const standing = follow();
  inDirectory = { user: carol };
  expect(await standing.ofId('carol@ad')).toEqual(carol);
  inDirectory = {};
  expect(await standing.ofId('carol@ad')).toEqual(carol);
  minutes(4);
  expect(await standing.ofId('carol@ad')).toBeUndefined();
  expect(await standing.ofId('carol@nowhere')).toBeUndefined();
});
