import { adAccount, adEnds, adRefusal, adStanding } from './accounts.ts';
import { adGroups } from './groups.ts';
import type { Kind } from './ldap-source.ts';

/** Active Directory, Microsoft's or Samba's: people by `sAMAccountName` or their principal name, known again by `objectGUID`. */
export const activeDirectory: Kind = {
  async people() {
    const { EqualityFilter } = await import('ldapts');
    const is = (attribute: string, value: string) => new EqualityFilter({ attribute, value });
    return [is('objectCategory', 'person'), is('objectClass', 'user')];
  },
  // No sAMAccountName has an "@".
  asked: ({ attributes }, login) =>
    attributes.login ?? (login.includes('@') ? 'userPrincipalName' : 'sAMAccountName'),
  attributes: [
    ...['sAMAccountName', 'userPrincipalName', 'displayName', 'cn', 'mail'],
    ...['objectGUID', 'objectSid', 'primaryGroupID'],
    ...adAccount,
  ],
  binary: ['objectGUID', 'objectSid', 'logonHours'],
  loginAttribute: ({ attributes }) => attributes.login ?? 'sAMAccountName',
  usualTitle: ['displayName', 'cn'],
  standing: adStanding,
  ends: adEnds,
  refusal: adRefusal,
  stable: (person) => {
    const guid = person.bytes('objectGUID');
    return guid?.length === 16 ? guidOf(guid) : undefined;
  },
  groups: adGroups,
};

/** As Windows writes it: the first three parts little-endian ([MS-DTYP] §2.3.4). */
function guidOf(bytes: Buffer): string {
  const part = (from: number, to: number, turned: boolean) => {
    const some = Buffer.from(bytes.subarray(from, to));
    return (turned ? some.reverse() : some).toString('hex');
  };
  return [part(0, 4, true), part(4, 6, true), part(6, 8, true), part(8, 10, false), part(10, 16, false)].join(
    '-',
  );
}
