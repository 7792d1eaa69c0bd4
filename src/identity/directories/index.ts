import type { Directory, LdapDirectory, OpenIdDirectory } from '../../model/sign-in.ts';
import { activeDirectory } from './active-directory.ts';
import { ldap } from './ldap.ts';
import { LdapSource } from './ldap-source.ts';
import type { Patience } from './servers.ts';

export interface SourceOptions {
  readonly now?: () => Date;
  readonly patience?: Patience;
}

/** A directory of the site that is asked with a password. Nothing is connected until something is asked; `close` it in the end. */
export function ldapSource(directory: LdapDirectory, options: SourceOptions = {}): LdapSource {
  return new LdapSource(directory, directory.kind === 'active-directory' ? activeDirectory : ldap, options);
}

/** The directories that are asked with a password, and those that people are sent to. */
export function byKind(directories: readonly Directory[] = []): {
  readonly ldap: readonly LdapDirectory[];
  readonly openid: readonly OpenIdDirectory[];
} {
  return {
    ldap: directories.filter((each) => each.kind !== 'openid'),
    openid: directories.filter((each) => each.kind === 'openid'),
  };
}
