import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readIfThere, writeDurably } from '../hosts/files.ts';
import { genesis, type Position } from './entry.ts';

/** The folder of the log within a state folder. */
export const auditFolder = (state: string): string => join(state, 'audit');

const keyFile = (folder: string) => join(folder, 'key.pem');
const publicFile = (folder: string) => join(folder, 'key.pub');
const headFile = (folder: string) => join(folder, 'head.json');

/** How far a log went, signed: what is missing behind it was taken away. */
export interface Head extends Position {
  /** The log's public key, SPKI in base64. */
  readonly key: string;
  readonly signature: string;
}

/** The files of a log in their order: each is called by the number of its first record. */
export async function segmentsOf(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names.filter((name) => /^\d{12}\.jsonl$/.test(name)).sort();
}

/** The name of the file that begins with a record. */
export const segmentFrom = (seq: number): string => `${String(seq).padStart(12, '0')}.jsonl`;

/**
 * The key that signs a log, made the first time. Whoever holds it could write the log anew: it is the account's that keeps
 * the log, and a head that was kept elsewhere shows even that.
 */
export async function openKey(folder: string): Promise<KeyObject> {
  // Others may have to go through the state folder.
  await mkdir(dirname(folder), { recursive: true, mode: 0o755 });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const kept = await readIfThere(keyFile(folder));
  if (kept !== undefined) return createPrivateKey(kept);
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  await writeDurably(publicFile(folder), publicKey.export({ type: 'spki', format: 'pem' }), 0o644);
  await writeDurably(keyFile(folder), privateKey.export({ type: 'pkcs8', format: 'pem' }), 0o600);
  return privateKey;
}

/** The public key of a log; `undefined` when there is no log. */
export async function publicKeyOf(folder: string): Promise<KeyObject | undefined> {
  const kept = await readIfThere(publicFile(folder));
  return kept === undefined ? undefined : createPublicKey(kept);
}

/** A public key on one line. */
export function keyText(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'der' }).toString('base64');
}

const signedText = ({ seq, hash, key }: Omit<Head, 'signature'>) =>
  Buffer.from(`poterne audit ${key} ${seq} ${hash}`);

export async function writeHead(folder: string, last: Position, key: KeyObject): Promise<void> {
  const head = { seq: last.seq, hash: last.hash, key: keyText(createPublicKey(key)) };
  const signature = sign(null, signedText(head), key).toString('base64');
  await writeDurably(headFile(folder), `${JSON.stringify({ ...head, signature })}\n`, 0o600);
}

/** The signed head; `undefined` when there is none, or what stands there is not signed by the log's key. */
export async function readHead(folder: string, key: KeyObject): Promise<Head | undefined> {
  return parseHead((await readIfThere(headFile(folder))) ?? '', key);
}

/** A head as `poterne audit head` prints it; `undefined` when it is none, or another key signed it. */
export function parseHead(text: string, key: KeyObject): Head | undefined {
  try {
    const head = JSON.parse(text) as Head;
    const isOurs = head.key === keyText(key.type === 'private' ? createPublicKey(key) : key);
    return isOurs && verify(null, signedText(head), key, Buffer.from(head.signature, 'base64'))
      ? head
      : undefined;
  } catch {
    return undefined;
  }
}

/** The end of a log without records. */
export const beginning: Position = { seq: 0, hash: genesis };
