import { createHash, X509Certificate } from 'node:crypto';
import { oneLine } from '../lib/harmless.ts';
import * as x509 from '../pki/x509.ts';
import { extensionsOf, type RawExtension } from './der.ts';
import { type NameConstraints, parseNameConstraints } from './name-constraints.ts';

/** What a certificate says (RFC 5280), as plain values. */
export interface CertificateFacts {
  readonly subject: string;
  readonly issuer: string;
  /** Hexadecimal, without leading zeros. */
  readonly serial: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Names of its subjectAltName: `example.fr`, `192.0.2.1`, `a@example.fr`, `spiffe://…`. */
  readonly names: readonly string[];
  /** The common name of its subject, if there is one. */
  readonly commonName?: string;
  /** Object identifiers of its extended key usage; absent: any. */
  readonly extendedKeyUsage?: readonly string[];
  /** RFC 5280 §4.2.1.3; absent: any. */
  readonly keyUsage?: readonly KeyUsage[];
  /** `basicConstraints`: absent where the certificate has none. */
  readonly constraints?: { readonly ca: boolean; readonly pathLength?: number };
  readonly key: { readonly type: string; readonly bits?: number; readonly curve?: string };
  readonly signature: string;
  /** The hash function of the signature; absent where the algorithm has its own (Ed25519). */
  readonly hash?: string;
  readonly subjectKeyId?: string;
  readonly authorityKeyId?: string;
  /** Where its issuer's certificate is published (authority information access). */
  readonly issuerUrls: readonly string[];
  readonly ocspUrls: readonly string[];
  readonly crlUrls: readonly string[];
  /** The names that it may issue for; absent: any. */
  readonly nameConstraints?: NameConstraints;
  /** Critical extensions that nobody here knows, by object identifier. */
  readonly unknownCritical: readonly string[];
  /** Of the certificate, in hexadecimal. */
  readonly sha256: string;
  /** Of the public key (RFC 7469's pin), in base64. */
  readonly keySha256: string;
}

/** A certificate: what it says, and the thing itself for signatures and names. */
export interface Certificate extends CertificateFacts {
  readonly x509: X509Certificate;
}

export type KeyUsage = keyof typeof x509.KeyUsageFlags;

const hashes: Readonly<Record<string, readonly [name: string, hash: string]>> = {
  '1.2.840.113549.1.1.2': ['RSA', 'MD2'],
  '1.2.840.113549.1.1.4': ['RSA', 'MD5'],
  '1.2.840.10040.4.3': ['DSA', 'SHA-1'],
};

const identifiers = new Map<unknown, string>([
  [x509.ExtendedKeyUsageExtension, '2.5.29.37'],
  [x509.KeyUsagesExtension, '2.5.29.15'],
  [x509.BasicConstraintsExtension, '2.5.29.19'],
  [x509.SubjectAlternativeNameExtension, '2.5.29.17'],
  [x509.SubjectKeyIdentifierExtension, '2.5.29.14'],
  [x509.AuthorityKeyIdentifierExtension, '2.5.29.35'],
  [x509.AuthorityInfoAccessExtension, '1.3.6.1.5.5.7.1.1'],
  [x509.CRLDistributionPointsExtension, '2.5.29.31'],
]);

/** What OpenSSL and this doctor know; any other that is critical makes a certificate invalid (RFC 5280 §4.2). */
const knownExtensions = new Set([
  ...['2.5.29.14', '2.5.29.15', '2.5.29.17', '2.5.29.18', '2.5.29.19', '2.5.29.30', '2.5.29.31', '2.5.29.32'],
  ...['2.5.29.33', '2.5.29.35', '2.5.29.36', '2.5.29.37', '2.5.29.46', '2.5.29.54'],
  ...['1.3.6.1.5.5.7.1.1', '1.3.6.1.5.5.7.1.24'],
]);

