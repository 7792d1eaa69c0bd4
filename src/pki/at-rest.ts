import { createPrivateKey, type KeyObject } from 'node:crypto';
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
