import type { RevocationReason } from '../../model/authority.ts';
import { backdate, type Issuer } from './certificate.ts';
import type { CertificateRecord } from './ledger.ts';

/** A list of revoked certificates, as it is kept. */
export interface KeptList {
  readonly pem: string;
  /** ISO 8601, UTC. */
  readonly from: string;
  readonly until: string;
  /** The serial numbers on it. */
  readonly serials: readonly string[];
}

/** Signs the list of an issuer (RFC 5280 §5) until a time. Its number is that of the milliseconds, which grows. */
export async function makeList(
  by: Issuer,
  revoked: readonly CertificateRecord[],
  now: Date,
  until: Date,
): Promise<KeptList> {
  const x509 = await import('../x509.ts');
  const issuer = new x509.X509Certificate(by.certificate);
  // By its clock the one who asks may be a little behind us.
  const from = new Date(now.getTime() - backdate);
  const list = await x509.X509CrlGenerator.create({
    issuer: issuer.subjectName.toJSON(),
    thisUpdate: from,
    nextUpdate: until,
    signingAlgorithm: by.signer.algorithm,
    signingKey: by.signer.key,
    entries: revoked.map(({ serial, revoked: how }) => ({
      serialNumber: serial,
      revocationDate: new Date(how?.at ?? now),
      reason: reasonCode(how?.reason ?? 'unspecified'),
    })),
    extensions: [
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      new x509.Extension('2.5.29.20', false, integer(now.getTime())),
    ],
  });
  return {
    // The label that programs know (RFC 7468 §6).
    pem: `${x509.PemConverter.encode(list.rawData, 'X509 CRL')}\n`,
    from: now.toISOString(),
    until: until.toISOString(),
    serials: revoked.map(({ serial }) => serial),
  };
}

/** CRLReason (RFC 5280 §5.3.1). */
function reasonCode(reason: RevocationReason): number {
  const codes = {
    unspecified: 0,
    'key-compromise': 1,
    'affiliation-changed': 3,
    superseded: 4,
    cessation: 5,
    'privilege-withdrawn': 9,
  };
  return codes[reason];
}

/** A positive INTEGER in DER. */
function integer(value: number): Uint8Array {
  const hex = value.toString(16);
  const bytes = Buffer.from(`00${hex.length % 2 ? '0' : ''}${hex}`, 'hex');
  const content = (bytes[1] as number) < 0x80 ? bytes.subarray(1) : bytes;
  return Buffer.concat([Buffer.from([0x02, content.length]), content]);
}
