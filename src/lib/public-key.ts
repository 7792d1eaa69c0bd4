/** Types of public keys that people may have, as OpenSSH 9 takes them. */
const types = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'ssh-rsa',
  'sk-ssh-ed25519@openssh.com',
  'sk-ecdsa-sha2-nistp256@openssh.com',
];

/** The least that OpenSSH takes of an RSA key, in bytes of its modulus. */
const leastRsa = 256;

/**
 * `type base64` of a line as a .pub file has it; `undefined` for anything else: options before the type, a private key, a
 * certificate, a key whose inside says another type, an RSA key of less than 2048 bits.
 */
export function publicKey(line: string): string | undefined {
  const [type = '', base64 = ''] = line.trim().split(/[ \t]+/);
  if (/\p{Cc}/u.test(line.trim()) || !types.includes(type) || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64))
    return undefined;
  const bytes = Buffer.from(base64, 'base64');
  const parts = fieldsOf(bytes);
  if (!parts || parts[0]?.toString('latin1') !== type || bytes.toString('base64') !== base64)
    return undefined;
  const least = type === 'ssh-rsa' ? 3 : 2;
  if (parts.length < least) return undefined;
  if (type === 'ssh-ed25519' && parts[1]?.length !== 32) return undefined;
  if (type === 'ssh-rsa' && (parts[2] as Buffer).length < leastRsa) return undefined;
  return `${type} ${base64}`;
}

/** The strings of an SSH wire encoding (RFC 4251, 5); `undefined` when it is cut. */
function fieldsOf(bytes: Buffer): readonly Buffer[] | undefined {
  const fields: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (at + 4 > bytes.length) return undefined;
    const end = at + 4 + bytes.readUInt32BE(at);
    if (end > bytes.length) return undefined;
    fields.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return fields;
}
