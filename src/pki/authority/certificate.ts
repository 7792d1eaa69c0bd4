import { createPublicKey, type KeyObject, randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { sha256 } from '../../lib/digest.ts';
import type { Purpose } from '../../model/authority.ts';
import { keyTypeOf, publicOf, type Signer, signerOf } from './keys.ts';

export const day = 86_400_000;
/** Clocks of visitors lag: a certificate is valid from an hour before it was made. */
export const backdate = 3_600_000;

/** What signs: a certificate of an authority (PEM) and its key. */
export interface Issuer {
  readonly certificate: string;
  readonly signer: Signer;
}

/** The certificates of what signs, each read once for all that it signs. */
const read = new WeakMap<Issuer, ReturnType<typeof readIssuer>>();

async function readIssuer(x509: typeof import('../x509.ts'), pem: string) {
  const certificate = new x509.X509Certificate(pem);
  return {
    name: certificate.subjectName.toJSON(),
    notAfter: certificate.notAfter,
    keyIdentifier: await x509.AuthorityKeyIdentifierExtension.create(certificate.publicKey),
  };
}

function issuerOf(x509: typeof import('../x509.ts'), by: Issuer): ReturnType<typeof readIssuer> {
  const known = read.get(by) ?? readIssuer(x509, by.certificate);
  read.set(by, known);
  return known;
}

/** Where things are published about an issuer. */
export interface Places {
  readonly crl: string;
  readonly certificate: string;
}

/** What a certificate is to say. */
export interface Wanted {
  /** The subject's common name. */
  readonly name: string;
  readonly purpose: Purpose;
  /** Subject alternative names: DNS names, addresses, `email:…` and `uri:…`. */
  readonly names: readonly string[];
  readonly publicKey: KeyObject;
  readonly until: Date;
  readonly places?: Places;
}

/** A name for an authority's key, the same wherever it is signed again: what its files are called by. */
export function keyId(key: KeyObject): string {
  const half = key.type === 'public' ? key : createPublicKey(key);
  return sha256(half.export({ type: 'spki', format: 'der' })).slice(0, 16);
}

/** A self-signed root: it may sign issuing authorities, and nothing below these. */
export async function makeRoot(label: string, key: KeyObject, now: Date, days: number): Promise<string> {
  const x509 = await import('../x509.ts');
  const { algorithm, key: signingKey } = await signerOf(key);
  const publicKey = await publicOf(key);
  const root = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: [{ CN: [label] }, { O: ['Poterne'] }],
    issuer: [{ CN: [label] }, { O: ['Poterne'] }],
    notBefore: new Date(now.getTime() - backdate),
    notAfter: new Date(now.getTime() + days * day),
    signingAlgorithm: algorithm,
    publicKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(true, 1, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
    ],
  });
  return `${root.toString('pem')}\n`;
}

/**
 * The certificate of an issuing authority: it signs no further authority, only servers and clients, and only the names that
 * `constraints` (DER of the extension) leave it.
 */
export async function makeIssuing(
  label: string,
  key: KeyObject,
  by: Issuer,
  constraints: Uint8Array | undefined,
  now: Date,
  until: Date,
  places?: Places,
): Promise<string> {
  const x509 = await import('../x509.ts');
  const issuer = new x509.X509Certificate(by.certificate);
  const publicKey = await publicOf(key);
  const made = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: [{ CN: [label] }, { O: ['Poterne'] }],
    issuer: issuer.subjectName.toJSON(),
    notBefore: new Date(now.getTime() - backdate),
    notAfter: earlier(until, issuer.notAfter),
    signingAlgorithm: by.signer.algorithm,
    publicKey,
    signingKey: by.signer.key,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      new x509.ExtendedKeyUsageExtension([
        x509.ExtendedKeyUsage.serverAuth,
        x509.ExtendedKeyUsage.clientAuth,
      ]),
      ...(constraints ? [new x509.Extension('2.5.29.30', true, constraints)] : []),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      ...pointersTo(x509, places),
    ],
  });
  return `${made.toString('pem')}\n`;
}

/** A certificate of a server or client (RFC 5280 profile), and its serial number in hexadecimal. */
export async function makeLeaf(
  wanted: Wanted,
  by: Issuer,
  now: Date,
): Promise<{
  readonly certificate: string;
  readonly serial: string;
  readonly from: Date;
  readonly until: Date;
}> {
  const x509 = await import('../x509.ts');
  const issuer = await issuerOf(x509, by);
  const publicKey = await publicOf(wanted.publicKey);
  const serialNumber = serial();
  const from = new Date(now.getTime() - backdate);
  // What outlives its issuer would be refused from then on anyway.
  const until = earlier(wanted.until, issuer.notAfter);
  const isRsa = keyTypeOf(wanted.publicKey)?.startsWith('rsa') ?? false;
  const { digitalSignature, keyEncipherment } = x509.KeyUsageFlags;
  const { serverAuth, clientAuth } = x509.ExtendedKeyUsage;
  const usages = [
    ...(wanted.purpose === 'client' ? [] : [serverAuth]),
    ...(wanted.purpose === 'server' ? [] : [clientAuth]),
  ];
  const made = await x509.X509CertificateGenerator.create({
    serialNumber,
    subject: [{ CN: [wanted.name] }],
    issuer: issuer.name,
    notBefore: from,
    notAfter: until,
    signingAlgorithm: by.signer.algorithm,
    publicKey,
    signingKey: by.signer.key,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(digitalSignature | (isRsa ? keyEncipherment : 0), true),
      new x509.ExtendedKeyUsageExtension(usages),
      ...(wanted.names.length > 0
        ? [new x509.SubjectAlternativeNameExtension(wanted.names.map(generalName))]
        : []),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
      issuer.keyIdentifier,
      ...pointersTo(x509, wanted.places),
    ],
  });
  return { certificate: `${made.toString('pem')}\n`, serial: serialNumber, from, until };
}

function pointersTo(x509: typeof import('../x509.ts'), places: Places | undefined) {
  if (!places) return [];
  return [
    new x509.CRLDistributionPointsExtension([places.crl]),
    new x509.AuthorityInfoAccessExtension({ caIssuers: new x509.GeneralName('url', places.certificate) }),
  ];
}

function generalName(name: string): { type: 'dns' | 'ip' | 'email' | 'url'; value: string } {
  if (name.startsWith('email:')) return { type: 'email', value: name.slice(6) };
  if (name.startsWith('uri:')) return { type: 'url', value: name.slice(4) };
  return { type: isIP(name) ? 'ip' : 'dns', value: name };
}

const earlier = (a: Date, b: Date): Date => (a < b ? a : b);

/** Positive and 127 bits wide, as RFC 5280 §4.1.2.2 allows (20 octets at most). */
function serial(): string {
  const bytes = randomBytes(16);
  // Neither negative nor with a zero in front, which programs write in different ways.
  bytes[0] = ((bytes[0] as number) & 0x3f) | 0x40;
  return bytes.toString('hex');
}
