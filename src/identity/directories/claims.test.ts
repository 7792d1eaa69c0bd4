import { expect, test } from 'vitest';
import type { OpenIdDirectory } from '../../model/sign-in.ts';
import { userOf } from './claims.ts';

const directory = {
  ...{ name: 'idp', kind: 'openid', loginClaim: 'preferred_username', groupsClaim: 'groups' },
  groups: { staff: ['Staff'] },
} as unknown as OpenIdDirectory;
const claims = (login: unknown) => ({ sub: '1', preferred_username: login, groups: [] });

test.each([
  ['alice@ad', 'alice@ad@idp'],
  ['@', '@@idp'],
  ['ALICE', 'alice@idp'],
  ['Zoe\u0301', 'zo\u00e9@idp'],
  ['../../x', '../../x@idp'],
  ['x'.repeat(256), `${'x'.repeat(256)}@idp`],
])('whatever a provider calls somebody, they are of that provider: %j', (login, id) => {
  const user = userOf(directory, claims(login));
  expect(user).toMatchObject({ id, source: 'idp', groups: [] });
});

test.each([
  ' ',
  'a b',
  'a\nb',
  'a\u0000',
  'alice\u200b',
  '\u202eecila',
  'al\u00adice',
  'a\u2028b',
  'a\ud800',
  'x'.repeat(257),
])('a name that hides something is none: %j', (login) =>
  expect(userOf(directory, claims(login))).toBeUndefined(),
);

test.each(['', 7, ['alice'], null])('who is called nothing is not told from others: %j', (login) =>
  expect(() => userOf(directory, claims(login))).toThrow('openid.login'),
);

test('an address that the provider has not seen to be theirs is nobody’s, also where it says so in a text', () => {
  const said = (email_verified: unknown) => ({
    ...claims('alice'),
    email: 'boss@example.fr',
    email_verified,
  });
  for (const yes of [true, 'true', undefined]) {
    expect(userOf(directory, said(yes))?.email).toBe('boss@example.fr');
    expect(userOf({ ...directory, loginClaim: 'email' }, said(yes))?.id).toBe('boss@example.fr@idp');
  }
  for (const no of [false, 'false', 'False', null, 0]) {
    expect(userOf(directory, said(no))?.email).toBeUndefined();
    expect(() => userOf({ ...directory, loginClaim: 'email' }, said(no))).toThrow('openid.login');
  }
});

test.each(['', undefined, 7, null])('somebody without a subject is nobody: %j', (sub) =>
  expect(() => userOf(directory, { ...claims('alice'), sub })).toThrow('openid.answer'),
);
