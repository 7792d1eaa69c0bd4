import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** 128 bits for what is public and must not repeat; 256 for what must not be guessed. */
export const newId = (): string => randomBytes(12).toString('base64url');
export const newSecret = (): string => randomBytes(32).toString('base64url');

/** What is kept of a secret of 256 random bits: it cannot be guessed, so no slow hash is needed. */
export const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** Whether a secret is the one of a hash, in constant time. */
export function isSecretOf(secret: string, hash: string): boolean {
  const [ours, theirs] = [Buffer.from(hashOf(secret)), Buffer.from(hash)];
  return ours.length === theirs.length && timingSafeEqual(ours, theirs);
}
