import { expect, test } from 'vitest';
import { adEnds, adRefusal, adStanding, ldapEnds, ldapStanding } from './accounts.ts';
import type { Found } from './ldap-connection.ts';

const now = new Date('2026-11-25T10:30:00Z');

function found(attributes: Readonly<Record<string, string | Buffer>>): Found {
  const text = (name: string) => attributes[name] as string | undefined;
  return {
    dn: 'cn=x',
    values: (name) => [text(name)].flatMap((each) => each ?? []),
    first: text,
    bytes: (name) => attributes[name] as Buffer | undefined,
  };
}

/** As Windows counts. */
const ticks = (date: string) => String((BigInt(Date.parse(date)) + 11_644_473_600_000n) * 10_000n);
const normal = { userAccountControl: '512' };

test('an account of Active Directory', () => {
  const standing = (more: Readonly<Record<string, string | Buffer>>) =>
    adStanding(found({ ...normal, ...more }), now);
  expect(standing({})).toBeUndefined();
  expect(standing({ accountExpires: '0' })).toBeUndefined();
  expect(standing({ accountExpires: '9223372036854775807' })).toBeUndefined();
  expect(standing({ accountExpires: ticks('2026-11-25T10:30:01Z') })).toBeUndefined();
  expect(standing({ accountExpires: ticks('2026-11-25T10:30:00Z') })).toBe('expired');
  expect(standing({ userAccountControl: '514' })).toBe('disabled');
  // One that we may not read.
  expect(adStanding(found({}), now)).toBe('disabled');
  expect(standing({ 'msDS-User-Account-Control-Computed': '16' })).toBe('locked');
  expect(standing({ pwdLastSet: '0' })).toBe('must-change');
  // A lock hides nothing that counts for longer.
  expect(standing({ pwdLastSet: '0', 'msDS-User-Account-Control-Computed': '16' })).toBe('must-change');
  expect(standing({ pwdLastSet: '0', userAccountControl: '66048' })).toBeUndefined();
  expect(adEnds(found({ accountExpires: ticks('2026-12-31T23:00:00Z') }))).toEqual(
    new Date('2026-12-31T23:00:00Z'),
  );
});

test('the hours of an account of Active Directory, in UTC', () => {
  const hours = Buffer.alloc(21);
  // Wednesday, 10 to 11.
  const at = 3 * 24 + 10;
  hours[at >> 3] = 1 << (at & 7);
  const standing = (date: string) => adStanding(found({ ...normal, logonHours: hours }), new Date(date));
  expect(standing('2026-11-25T10:00:00Z')).toBeUndefined();
  expect(standing('2026-11-25T10:59:59Z')).toBeUndefined();
  expect(standing('2026-11-25T11:00:00Z')).toBe('hours');
  expect(standing('2026-11-24T10:30:00Z')).toBe('hours');
});

test('what Active Directory says when it refuses', () => {
  const refusal = (code: string) =>
    adRefusal({
      diagnostic: `80090308: LdapErr: DSID-0C090439, comment: AcceptSecurityContext error, data ${code}, v4563`,
    });
  expect(['525', '52e', '530', '531', '532', '533', '701', '773', '775', '1'].map(refusal)).toEqual([
    ...['unknown', 'password', 'hours', 'disabled', 'must-change'],
    ...['disabled', 'expired', 'must-change', 'locked', 'password'],
  ]);
});

test('an account of another directory', () => {
  const standing = (more: Readonly<Record<string, string>>) => ldapStanding(found(more), now);
  expect(standing({})).toBeUndefined();
  expect(standing({ shadowExpire: '-1' })).toBeUndefined();
  expect(standing({ shadowExpire: '0' })).toBe('expired');
  expect(standing({ nsAccountLock: 'TRUE' })).toBe('disabled');
  expect(standing({ pwdAccountLockedTime: '20261125102900Z' })).toBe('locked');
  expect(standing({ pwdAccountLockedTime: '000001010000Z' })).toBe('disabled');
  expect(standing({ pwdAccountLockedTime: '20261125102900Z', pwdReset: 'TRUE' })).toBe('must-change');
  expect(standing({ pwdStartTime: '20261201000000Z' })).toBe('disabled');
  expect(standing({ pwdEndTime: '20261125103000.000Z' })).toBe('expired');
  expect(ldapEnds(found({ shadowExpire: '40000', krbPrincipalExpiration: '20270101000000Z' }))).toEqual(
    new Date('2027-01-01T00:00:00Z'),
  );
});
