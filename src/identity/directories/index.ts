import type { Directory, LdapDirectory } from '../../model/sign-in.ts';
import { activeDirectory } from './active-directory.ts';
import { ldap } from './ldap.ts';
import { LdapSource } from './ldap-source.ts';
import { OpenIdSource } from './openid.ts';
import type { Patience } from './servers.ts';

export interface SourceOptions {
  readonly now?: () => Date;
  readonly patience?: Patience;
}

/** A directory that is asked with a password. */
export function ldapSource(directory: LdapDirectory, options: SourceOptions = {}): LdapSource {
  return new LdapSource(directory, directory.kind === 'active-directory' ? activeDirectory : ldap, options);
}

/** A directory as a source of people. Nothing is connected until something is asked; `close` it in the end. */
export function sourceOf(directory: Directory, options: SourceOptions = {}): LdapSource | OpenIdSource {
  return directory.kind === 'openid' ? new OpenIdSource(directory, options) : ldapSource(directory, options);
}
