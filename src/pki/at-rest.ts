import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { Fault } from '../model/fault.ts';
import { message } from '../model/message.ts';

/**
 * A derivation of 2048 rounds (OpenSSL's own) is nothing against guessing: a secret must be as hard to guess as a key is. This many
 * random letters and digits hold 118 bits at least.
 */
const shortest = 24;

/** Whether a private key in PEM is encrypted (PKCS#8, RFC 5958 §3; or OpenSSL's older form). */
export const isEncrypted = (pem: string): boolean =>
  pem.includes('-----BEGIN ENCRYPTED PRIVATE KEY-----') || /^Proc-Type: 4,ENCRYPTED/m.test(pem);

/**
 * A private key as it is kept: PKCS#8 in PEM, encrypted with AES-256 (PBES2, RFC 8018) by a secret that lies elsewhere. Any
 * `openssl pkey` reads it. Throws `key.secret.weak` for a secret that can be guessed.
 */
export function encryptKey(key: string | KeyObject, secret: string): string {
  if (secret.length < shortest)
    throw new Fault('key.secret.weak', { length: shortest }, { next: message('key.secret.weak.next') });
  const object = typeof key === 'string' ? createPrivateKey(key) : key;
  return object.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: secret }) as string;
}

/** The key of `encryptKey`; one that is not encrypted, as it is. Throws `key.locked` when the secret is not its own; `file` is for that. */
export function decryptKey(pem: string, secret: string, file: string): KeyObject {
  try {
    return createPrivateKey(isEncrypted(pem) ? { key: pem, passphrase: secret } : pem);
  } catch (cause) {
    throw new Fault('key.locked', { file }, { cause, next: message('key.locked.next', { file }) });
  }
}

/**
 * A short secret as it is kept: AES-256-GCM (NIST SP 800-38D) under a key that is derived (HKDF, RFC 5869) from a secret that lies
 * elsewhere. `about` says what it is and whose: sealed for one thing, it does not open as another.
 */
export function sealText(text: string, secret: string, about: string): string {
  if (secret.length < shortest)
    throw new Fault('key.secret.weak', { length: shortest }, { next: message('key.secret.weak.next') });
  const salt = randomBytes(16);
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', sealingKey(secret, salt), nonce).setAAD(Buffer.from(about));
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return `v1.${Buffer.concat([salt, nonce, cipher.getAuthTag(), sealed]).toString('base64url')}`;
}

/** The text of `sealText`. Throws `seal.broken` when the secret or what it is about is another, or it was altered. */
export function openText(sealed: string, secret: string, about: string): string {
  try {
    const [version, body = ''] = sealed.split('.');
    if (version !== 'v1') throw new Error('unknown version');
    const bytes = Buffer.from(body, 'base64url');
    const key = sealingKey(secret, bytes.subarray(0, 16));
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(16, 28), { authTagLength: 16 });
    decipher.setAAD(Buffer.from(about)).setAuthTag(bytes.subarray(28, 44));
    return decipher.update(bytes.subarray(44), undefined, 'utf8') + decipher.final('utf8');
  } catch (cause) {
    throw new Fault('seal.broken', { about }, { cause, next: message('seal.broken.next', { about }) });
  }
}

function sealingKey(secret: string, salt: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, salt, 'poterne sealed text', 32));
}
