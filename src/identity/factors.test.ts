import { Secret, TOTP } from 'otpauth';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openFactors } from './factors.ts';
import { identityHere } from './testing.ts';
import type { User } from './types.ts';

let here: Awaited<ReturnType<typeof identityHere>>;
beforeEach(async () => {
  here = await identityHere();
});
afterEach(() => here.close());

const alice: User = { id: 'alice', source: 'local', login: 'alice', groups: [] };
const carol: User = { id: 'carol@ad', source: 'ad', login: 'carol', groups: [], stable: 'guid-1' };
const self = { who: 'alice', from: '192.0.2.1' };

/** What an application would show. */
const codeOf = (seed: string, offset = 0) =>
  new TOTP({ secret: Secret.fromBase32(seed) }).generate({
    timestamp: here.clock.now.getTime() + offset * 1000,
  });

async function enrolled(user: User): Promise<string> {
  const { id, seed } = await here.factors.beginTotp(user, 's1');
  expect(await here.factors.confirmTotp(user, id, codeOf(seed), 'phone', self)).toMatchObject({ ok: true });
  return seed;
}

test('an application is enrolled once a code of it was right, and the person is told', async () => {
  const { factors, audit, told } = here;
  const { id, seed } = await factors.beginTotp(alice, 's1');
  expect((await factors.pendingTotp(alice, 's1'))?.seed).toBe(seed);
  expect((await factors.of(alice)).factors).toEqual([]);
  expect(await factors.checkTotp(alice, codeOf(seed))).toMatchObject({ ok: false });
  expect(await factors.confirmTotp(alice, id, '000000', 'phone', self)).toMatchObject({ ok: false });
  expect(await factors.confirmTotp(carol, id, codeOf(seed), 'phone', self)).toMatchObject({ ok: false });
  expect(await factors.confirmTotp(alice, id, codeOf(seed), 'phone', self)).toMatchObject({ ok: true });
  expect((await factors.of(alice)).factors).toMatchObject([{ kind: 'totp', name: 'phone' }]);
  expect(audit.map(({ what }) => what)).toEqual(['factor.add']);
  expect(told).toMatchObject([{ user: 'alice', text: { code: 'factor.told.added' } }]);
  expect(JSON.stringify([audit, told])).not.toContain(seed);
});

test('a seed that nobody confirmed is forgotten', async () => {
  const { id, seed } = await here.factors.beginTotp(alice, 's1');
  here.later(15 * 60_000);
  expect(await here.factors.confirmTotp(alice, id, codeOf(seed), 'phone', self)).toMatchObject({
    why: { code: 'factor.gone' },
  });
});

test('a code is good once, one at a time, and none before it is good any more', async () => {
  const { factors, later } = here;
  const seed = await enrolled(alice);
  // The one that confirmed it is used.
  expect(await factors.checkTotp(alice, codeOf(seed))).toMatchObject({ why: { code: 'factor.used' } });
  later(30_000);
  const same = codeOf(seed);
  const both = await Promise.all([factors.checkTotp(alice, same), factors.checkTotp(alice, same)]);
  expect(both.map(({ ok }) => ok).sort()).toEqual([false, true]);
  later(90_000);
  // A clock that runs fast: then the code of the step before is over.
  expect(await factors.checkTotp(alice, codeOf(seed, 30))).toMatchObject({ ok: true });
  expect(await factors.checkTotp(alice, codeOf(seed))).toMatchObject({ why: { code: 'factor.used' } });
});

test('guesses are limited, however many come at once, and recovery codes count with them', async () => {
  const { factors, later } = here;
  const seed = await enrolled(alice);
  later(60_000);
  const results = await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      i % 2 ? factors.checkTotp(alice, '000000') : factors.useRecoveryCode(alice, 'x', self),
    ),
  );
  const whys = results.map((each) => (each.ok ? '' : each.why.code));
  expect(whys.filter((why) => why === 'factor.wrong')).toHaveLength(5);
  expect(whys.filter((why) => why === 'factor.paused')).toHaveLength(15);
  expect(await factors.checkTotp(alice, codeOf(seed))).toMatchObject({ why: { code: 'factor.paused' } });
  later(60_000);
  expect(await factors.checkTotp(alice, codeOf(seed))).toMatchObject({ ok: true });
});

