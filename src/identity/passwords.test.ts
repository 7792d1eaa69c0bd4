import { expect, test } from 'vitest';
import {
  currentParameters,
  hashPassword,
  passwordTrouble,
  verifyNothing,
  verifyPassword,
} from './passwords.ts';

const alice = { login: 'alice', title: 'Alice Martin', email: 'alice@masociete.fr', words: ['masociete'] };

test('a password is kept with what made its hash, and known again', async () => {
  const kept = await hashPassword('quatre mots à la suite');
  expect(kept).toMatch(/^\$scrypt\$ln=15,r=8,p=3\$[\w-]{22}\$[\w-]{43}$/);
  expect(await hashPassword('quatre mots à la suite')).not.toBe(kept);
  expect(await verifyPassword('quatre mots à la suite', kept)).toBe('right');
  // Typed on a keyboard that composes its accents otherwise.
  expect(await verifyPassword('quatre mots a\u0300 la suite', kept)).toBe('right');
  expect(await verifyPassword('quatre mots a la suite', kept)).toBe('wrong');
});

test('a hash of other parameters is right, and outdated', async () => {
  const kept = await hashPassword('quatre mots à la suite', { ...currentParameters, ln: 12 });
  expect(await verifyPassword('quatre mots à la suite', kept)).toBe('outdated');
  expect(await verifyPassword('autre chose encore', kept)).toBe('wrong');
});

test('the hash is that of RFC 7914, section 12', async () => {
  const hash = '/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWIurzDZLiKjiG/xCSedmDDaxyevuUqD7m2DYMvfoswGQA==';
  const kept = `$scrypt$ln=10,r=8,p=16$${Buffer.from('NaCl').toString('base64url')}$${Buffer.from(hash, 'base64').toString('base64url')}`;
  expect(await verifyPassword('password', kept)).toBe('outdated');
});

test.each([
  ['short', 'Xk3!pQz-9vT', 'password.short'],
  ['one of those that all have', 'password1234', 'password.common'],
  ['a row of keys', 'azertyuiop12', 'password.common'],
  ['the same again', 'soleilsoleil', 'password.common'],
  ['their name', 'alicemartin2026', 'password.common'],
  ['the organisation', 'masociete2026', 'password.common'],
  ['endless', 'x'.repeat(257), 'password.long'],
])('refused: %s', async (_, password, code) => {
  expect((await passwordTrouble(password, alice))?.code).toBe(code);
});

test.each(['bateau tiroir nuage girafe', 'Xk3!pQz-9vTm', 'ceci est une phrase assez longue'])(
  'taken: %s',
  async (password) => {
    expect(await passwordTrouble(password, alice)).toBeUndefined();
  },
);

test('nobody’s password takes as long as somebody’s', async () => {
  const kept = await hashPassword('quatre mots à la suite');
  await verifyNothing('x');
  // Of the processor's time: others may be at work on the machine.
  const work = async (check: () => Promise<unknown>) => {
    const before = process.cpuUsage();
    for (let i = 0; i < 3; i++) await check();
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
  const ratio = (await work(() => verifyPassword('x', kept))) / (await work(() => verifyNothing('x')));
  expect(ratio).toBeGreaterThan(0.5);
  expect(ratio).toBeLessThan(2);
});
