/** What a longer name would be is work for those who read it, and room in headers: in UTF-16 units. */
export const longestLogin = 256;

/**
 * The name by which a source knows somebody, as it is known here: in one form, in lower case. Nothing where it could not be told from
 * another's, on a screen or in a log: empty, overlong, with control characters, or with what nobody sees (Cf).
 */
export function loginName(text: string): string | undefined {
  const login = text.normalize('NFC').toLowerCase();
  const isPlain = login.isWellFormed() && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(login);
  return isPlain && login !== '' && login.length <= longestLogin ? login : undefined;
}
