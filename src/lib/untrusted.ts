/** Whether it was us who refused TLS, because of who the other side is: what Node and OpenSSL call it. */
export function isUntrusted(error: unknown): boolean {
  const { code = '', message: text = '' } = error as NodeJS.ErrnoException;
  if (/CERT|SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET_ISSUER)|ALTNAME|INVALID_CA/.test(`${code} ${text}`))
    return true;
  // Libraries that wrap an error may lose its code; a host may have the word in its name.
  return /\bcertificate(?:'s altnames| (?:has|is|chain)\b|$)/.test(text);
}
