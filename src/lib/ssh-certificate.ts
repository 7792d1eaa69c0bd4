/** What an OpenSSH user certificate says of its holder; who signed it was checked by the sshd that let it in. */
export interface SshCertificate {
  readonly serial: bigint;
  readonly keyId: string;
  readonly principals: readonly string[];
  readonly validAfter: Date;
  readonly validBefore: Date;
}

/** The fields of the public key between the nonce and the serial number, by the type of the certificate. */
const keyFields: Readonly<Record<string, number>> = {
  'ssh-ed25519-cert-v01@openssh.com': 1,
  'ssh-rsa-cert-v01@openssh.com': 2,
  'ecdsa-sha2-nistp256-cert-v01@openssh.com': 2,
  'ecdsa-sha2-nistp384-cert-v01@openssh.com': 2,
  'ecdsa-sha2-nistp521-cert-v01@openssh.com': 2,
  'sk-ssh-ed25519-cert-v01@openssh.com': 2,
  'sk-ecdsa-sha2-nistp256-cert-v01@openssh.com': 3,
};

/** Reads a user certificate (`type base64`, as a -cert.pub file has it); `undefined` when it is none. OpenSSH's PROTOCOL.certkeys has the form. */
export function sshCertificate(line: string): SshCertificate | undefined {
  const [type = '', base64 = ''] = line.trim().split(/\s+/);
  const fields = keyFields[type];
  if (fields === undefined) return undefined;
  const bytes = Buffer.from(base64, 'base64');
  try {
    let at = 0;
    const string = () => {
      const length = bytes.readUInt32BE(at);
      if (at + 4 + length > bytes.length) throw new RangeError('cut');
      at += 4 + length;
      return bytes.subarray(at - length, at);
    };
    const number = () => {
      at += 8;
      return bytes.readBigUInt64BE(at - 8);
    };
    if (string().toString('latin1') !== type) return undefined;
    // The nonce, and the key.
    for (let n = 0; n < 1 + fields; n++) string();
    const serial = number();
    const kind = bytes.readUInt32BE(at);
    at += 4;
    if (kind !== 1) return undefined;
    const keyId = string().toString('utf8');
    const principals = stringsOf(string());
    return { serial, keyId, principals, validAfter: dateOf(number()), validBefore: dateOf(number()) };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function stringsOf(bytes: Buffer): string[] {
  const strings: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 + bytes.readUInt32BE(at);
    if (end > bytes.length) throw new RangeError('cut');
    strings.push(bytes.toString('utf8', at + 4, end));
    at = end;
  }
  return strings;
}

/** Seconds since 1970; the greatest number stands for ever, which a Date cannot say. */
function dateOf(seconds: bigint): Date {
  const latest = 8_640_000_000_000n;
  return new Date(Number(seconds > latest ? latest : seconds) * 1000);
}