test('recovery codes work once each, as people type them, for their owner', async () => {
  const { factors } = here;
  const codes = await factors.newRecoveryCodes(alice, self);
  expect(new Set(codes).size).toBe(10);
  const [first = '', second = ''] = codes;
  expect(first).toMatch(/^([0-9a-hjkmnp-tv-z]{4}-){3}[0-9a-hjkmnp-tv-z]{4}$/);
  expect(await factors.useRecoveryCode(carol, first, self)).toMatchObject({ ok: false });
  const typed = first.toUpperCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'L');
  const both = await Promise.all([
    factors.useRecoveryCode(alice, typed, self),
    factors.useRecoveryCode(alice, first, self),
  ]);
  expect(both.filter(({ ok }) => ok)).toMatchObject([{ strength: { factor: 'recovery' } }]);
  expect((await factors.of(alice)).recoveryCodes).toBe(9);
  const fresh = await factors.newRecoveryCodes(alice, self);
  expect(await factors.useRecoveryCode(alice, second, self)).toMatchObject({ ok: false });
  expect(await factors.useRecoveryCode(alice, fresh[0] ?? '', self)).toMatchObject({ ok: true });
});

const day = 86_400_000;

test('a seed is shown again to the session that saw it, and to no other', async () => {
  const { factors } = here;
  const { id, seed } = await factors.beginTotp(alice, 's1');
  expect(await factors.pendingTotp(alice, 's1')).toMatchObject({ id, seed });
  expect(await factors.pendingTotp(alice, 's2')).toBeUndefined();
  const other = await factors.beginTotp(alice, 's2');
  expect(other.seed).not.toBe(seed);
  expect(await factors.confirmTotp(alice, id, codeOf(seed), 'phone', self)).toMatchObject({
    why: { code: 'factor.gone' },
  });
});

test('a device is remembered no longer than the description says now', async () => {
  const { factors, later } = here;
  const { cookie } = await factors.remember(alice, 30 * day, 'Firefox');
  later(2 * day);
  expect(await factors.isRemembered(alice, cookie, 30 * day)).toMatchObject({ factor: 'remembered' });
  expect(await factors.isRemembered(alice, cookie, 2 * day)).toBeUndefined();
});

test('a device is remembered for its person, for the described time, until all are forgotten', async () => {
  const { factors, later } = here;
  const { cookie } = await factors.remember(alice, 86_400_000, 'Firefox');
  expect(await factors.isRemembered(alice, cookie, day)).toMatchObject({ factor: 'remembered' });
  expect(await factors.isRemembered(carol, cookie, day)).toBeUndefined();
  expect(await factors.isRemembered(alice, `${cookie.slice(0, -1)}_`, day)).toBeUndefined();
  expect(await factors.devices(alice)).toMatchObject([{ agent: 'Firefox' }]);
  later(86_400_000);
  expect(await factors.isRemembered(alice, cookie, day)).toBeUndefined();
  const again = await factors.remember(alice, 86_400_000, 'Firefox');
  await here.people.setPassword(alice, 'bateau tiroir nuage girafe', self);
  expect(await factors.isRemembered(alice, again.cookie, day)).toBeUndefined();
});

test('an administrator’s reset takes everything, of whom it names', async () => {
  const { factors, told } = here;
  await enrolled(alice);
  await enrolled(carol);
  const [code = ''] = await factors.newRecoveryCodes(alice, self);
  const { cookie } = await factors.remember(alice, 86_400_000, 'Firefox');
  expect(await factors.reset(alice, { who: 'root', from: 'here' })).toBe(1);
  expect(await factors.of(alice)).toEqual({ factors: [], recoveryCodes: 0 });
  expect(await factors.useRecoveryCode(alice, code, self)).toMatchObject({ ok: false });
  expect(await factors.isRemembered(alice, cookie, day)).toBeUndefined();
  expect((await factors.of(carol)).factors).toHaveLength(1);
  expect(told.at(-1)).toMatchObject({ user: 'alice', text: { code: 'factor.told.reset' } });
});

test('somebody else of the same name in the directory has nothing of theirs', async () => {
  await enrolled(carol);
  expect((await here.factors.of({ ...carol, stable: 'guid-2' })).factors).toEqual([]);
});

test('a seed opens with the machine’s key alone, and not as another person’s', async () => {
  const { needs, store, factors, later } = here;
  const seed = await enrolled(alice);
  later(60_000);
  const rows = await store.credentials('maison').factors('alice');
  expect(JSON.stringify(rows)).not.toContain(seed);
  const other = openFactors({ ...needs, seal: async () => 'another secret that is long enough' });
  await expect(other.checkTotp(alice, codeOf(seed))).rejects.toMatchObject({ code: 'seal.broken' });
  await expect(
    openFactors({ ...needs, seal: async () => undefined }).beginTotp(alice, 's1'),
  ).rejects.toMatchObject({ code: 'factor.unsealable' });
  const [row] = rows;
  if (row) await store.credentials('maison').addFactor({ ...row, id: 'stolen', owner: 'eve', person: 'eve' });
  await expect(factors.checkTotp({ ...alice, id: 'eve' }, codeOf(seed))).rejects.toMatchObject({
    code: 'seal.broken',
  });
});
