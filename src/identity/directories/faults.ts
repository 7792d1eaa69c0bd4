import type { Code } from '../../i18n/en.ts';
import { isUntrusted } from '../../lib/untrusted.ts';
import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';
import type { LdapDirectory } from '../../model/sign-in.ts';
import { NoTls, Silent } from './secure-socket.ts';
import { type LdapServer, urlOf } from './server.ts';

type ServerCode =
  | 'directory.unreachable'
  | 'directory.silent'
  | 'directory.certificate'
  | 'directory.tls'
  | 'directory.bind'
  | 'directory.base'
  | 'directory.refused';

/** The LDAP result code (RFC 4511 §4.1.9) that a server answered with. */
export class Answered extends Error {
  override readonly name = 'Answered';
  readonly code: number;
  /** In the server's own words. */
  readonly diagnostic: string;

  constructor(code: number, diagnostic: string) {
    super(`LDAP ${code}: ${diagnostic}`);
    this.code = code;
    this.diagnostic = diagnostic;
  }
}

/** An error of a directory's server, or of the way to it, as a fault that says what to do. */
export function serverFault(directory: LdapDirectory, server: LdapServer, error: unknown): Fault {
  if (error instanceof Fault) return error;
  return made(directory, server, codeOf(error), reasonOf(error), error);
}

/** The account that Poterne has itself is refused. */
export function bindFault(directory: LdapDirectory, server: LdapServer, answered: Answered): Fault {
  return made(directory, server, 'directory.bind', reasonOf(answered), answered);
}

function made(
  { name, bind, base, pointer, trust }: LdapDirectory,
  server: LdapServer,
  code: ServerCode,
  reason: string,
  cause: unknown,
): Fault {
  const params = { directory: name, server: urlOf(server), reason, user: bind.user, base };
  const at = code === 'directory.certificate' && trust ? trust.pointer : pointer;
  return new Fault(code, params, { cause, pointer: at, next: message(`${code}.next` as Code, params) });
}

function codeOf(error: unknown): ServerCode {
  if (error instanceof Silent) return 'directory.silent';
  if (error instanceof Answered)
    return error.code === 32 || error.code === 34 ? 'directory.base' : 'directory.refused';
  const { code = '', message: text = '' } = error as NodeJS.ErrnoException;
  if (isUntrusted(error)) return 'directory.certificate';
  if (error instanceof NoTls || /SSL|EPROTO|TLS/.test(`${code} ${text}`)) return 'directory.tls';
  return 'directory.unreachable';
}

/** On one line, and not for ever: it is another's text. */
export function reasonOf(error: unknown): string {
  const { message: text, code } = error as NodeJS.ErrnoException;
  const words =
    error instanceof Answered ? error.diagnostic || `LDAP ${error.code}` : text || code || String(error);
  return words
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .slice(0, 300);
}
