import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { badgePass, passPattern } from '../lib/badge.ts';
import { markKeyOf, markOf } from '../lib/marks.ts';
import { openStore, type Store } from '../store/store.ts';
import { openSessions, type SessionRules, type Sessions } from './sessions.ts';
import type { User } from './types.ts';

let folder: string;
let store: Store;
let sessions: Sessions;
let rules: SessionRules;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poterne-sessions-'));
  store = await openStore(folder, 100);
  rules = { site: 's', idle: 3_600_000, longest: 12 * 3_600_000 };
  sessions = fresh();
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

/** Another process with the same store. */
const fresh = () =>
  openSessions(
    async () => store.sessions,
    () => rules,
  );
const alice: User = { id: 'alice', source: 'local', login: 'alice', groups: ['staff'] };
const here = { address: '10.0.0.7', agent: 'Firefox' };
const app = { publication: 'app', host: 'app.example.fr' };
const state = 'A'.repeat(43);
const totp = () => ({ factor: 'totp', at: new Date() }) as const;
/** What another program does to the database, as it would. */
const sql = (text: string) => {
  const other = new Database(join(folder, 'poterne.db'));
  other.exec(text);
  other.close();
};
const seconds = (column: string, by: number) =>
  sql(
    `update session set ${column} = strftime('%Y-%m-%dT%H:%M:%fZ', ${column}, '${by >= 0 ? '+' : ''}${by} seconds')`,
  );
const passFor = async (who = alice) => {
  const { session, cookie } = await sessions.begin(who, undefined, here);
  const code = await sessions.code(session, { ...app, state, target: '/deep?x=1' });
  const entered = await sessions.enter(code, { ...app, state });
  return { session, cookie, code, pass: entered?.cookie ?? '', target: entered?.target };
};

test('a session is found by its cookie alone, and nothing that is kept would open it', async () => {
  const { session, cookie } = await sessions.begin(alice, totp(), here);
  expect(await fresh().find(cookie)).toEqual(session);
  expect(session).toMatchObject({ user: alice, strength: { factor: 'totp' }, ...here });
  const [id, secret = ''] = cookie.split('.');
  for (const wrong of [
    '',
    id,
    `${id}.`,
    `${id}.${'A'.repeat(43)}`,
    `${id}.${secret}x`,
    secret,
    `p${cookie.slice(1)}`,
  ])
    expect(await sessions.find(wrong as string)).toBeUndefined();
  await store.close();
  const other = new Database(join(folder, 'poterne.db'));
  expect(JSON.stringify(other.prepare('select * from session').all())).not.toContain(secret);
  other.close();
  store = await openStore(folder);
});

test('a code is good once, soon, at its place, and for the browser that set out', async () => {
  const { code, pass, target, session } = await passFor();
  expect(target).toBe('/deep?x=1');
  expect(await sessions.findPass(pass, app)).toMatchObject({ session: { id: session.id } });
  expect(await sessions.enter(code, { ...app, state })).toBeUndefined();
  const other = { publication: 'other', host: 'other.example.fr' };
  for (const wrong of [
    { ...app, state: 'B'.repeat(43) },
    { ...app, state: '' },
    { ...other, state },
    { ...app, host: other.host, state },
  ]) {
    const again = await sessions.code(session, { ...app, state, target: '/' });
    expect(await sessions.enter(again, wrong)).toBeUndefined();
    // It was shown: it is used up.
    expect(await sessions.enter(again, { ...app, state })).toBeUndefined();
  }
  const late = await sessions.code(session, { ...app, state, target: '/' });
  sql(`update session_code set expires = '2020-01-01T00:00:00.000Z'`);
  expect(await sessions.enter(late, { ...app, state })).toBeUndefined();
  const twice = await sessions.code(session, { ...app, state, target: '/' });
  const both = await Promise.all([fresh(), fresh()].map((one) => one.enter(twice, { ...app, state })));
  expect(both.filter(Boolean)).toHaveLength(1);
});

test('a pass is of no use elsewhere, nor a session’s cookie at a publication', async () => {
  const { pass, cookie } = await passFor();
  expect(await sessions.findPass(pass, { ...app, host: 'x.example.fr' })).toBeUndefined();
  expect(await sessions.findPass(pass, { ...app, publication: 'other' })).toBeUndefined();
  expect(await sessions.find(pass)).toBeUndefined();
  expect(await sessions.findPass(cookie, app)).toBeUndefined();
});

test('nginx finds the part of a pass by which it knows badges, with a mark behind it and without', async () => {
  // Before Node 23, an expression has no flags of its own.
  const expression = new RegExp(`^${passPattern.replace('(?s:', '(?:')}\\|`, 's');
  for (let n = 0; n < 20; n++) {
    const { pass, session } = await passFor();
    const marked = `${pass}.${session.id}.${markOf(markKeyOf('key'), session.id)}`;
    expect(await sessions.findPass(marked, app)).toMatchObject({ session: { id: session.id } });
    for (const shown of [pass, marked])
      expect(expression.exec(`${shown}|alice|||`)?.[1]).toBe(badgePass(shown));
    expect(badgePass(pass)).toMatch(/^[A-Za-z0-9_-]{22}$/);
  }
});

