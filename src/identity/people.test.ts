import { afterEach, beforeEach, expect, test } from 'vitest';
import { ownerOf } from './owner.ts';
import { hashPassword } from './passwords.ts';
import { identityHere } from './testing.ts';
import type { User } from './types.ts';

let here: Awaited<ReturnType<typeof identityHere>>;
beforeEach(async () => {
  here = await identityHere();
});
afterEach(() => here.close());

const good = 'bateau tiroir nuage girafe';
const root = { who: 'root', from: 'here' };
const user = async (name: string) => (await here.people.find(name)) as User;

test('a described person signs in with the password they set by an invitation, which works once', async () => {
  const { people, audit } = here;
  expect(await people.check('alice', good)).toEqual({ refused: 'password' });
  const { code } = await people.invite(await user('alice'), root);
  expect((await people.invitation(code))?.user.id).toBe('alice');
  expect((await people.accept(code, 'password1234', '192.0.2.1')).wrong?.code).toBe('password.common');
  expect((await people.accept(code, good, '192.0.2.1')).user?.id).toBe('alice');
  expect(await people.accept(code, `${good} autre`, '192.0.2.1')).toEqual({});
  expect(await people.check(' Alice ', good)).toMatchObject({ user: { id: 'alice', groups: ['staff'] } });
  expect(await people.check('alice', `${good} autre`)).toEqual({ refused: 'password' });
  expect(audit.map(({ who, what, to }) => `${who} ${what} ${to}`)).toEqual([
    'root user.invite alice',
    'alice password.set alice',
  ]);
  expect(JSON.stringify(audit)).not.toContain(good);
});

test('invitations end after a day, and with the next one', async () => {
  const { people, later } = here;
  const first = await people.invite(await user('alice'), root);
  const second = await people.invite(await user('alice'), root);
  expect(await people.invitation(first.code)).toBeUndefined();
  later(24 * 3_600_000 - 1);
  expect(await people.invitation(second.code)).toBeDefined();
  later(1);
  expect(await people.accept(second.code, good, 'x')).toEqual({});
});

test('whose last day is over does not come in, nor who was never there', async () => {
  const { people } = here;
  expect([await people.check('bob', good), await people.check('eve', good)]).toEqual([
    { refused: 'expired' },
    { refused: 'unknown' },
  ]);
  expect([await people.find('bob'), await people.find('alice@ad'), await people.find('')]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test('after five wrong passwords the right one waits too, also when all come at once; unlocked, it opens', async () => {
  const { people, later, needs } = here;
  await people.setPassword(await user('alice'), good, root);
  const results = await Promise.all(Array.from({ length: 7 }, () => people.check('alice', 'not this one')));
  const count = (refused: string) => results.filter((each) => each.refused === refused).length;
  expect([count('password'), count('locked')]).toEqual([5, 2]);
  expect(await people.check('alice', good)).toEqual({ refused: 'locked' });
  later(60_000);
  expect(await people.check('alice', 'not this one')).toEqual({ refused: 'password' });
  expect(await people.check('alice', good)).toEqual({ refused: 'locked' });
  await needs.credentials().unlock('alice');
  expect(await people.check('alice', good)).toMatchObject({ user: { id: 'alice' } });
  // Who succeeds begins anew.
  expect(await needs.credentials().unlock('alice')).toBe(false);
});

test('a password kept with weaker parameters is kept with today’s once it was right', async () => {
  const { people, needs, clock } = here;
  const whose = { owner: 'alice', person: 'alice' };
  await needs.credentials().setPassword(whose, await hashPassword(good, { ln: 12, r: 8, p: 1 }), clock.now);
  await people.check('alice', 'not this one');
  expect((await needs.credentials().password('alice'))?.hash).toContain('ln=12');
  await people.check('alice', good);
  expect((await needs.credentials().password('alice'))?.hash).toContain('ln=15,r=8,p=3');
  expect(await people.check('alice', good)).toMatchObject({ user: { id: 'alice' } });
});

test('a guest comes in until their time is over; the next of that name has nothing of theirs', async () => {
  const { people, later, clock } = here;
  const ends = new Date(clock.now.getTime() + 3_600_000);
  const guest = await people.addGuest({ name: 'zoe', groups: ['contractors'], ends }, root);
  await people.setPassword(guest, good, root);
  expect(await people.check('zoe', good)).toMatchObject({
    user: { id: 'zoe', groups: ['contractors'], ends },
  });
  // Prolonged, they stay who they are.
  const later1 = new Date(ends.getTime() + 3_600_000);
  expect(ownerOf(await people.addGuest({ name: 'zoe', groups: ['contractors'], ends: later1 }, root))).toBe(
    ownerOf(guest),
  );
  later(2 * 3_600_000);
  expect(await people.check('zoe', good)).toEqual({ refused: 'expired' });
  const again = { name: 'zoe', groups: [], ends: new Date(clock.now.getTime() + 3_600_000) };
  expect(ownerOf(await people.addGuest(again, root))).not.toBe(ownerOf(guest));
  expect(await people.check('zoe', good)).toEqual({ refused: 'password' });
  expect(await people.endGuest('zoe', root)).toBe(true);
  expect(await people.endGuest('zoe', root)).toBe(false);
  expect(await people.find('zoe')).toBeUndefined();
});

test('who is described by the name of a guest has nothing of the guest’s', async () => {
  const { people, site, clock } = here;
  const ends = new Date(clock.now.getTime() + 3_600_000);
  const guest = await people.addGuest({ name: 'carol', groups: ['contractors'], ends }, root);
  await people.setPassword(guest, good, root);
  const { code } = await people.invite(guest, root);
  const carol = { name: 'carol', keys: [], groups: ['admins'], pointer: '/people/carol' };
  (site.people as unknown[]).push(carol);
  expect(await people.check('carol', good)).toEqual({ refused: 'password' });
  expect(await people.invitation(code)).toBeUndefined();
  expect(await people.accept(code, good, 'x')).toEqual({});
});

test('who has another password, or another address, is told, the latter where letters went before', async () => {
  const { people, told, clock } = here;
  const ends = new Date(clock.now.getTime() + 3_600_000);
  const zoe = { name: 'zoe', groups: [], ends, email: 'zoe@example.com' };
  const guest = await people.addGuest(zoe, root);
  await people.setPassword(guest, good, root);
  expect(told).toEqual([]);
  await people.setPassword(guest, `${good} autre`, root);
  await people.setPassword(guest, good, { who: 'zoe', from: '192.0.2.1' });
  const { code } = await people.invite(guest, root);
  await people.accept(code, `${good} encore`, '192.0.2.1');
  await people.addGuest({ ...zoe, email: 'Zoe@example.com' }, root);
  await people.addGuest({ ...zoe, email: 'other@example.net' }, root);
  expect(told.map(({ email, text }) => [email, text.code])).toEqual([
    ['zoe@example.com', 'password.told.given'],
    ['zoe@example.com', 'password.told.changed'],
    ['zoe@example.com', 'password.told.invitation'],
    ['Zoe@example.com', 'email.told.changed'],
  ]);
});
