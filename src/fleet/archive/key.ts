import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readIfThere, writeDurably } from '../../hosts/files.ts';
import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';
import { withLock } from '../../store/lock.ts';
import { fingerprintOf, type PublicKey, publicKeyOf, publicLine } from './signature.ts';

/** The key that seals this machine's archives. */
export interface SealingKey {
  readonly secret: KeyObject;
  readonly public: PublicKey;
  /** As OpenSSH writes it, with a comment. */
  readonly line: string;
  readonly fingerprint: string;
}

/** The key of a state folder, if it has one. Throws `archive.key.broken`. */
export async function sealingKey(state: string): Promise<SealingKey | undefined> {
  const file = join(folderOf(state), 'runs.key');
  const pem = await readIfThere(file);
  if (pem === undefined) return undefined;
  try {
    const secret = createPrivateKey(pem);
    if (secret.asymmetricKeyType !== 'ed25519') throw new Error(secret.asymmetricKeyType);
    return keyOf(secret);
  } catch (cause) {
    throw new Fault(
      'archive.key.broken',
      { file },
      { cause, next: message('archive.key.broken.next', { file }) },
    );
  }
}

/** The key of a state folder, made the first time. */
export async function openSealingKey(state: string): Promise<SealingKey> {
  const known = await sealingKey(state);
  if (known) return known;
  const folder = folderOf(state);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return withLock(folder, 10_000, async () => {
    const made = await sealingKey(state);
    if (made) return made;
    const { privateKey } = generateKeyPairSync('ed25519');
    const key = keyOf(privateKey);
    // The public one first: whoever sees the key finds it.
    await writeDurably(join(folder, 'runs.pub'), `${key.line}\n`, 0o644);
    const pem = privateKey.export({ format: 'pem', type: 'pkcs8' });
    await writeDurably(join(folder, 'runs.key'), pem, 0o600);
    return key;
  });
}

function folderOf(state: string): string {
  return join(state, 'keys');
}

function keyOf(secret: KeyObject): SealingKey {
  const key = publicKeyOf(secret);
  return { secret, public: key, line: `${publicLine(key)} poterne-run`, fingerprint: fingerprintOf(key) };
}
