// @peculiar/x509 resolves its parts with decorators, which need the Reflect metadata API first.
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';

const day = 86_400_000;
const usual = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** The RSA key of a size, and the hash that signs with it. */
export function rsa(modulusLength: number, hash = 'SHA-256'): webcrypto.Algorithm {
  const publicExponent = new Uint8Array([1, 0, 1]);
  return { name: 'RSASSA-PKCS1-v1_5', modulusLength, publicExponent, hash } as webcrypto.Algorithm;
}

/** A certificate and its key for tests. */
export interface Pair {
  readonly certificate: x509.X509Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
  readonly algorithm: webcrypto.Algorithm;
  readonly cert: string;
  readonly key: string;
}

export interface Wanted {
  readonly names?: readonly string[];
  readonly common?: string;
  readonly authority?: boolean;
  readonly by?: Pair;
  /** Days from now; may be negative. */
  readonly from?: number;
  readonly until?: number;
  readonly pathLength?: number;
  /** What else it has: usages, key identifiers. */
  readonly extensions?: readonly x509.Extension[];
  /** Of its key, and of what that signs. */
  readonly algorithm?: webcrypto.Algorithm;
  /** What the issuer signs with, where its key's own algorithm is not meant. */
  readonly signing?: webcrypto.Algorithm;
}

/** Issues a certificate; without `by` it signs itself. */
export async function issue(wanted: Wanted): Promise<Pair> {
  const { names = [], common = names[0] ?? 'test', authority = false, by, from = -1, until = 90 } = wanted;
  const { algorithm = usual, pathLength, extensions = [] } = wanted;
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair;
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: Buffer.from(webcrypto.getRandomValues(new Uint8Array(8))).toString('hex'),
    subject: [{ CN: [common] }],
    issuer: by ? by.certificate.subject : [{ CN: [common] }],
    notBefore: new Date(Date.now() + from * day),
    notAfter: new Date(Date.now() + until * day),
    signingAlgorithm: wanted.signing ?? by?.algorithm ?? algorithm,
    publicKey: keys.publicKey,
    signingKey: (by?.keys ?? keys).privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(authority, pathLength, true),
      ...extensions,
      ...(names.length
        ? [
            new x509.SubjectAlternativeNameExtension(
              names.map((value) => ({ type: isIP(value) ? 'ip' : 'dns', value })),
            ),
          ]
        : []),
    ],
  });
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    certificate,
    keys,
    algorithm,
    cert: `${certificate.toString('pem')}\n`,
    key: `${x509.PemConverter.encode(key, 'PRIVATE KEY')}\n`,
  };
}
