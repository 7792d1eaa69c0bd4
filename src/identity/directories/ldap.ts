import { ldapAccount, ldapEnds, ldapRefusal, ldapStanding } from './accounts.ts';
import { ldapGroups } from './groups.ts';
import type { Kind } from './ldap-source.ts';

/** OpenLDAP, 389, FreeIPA and their like: people by `uid`, known again by `entryUUID` (RFC 4530). */
export const ldap: Kind = {
  async people() {
    const { EqualityFilter, OrFilter } = await import('ldapts');
    const of = (value: string) => new EqualityFilter({ attribute: 'objectClass', value });
    return [new OrFilter({ filters: ['person', 'posixAccount'].map(of) })];
  },
  asked({ attributes }) {
    return attributes.login ?? 'uid';
  },
  attributes: [
    ...['uid', 'cn', 'displayName', 'mail', 'memberOf', 'entryUUID', 'nsUniqueId', 'ipaUniqueID'],
    ...ldapAccount,
  ],
  binary: [],
  loginAttribute: ({ attributes }) => attributes.login ?? 'uid',
  usualTitle: ['displayName', 'cn'],
  standing: ldapStanding,
  ends: ldapEnds,
  refusal: ldapRefusal,
  stable: (person) => person.first('entryUUID') ?? person.first('ipaUniqueID') ?? person.first('nsUniqueId'),
  groups: ldapGroups,
};
