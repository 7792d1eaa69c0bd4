import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readIfThere, writeDurably } from '../../hosts/files.ts';
import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';

/** The public key as a JWK with the members that count, in the order of RFC 7638. */
export interface PublicJwk {
  readonly crv: 'P-256';
  readonly kty: 'EC';
  readonly x: string;
  readonly y: string;
}

/** The key that our accounts are known by (ECDSA P-256), at whichever authority. */
export interface AccountKey {
  readonly key: KeyObject;
  readonly jwk: PublicJwk;
  /** RFC 7638: what answers any HTTP-01 challenge, before an account exists too. */
  readonly thumbprint: string;
}

/** The account key kept in a folder (mode 0700), made there the first time. Throws `acme.key` where it cannot be read. */
export async function openAccountKey(folder: string): Promise<AccountKey> {
  const file = join(folder, 'account.key');
  const kept = await readIfThere(file);
  if (kept !== undefined) {
    try {
      return accountKeyOf(createPrivateKey(kept));
    } catch (cause) {
      throw new Fault('acme.key', { file }, { cause, next: message('acme.key.next', { file }) });
    }
  }
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  await writeDurably(file, privateKey.export({ format: 'pem', type: 'pkcs8' }), 0o600);
  return accountKeyOf(privateKey);
}

function accountKeyOf(key: KeyObject): AccountKey {
  const { crv, kty, x, y } = createPublicKey(key).export({ format: 'jwk' });
  if (crv !== 'P-256' || kty !== 'EC' || x === undefined || y === undefined)
    throw new Error('not an ECDSA P-256 key');
  const jwk = { crv, kty, x, y } as const;
  const thumbprint = createHash('sha256').update(JSON.stringify(jwk)).digest('base64url');
  return { key, jwk, thumbprint };
}
