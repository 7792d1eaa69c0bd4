import type { LdapDirectory } from '../../model/sign-in.ts';

/** One of the servers of a directory. */
export type LdapServer = LdapDirectory['servers'][number];

/** As people write it. */
export function urlOf({ host, port, startTls }: LdapServer): string {
  const usual = startTls ? 389 : 636;
  const name = host.includes(':') ? `[${host}]` : host;
  return `${startTls ? 'ldap' : 'ldaps'}://${name}${port === usual ? '' : `:${port}`}`;
}
