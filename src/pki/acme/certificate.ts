import { createPrivateKey, createPublicKey, webcrypto, X509Certificate } from 'node:crypto';
import type { CertificateKeyType } from '../../model/acme.ts';
import { makeKeyOf } from '../authority/keys.ts';
import * as x509 from '../x509.ts';
import type { Span } from './types.ts';

/** A new private key, in PEM (PKCS#8). */
export async function makeKey(type: CertificateKeyType): Promise<string> {
  return (await makeKeyOf(type)).export({ format: 'pem', type: 'pkcs8' }).toString();
}

/** A request (PKCS#10) for these names, signed by their key, in base64url as RFC 8555 §7.4 wants it. */
export async function makeRequest(keyPem: string, names: readonly string[]): Promise<string> {
  const key = createPrivateKey(keyPem);
  const curve = key.asymmetricKeyDetails?.namedCurve === 'secp384r1' ? 'P-384' : 'P-256';
  const signingAlgorithm =
    key.asymmetricKeyType === 'rsa'
      ? { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
      : { name: 'ECDSA', namedCurve: curve, hash: curve === 'P-384' ? 'SHA-384' : 'SHA-256' };
  const der = key.export({ format: 'der', type: 'pkcs8' });
  const privateKey = await webcrypto.subtle.importKey('pkcs8', der, signingAlgorithm, true, ['sign']);
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  const publicKey = await webcrypto.subtle.importKey('spki', spki, signingAlgorithm, true, ['verify']);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    keys: { privateKey, publicKey },
    signingAlgorithm,
    // No common name: it holds 64 characters at most, and the names that count are these (RFC 6125).
    extensions: [
      new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns' as const, value }))),
    ],
  });
  return Buffer.from(request.rawData).toString('base64url');
}

/** The certificates of a PEM text, in its order. Throws where one is damaged, or none is there. */
export function readChain(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) throw new Error('no certificate');
  return blocks.map((block) => new X509Certificate(block));
}

/** When the first certificate of a PEM text is valid. */
export function validity(pem: string): Span {
  const [leaf] = readChain(pem) as [X509Certificate];
  return { start: Date.parse(leaf.validFrom), end: Date.parse(leaf.validTo) };
}

/** The first chain in which somebody of this common name issued something, if any does: the first is the authority's own choice. */
export function preferredChain(chains: readonly string[], issuer: string): string | undefined {
  return chains.find((chain) =>
    readChain(chain).some((certificate) => certificate.issuer.split('\n').includes(`CN=${issuer}`)),
  );
}

/** What is wrong with an issued certificate, if anything: it is for our key and for all of these names. */
export function wrongWith(pem: string, keyPem: string, names: readonly string[]): string | undefined {
  try {
    const [leaf] = readChain(pem) as [X509Certificate];
    if (!leaf.checkPrivateKey(createPrivateKey(keyPem))) return 'it is for another key';
    const held = (leaf.subjectAltName ?? '')
      .split(', ')
      .map((name) => name.replace(/^DNS:/, '').toLowerCase());
    const missing = names.filter((name) => !held.includes(name));
    return missing.length > 0 ? `it is not for ${missing.join(', ')}` : undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** What a certificate is called when its authority is asked for advice (RFC 9773 §4.1); `undefined` where it names no issuer's key. */
export function adviceId(pem: string): string | undefined {
  const certificate = new x509.X509Certificate(pem);
  const issuer = certificate.getExtension(x509.AuthorityKeyIdentifierExtension)?.keyId;
  if (issuer === undefined) return undefined;
  const serial = certificate.serialNumber;
  // The number's DER has a leading zero where it would be negative.
  const signed = (/^[89a-f]/i.test(serial) ? '00' : '') + serial;
  return [issuer, signed].map((hex) => Buffer.from(hex, 'hex').toString('base64url')).join('.');
}
