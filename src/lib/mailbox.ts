import type { Mailbox } from '../model/mail.ts';

/**
 * An address that a letter may go to: a dot-atom and a domain (RFC 5321, 4.1.2), without quoted parts, comments and lists,
 * which nobody has and which can hide a second address.
 */
export function isMailAddress(text: string): boolean {
  const [, local = '', domain = ''] = /^([^@]+)@([^@]+)$/.exec(text) ?? [];
  return (
    text.length <= 254 &&
    /^[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-]+(?:\.[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-]+)*$/u.test(local) &&
    /^[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?(?:\.[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?)*$/u.test(
      domain,
    )
  );
}

/** `poterne@example.fr` or `Poterne <poterne@example.fr>`; `undefined` if it is neither. */
export function mailboxOf(text: string): Mailbox | undefined {
  const [, named, address] = /^(?:([^<>\p{Cc}"]+?)\s*<([^<>\s]+)>)$/u.exec(text.trim()) ?? [];
  if (named !== undefined && address !== undefined)
    return isMailAddress(address) ? { name: named.trim(), address } : undefined;
  return isMailAddress(text.trim()) ? { address: text.trim() } : undefined;
}