test('a step-up takes another cookie, and a pass of before stays weak', async () => {
  const { session, cookie, pass } = await passFor();
  const strong = await sessions.strengthen(session, totp());
  expect(strong?.session).toMatchObject({ id: session.id, strength: { factor: 'totp' } });
  expect(await sessions.find(cookie)).toBeUndefined();
  expect(await sessions.find(strong?.cookie ?? '')).toMatchObject({ id: session.id });
  expect((await fresh().findPass(pass, app))?.session.strength).toBeUndefined();
  const code = await sessions.code(session, { ...app, state, target: '/' });
  const entered = await sessions.enter(code, { ...app, state });
  expect((await sessions.findPass(entered?.cookie ?? '', app))?.session.strength).toMatchObject({
    factor: 'totp',
  });
  // In its place.
  expect(await sessions.findPass(pass, app)).toBeUndefined();
});

test('what is ended is refused at once here, and a second later elsewhere', async () => {
  const [one, two, bob] = [
    await passFor(),
    await passFor(),
    await passFor({ ...alice, id: 'bob', login: 'bob' }),
  ];
  const elsewhere = fresh();
  expect(await elsewhere.findPass(one.pass, app)).toBeDefined();
  expect(await sessions.end({ user: 'alice', except: two.session.id }, 'ended-by-user')).toEqual([
    one.session.id,
  ]);
  expect(await sessions.find(one.cookie)).toBeUndefined();
  expect(await sessions.findPass(one.pass, app)).toBeUndefined();
  expect(await sessions.find(two.cookie)).toBeDefined();
  expect(await sessions.list('alice')).toMatchObject([{ id: two.session.id }]);
  await new Promise((resolve) => setTimeout(resolve, 1100));
  expect(await elsewhere.findPass(one.pass, app)).toBeUndefined();
  await sessions.end({ user: 'alice' }, 'cut');
  expect((await sessions.list()).map(({ user }) => user.id)).toEqual(['bob']);
  expect(await sessions.findPass(bob.pass, app)).toBeDefined();
  expect(await store.sessions.userOf('s', one.session.id)).toBe('alice');
  await sessions.leave(bob.pass);
  expect(await sessions.findPass(bob.pass, app)).toBeUndefined();
  expect(await sessions.find(bob.cookie)).toBeDefined();
});

test('idle and old sessions end, a used one goes on', async () => {
  const { cookie } = await sessions.begin(alice, undefined, here);
  seconds('seen', -3500);
  expect(await fresh().find(cookie)).toBeDefined();
  await expect.poll(async () => (await store.sessions.list('s'))[0]?.seen ?? '').not.toBe('');
  seconds('seen', -3500);
  expect(await fresh().find(cookie)).toBeDefined();
  seconds('seen', -3700);
  expect(await fresh().find(cookie)).toBeUndefined();
  const old = await sessions.begin(alice, undefined, here);
  seconds('made', -12 * 3600 - 1);
  expect(await fresh().find(old.cookie)).toBeUndefined();
  await sessions.sweep();
  expect(await store.sessions.list('s')).toEqual([]);
});

test('sessions from the clock’s future are refused, and what had run out does not live again', async () => {
  const { cookie } = await sessions.begin(alice, undefined, here);
  // The clock went back by ten minutes.
  seconds('made', 600);
  expect(await fresh().find(cookie)).toBeUndefined();
  expect(await fresh().list()).toEqual([]);
  seconds('made', -600);
  seconds('seen', 600);
  expect(await fresh().find(cookie)).toBeUndefined();
  seconds('seen', -600);
  expect(await fresh().find(cookie)).toBeDefined();
  seconds('seen', -3700);
  await sessions.sweep();
  seconds('seen', 3700);
  expect(await fresh().find(cookie)).toBeUndefined();
});

test('a locked store refuses, an end that it cannot take holds here all the same, and all goes on once it is free', async () => {
  const { cookie, pass, session } = await passFor();
  const other = await passFor({ ...alice, id: 'bob', login: 'bob' });
  const lock = new Database(join(folder, 'poterne.db'));
  lock.exec('begin immediate');
  await expect(sessions.begin(alice, undefined, here)).rejects.toMatchObject({
    code: 'sessions.unavailable',
  });
  // Nobody stands still for it again at once.
  const begun = performance.now();
  await expect(sessions.end({ user: 'alice' }, 'cut')).rejects.toMatchObject({
    code: 'sessions.unavailable',
  });
  expect(performance.now() - begun).toBeLessThan(50);
  await new Promise((resolve) => setTimeout(resolve, 1050));
  expect(await sessions.findPass(pass, app)).toBeUndefined();
  expect(await sessions.find(cookie)).toBeUndefined();
  expect(await sessions.findPass(other.pass, app)).toBeDefined();
  lock.exec('rollback');
  lock.close();
  await new Promise((resolve) => setTimeout(resolve, 1050));
  expect((await fresh().find(cookie))?.id).toBe(session.id);
  await sessions.sweep();
  expect(await fresh().find(cookie)).toBeUndefined();
});

test('a store that cannot note uses any more refuses after a while', async () => {
  const { cookie } = await sessions.begin(alice, undefined, here);
  sql(
    `create trigger full before update on session begin select raise(abort, 'database or disk is full'); end`,
  );
  const old = fresh();
  expect(await old.find(cookie)).toBeDefined();
  sql('drop trigger full');
  seconds('seen', -100);
  sql(
    `create trigger full before update on session begin select raise(abort, 'database or disk is full'); end`,
  );
  await expect(fresh().find(cookie)).rejects.toMatchObject({
    code: 'sessions.unavailable',
    params: { reason: expect.stringContaining('full') },
  });
  sql('drop trigger full');
  expect(await fresh().find(cookie)).toBeDefined();
});
