import { createHash, createPublicKey, type KeyObject, sign as signBytes, verify } from 'node:crypto';
import { sha256 } from '../../lib/digest.ts';

/*
 * Signatures as OpenSSH makes them of files (PROTOCOL.sshsig), so that `ssh-keygen -Y verify`, which every machine has,
 * checks them without Poterne. Ed25519 alone: one kind of key, and one length of everything.
 */

/** What the signature is for: one made for something else never passes for it. */
export const namespace = 'poterne-run';

const magic = Buffer.from('SSHSIG');
const kind = 'ssh-ed25519';
/** What stands before the 32 bytes of a key in its SubjectPublicKeyInfo (RFC 8410). */
const spki = Buffer.from('302a300506032b6570032100', 'hex');

/** A public key: 32 bytes. */
export type PublicKey = Buffer;

/** The public half of a key. */
export function publicKeyOf(key: KeyObject): PublicKey {
  return createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(spki.length);
}

/** A key as a line of OpenSSH, e.g. for an allowed_signers file. */
export function publicLine(key: PublicKey): string {
  return `${kind} ${wire(key).toString('base64')}`;
}

/** The key of a line that holds one, with whatever before and after it; `undefined` when there is none. */
export function publicKeyIn(text: string): PublicKey | undefined {
  const found = /(?:^|\s)ssh-ed25519\s+([A-Za-z0-9+/]+={0,2})(?:\s|$)/.exec(text)?.[1];
  return found === undefined ? undefined : keyOnWire(Buffer.from(found, 'base64'));
}

/** A key's fingerprint, as `ssh-keygen -l` prints it. */
export function fingerprintOf(key: PublicKey): string {
  const digest = Buffer.from(sha256(wire(key)), 'hex');
  return `SHA256:${digest.toString('base64').replace(/=+$/, '')}`;
}

/** A signature of bytes, armoured. */
export function signatureOf(key: KeyObject, bytes: Uint8Array): string {
  const signature = signBytes(null, signedData(bytes), key);
  const blob = Buffer.concat([
    magic,
    Buffer.from([0, 0, 0, 1]),
    ...[wire(publicKeyOf(key)), namespace, '', 'sha512'].map(string),
    string(Buffer.concat([string(kind), string(signature)])),
  ]);
  const lines = blob.toString('base64').match(/.{1,70}/g) ?? [];
  return `-----BEGIN SSH SIGNATURE-----\n${lines.join('\n')}\n-----END SSH SIGNATURE-----\n`;
}

/** The key that made a signature of these bytes; `undefined` when it is none of them. */
export function signerOf(armoured: string, bytes: Uint8Array): PublicKey | undefined {
  const [, body] =
    /^-----BEGIN SSH SIGNATURE-----\n([A-Za-z0-9+/=\n]+)\n-----END SSH SIGNATURE-----\s*$/.exec(armoured) ??
    [];
  const blob = Buffer.from(body ?? '', 'base64');
  if (!blob.subarray(0, 6).equals(magic) || blob.length < 10 || blob.readUInt32BE(6) !== 1) return undefined;
  const parts = strings(blob.subarray(10));
  if (parts?.length !== 5) return undefined;
  const [written, space, , hash, made] = parts as [Buffer, Buffer, Buffer, Buffer, Buffer];
  const [algorithm, signature, ...more] = strings(made) ?? [];
  const key = keyOnWire(written);
  const isOurs = space.toString() === namespace && hash.toString() === 'sha512';
  if (!key || !isOurs || algorithm?.toString() !== kind || !signature || more.length > 0) return undefined;
  const object = createPublicKey({ key: Buffer.concat([spki, key]), format: 'der', type: 'spki' });
  return verify(null, signedData(bytes), object, signature) ? key : undefined;
}

function signedData(bytes: Uint8Array): Buffer {
  const digest = createHash('sha512').update(bytes).digest();
  return Buffer.concat([magic, ...[namespace, '', 'sha512', digest].map(string)]);
}

function wire(key: PublicKey): Buffer {
  return Buffer.concat([string(kind), string(key)]);
}

function keyOnWire(bytes: Buffer): PublicKey | undefined {
  const [algorithm, key, ...more] = strings(bytes) ?? [];
  return algorithm?.toString() === kind && key?.length === 32 && more.length === 0 ? key : undefined;
}

/** A string with its length before it (RFC 4251, 5). */
function string(content: string | Uint8Array): Buffer {
  const bytes = Buffer.from(content);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** All the strings that bytes are made of; `undefined` when they are not. */
function strings(bytes: Buffer): readonly Buffer[] | undefined {
  const found: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (at + 4 > bytes.length) return undefined;
    const end = at + 4 + bytes.readUInt32BE(at);
    if (end > bytes.length) return undefined;
    found.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return found;
}
