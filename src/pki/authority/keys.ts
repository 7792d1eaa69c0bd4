import { createPublicKey, generateKeyPair, type KeyObject, webcrypto } from 'node:crypto';
import { promisify } from 'node:util';
import type { CertificateKeyType } from '../../model/acme.ts';
import type { KeyType } from '../../model/authority.ts';

/** A new private key. */
export async function makeKeyOf(type: KeyType | CertificateKeyType): Promise<KeyObject> {
  const generate = promisify(generateKeyPair);
  const [family, size = ''] = type.split('-');
  const { privateKey } =
    family === 'rsa'
      ? await generate('rsa', { modulusLength: Number(size) })
      : await generate('ec', { namedCurve: size === 'p384' ? 'P-384' : 'P-256' });
  return privateKey;
}

/** Which of the supported types a private or public key is of; `undefined` for another. */
export function keyTypeOf(key: KeyObject): KeyType | undefined {
  const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'ec')
    return namedCurve === 'prime256v1' ? 'ecdsa-p256' : namedCurve === 'secp384r1' ? 'ecdsa-p384' : undefined;
  if (key.asymmetricKeyType !== 'rsa') return undefined;
  return (modulusLength ?? 0) >= 4096 ? 'rsa-4096' : (modulusLength ?? 0) >= 3072 ? 'rsa-3072' : undefined;
}

/** What WebCrypto signs with: a key of an authority, and the algorithm that fits it. */
export interface Signer {
  readonly key: webcrypto.CryptoKey;
  readonly algorithm: { readonly name: string; readonly hash: string; readonly namedCurve?: string };
}

/** A private key as WebCrypto takes it. */
export async function signerOf(key: KeyObject): Promise<Signer> {
  const algorithm = algorithmOf(key);
  const bytes = key.export({ type: 'pkcs8', format: 'der' });
  return { algorithm, key: await webcrypto.subtle.importKey('pkcs8', bytes, algorithm, false, ['sign']) };
}

/** The public half of a key as WebCrypto takes it. */
export async function publicOf(key: KeyObject): Promise<webcrypto.CryptoKey> {
  const half = key.type === 'public' ? key : createPublicKey(key);
  const bytes = half.export({ type: 'spki', format: 'der' });
  return webcrypto.subtle.importKey('spki', bytes, algorithmOf(key), true, ['verify']);
}

function algorithmOf(key: KeyObject): Signer['algorithm'] {
  const type = keyTypeOf(key);
  if (type === undefined) throw new Error(`no key that an authority signs: ${key.asymmetricKeyType}`);
  if (type === 'ecdsa-p384') return { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' };
  if (type === 'ecdsa-p256') return { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
}
