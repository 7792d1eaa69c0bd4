import { X509Certificate } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably } from '../../hosts/files.ts';
import type { Authority } from './authority.ts';
import { keyId } from './certificate.ts';

/** Where what everybody may fetch of an authority lies, within a state folder. */
export const publicFolder = (state: string): string => join(state, 'public');

/**
 * Puts the certificates and the revocation lists of an authority, in DER (RFC 5280 §4.2.1.13), where they are fetched over http:
 * each under the name of the key that it is about, which stays when it is signed anew.
 */
export async function publishAuthority(authority: Authority, state: string, now: Date): Promise<void> {
  const folder = publicFolder(state);
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const files = new Map<string, Uint8Array>();
  for (const pem of blocks(await authority.authorities(), 'CERTIFICATE')) {
    const certificate = new X509Certificate(pem);
    files.set(`${keyId(certificate.publicKey)}.crt`, certificate.raw);
  }
  await authority.crl(now);
  for (const [id, { pem }] of Object.entries(await authority.folder.lists()))
    files.set(`${id}.crl`, derOf(pem));
  for (const [name, bytes] of files) {
    const path = join(folder, name);
    const held = await readFile(path).catch(() => undefined);
    if (!held?.equals(bytes)) await writeDurably(path, bytes, 0o644);
  }
}

function blocks(text: string, label: string): readonly string[] {
  return text.match(new RegExp(`-----BEGIN ${label}-----[^-]+-----END ${label}-----`, 'g')) ?? [];
}

const derOf = (pem: string): Buffer => Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