/** Reads one certificate, DER or PEM. Throws what the parser throws when it is none. */
export function parseCertificate(bytes: Uint8Array | string): Certificate {
  const native = new X509Certificate(bytes);
  const parsed = new x509.X509Certificate(new Uint8Array(native.raw));
  const raw = extensionsOf(native.raw);
  const extension = <T extends x509.Extension>(type: new (raw: Uint8Array<ArrayBuffer>) => T) =>
    readExtension(raw, type);
  const usage = extension(x509.ExtendedKeyUsageExtension);
  const keyUsage = extension(x509.KeyUsagesExtension);
  const constraints = extension(x509.BasicConstraintsExtension);
  const commonName = parsed.subjectName.getField('CN')[0];
  const subjectKeyId = extension(x509.SubjectKeyIdentifierExtension)?.keyId;
  const authorityKeyId = extension(x509.AuthorityKeyIdentifierExtension)?.keyId;
  const access = extension(x509.AuthorityInfoAccessExtension);
  const limits = raw.find(({ oid }) => oid === '2.5.29.30');
  const points = extension(x509.CRLDistributionPointsExtension);
  return {
    subject: parsed.subject,
    issuer: parsed.issuer,
    serial: parsed.serialNumber.replace(/^0+(?=.)/, ''),
    notBefore: parsed.notBefore,
    notAfter: parsed.notAfter,
    names: namesOf(extension(x509.SubjectAlternativeNameExtension), native),
    ...(commonName === undefined ? {} : { commonName }),
    ...(usage ? { extendedKeyUsage: usage.usages.map(String) } : {}),
    ...(keyUsage ? { keyUsage: keyUsages(keyUsage.usages) } : {}),
    ...(constraints ? { constraints: constraintsOf(constraints) } : {}),
    key: keyFacts(native),
    ...signatureFacts(parsed),
    ...(subjectKeyId === undefined ? {} : { subjectKeyId }),
    ...(authorityKeyId === undefined ? {} : { authorityKeyId }),
    issuerUrls: urls(access?.caIssuers ?? []),
    ocspUrls: urls(access?.ocsp ?? []),
    crlUrls: (points?.distributionPoints ?? []).flatMap((point) =>
      (point.distributionPoint?.fullName ?? []).flatMap(({ uniformResourceIdentifier: url }) => url ?? []),
    ),
    ...(limits ? { nameConstraints: parseNameConstraints(limits.value) } : {}),
    unknownCritical: raw
      .filter(({ oid, critical }) => critical && !knownExtensions.has(oid))
      .map(({ oid }) => oid),
    sha256: native.fingerprint256.replaceAll(':', '').toLowerCase(),
    keySha256: createHash('sha256')
      .update(native.publicKey.export({ type: 'spki', format: 'der' }))
      .digest('base64'),
    x509: native,
  };
}

/** The facts alone: what JSON takes. */
export function factsOf({ x509: _, ...facts }: Certificate): CertificateFacts {
  return facts;
}

/** Whether it is its own issuer, by name and signature. */
export function isSelfSigned({ subject, issuer, x509: own }: Certificate): boolean {
  return subject === issuer && own.verify(own.publicKey);
}

/** Whether one certificate was signed by another, by name, key identifier and signature. */
export function isIssuedBy(certificate: Certificate, issuer: Certificate): boolean {
  return (
    certificate.issuer === issuer.subject &&
    isKeyMeant(certificate, issuer) &&
    certificate.x509.verify(issuer.x509.publicKey)
  );
}

/** Whether the key identifiers, where both say one, let a certificate be the issuer of another (RFC 5280 §4.2.1.1). */
export function isKeyMeant(certificate: Certificate, issuer: Certificate): boolean {
  const { authorityKeyId: wanted } = certificate;
  return wanted === undefined || issuer.subjectKeyId === undefined || wanted === issuer.subjectKeyId;
}

/** A short name for a certificate: its common name, else its subject. */
export function called({ commonName, subject, serial }: CertificateFacts): string {
  return oneLine(commonName || subject || `№ ${serial}`);
}

/** One extension as the library reads it; one that it cannot read is as if it were not there, and OpenSSL says so. */
function readExtension<T extends x509.Extension>(
  raw: readonly RawExtension[],
  type: new (raw: Uint8Array<ArrayBuffer>) => T,
): T | undefined {
  for (const { oid, whole } of raw) {
    if (oid !== identifiers.get(type)) continue;
    try {
      return new type(new Uint8Array(whole));
    } catch {
      return undefined;
    }
  }
  return undefined;
}

/** The library refuses whole lists in which a name is of a kind it does not know: OpenSSL's text then has the others. */
function namesOf(
  read: x509.SubjectAlternativeNameExtension | undefined,
  { subjectAltName = '' }: X509Certificate,
): readonly string[] {
  if (read) return read.names.items.map(({ value }) => value);
  const written = subjectAltName.split(', ').filter((name) => !name.startsWith('othername:'));
  return written.map((name) => name.replace(/^(?:DNS|IP Address|email|URI):/, '')).filter(Boolean);
}

function keyUsages(flags: number): readonly KeyUsage[] {
  return Object.entries(x509.KeyUsageFlags).flatMap(([name, flag]) =>
    typeof flag === 'number' && flags & flag ? [name as KeyUsage] : [],
  );
}

function constraintsOf({ ca, pathLength }: x509.BasicConstraintsExtension) {
  return { ca, ...(pathLength === undefined ? {} : { pathLength }) };
}

function keyFacts({ publicKey }: X509Certificate): Certificate['key'] {
  const { asymmetricKeyType: type = '?', asymmetricKeyDetails: details = {} } = publicKey;
  const { modulusLength: bits, namedCurve: curve } = details;
  return { type, ...(bits === undefined ? {} : { bits }), ...(curve === undefined ? {} : { curve }) };
}

function signatureFacts({ signatureAlgorithm }: x509.X509Certificate): { signature: string; hash?: string } {
  const { name, hash } = signatureAlgorithm as { name: string; hash?: { name?: string } };
  const old = hashes[name];
  if (old) return { signature: `${old[0]} ${old[1]}`, hash: old[1] };
  return hash?.name ? { signature: `${name} ${hash.name}`, hash: hash.name } : { signature: name };
}

function urls(names: readonly x509.GeneralName[]): readonly string[] {
  return names.filter(({ type }) => type === 'url').map(({ value }) => value);
}
