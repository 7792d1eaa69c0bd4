import { spawn } from 'node:child_process';
import { type KeyObject, randomInt } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { findProgram } from '../../hosts/local.ts';
import { Fault } from '../../model/fault.ts';
import { encryptKey } from '../at-rest.ts';

/**
 * How a PKCS#12 file is sealed. `compatible`: triple DES and SHA-1, which every importer reads (RFC 7292 appendix C); `aes`: AES-256
 * and SHA-256 (PBES2), which old ones refuse. What keeps either shut is a passphrase that nobody can guess.
 */
export const sealings = ['compatible', 'aes'] as const;
export type Sealing = (typeof sealings)[number];

const ciphers: Readonly<Record<Sealing, readonly [cipher: string, mac: string]>> = {
  compatible: ['PBE-SHA1-3DES', 'sha1'],
  aes: ['AES-256-CBC', 'sha256'],
};

/**
 * Key and certificates (PEM, the leaf's first) as one PKCS#12 file, made by the system's openssl. The passphrase reaches it by pipes;
 * the key by a file of a moment, locked by that same passphrase. Throws `host.command.missing` and `cert.p12.failed`.
 */
export async function sealPkcs12(
  { key, certificate }: { readonly key: KeyObject; readonly certificate: string },
  name: string,
  passphrase: string,
  sealing: Sealing = 'compatible',
): Promise<Buffer> {
  const program = await findProgram('openssl');
  if (program === undefined) throw new Fault('host.command.missing', { program: 'openssl' });
  const [cipher, mac] = ciphers[sealing];
  const folder = await mkdtemp(join(tmpdir(), 'poterne-p12-'));
  try {
    const keyFile = join(folder, 'key.pem');
    await writeFile(keyFile, encryptKey(key, passphrase), { mode: 0o600 });
    const ciphering = ['-keypbe', cipher, '-certpbe', cipher, '-macalg', mac, '-iter', '100000'];
    const words = ['-export', '-name', name, ...ciphering, '-inkey', keyFile];
    return await run(
      program,
      ['pkcs12', ...words, '-passin', 'fd:3', '-passout', 'fd:4'],
      [certificate, passphrase, passphrase],
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs a program that reads texts from its standard input and from descriptors 3 and up; what it writes. */
async function run(program: string, words: readonly string[], texts: readonly string[]): Promise<Buffer> {
  const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'pipe', 'pipe', 'pipe'] });
  const [input, output, errors, ...more] = child.stdio;
  const parts: Buffer[] = [];
  let complaint = '';
  output?.on('data', (part: Buffer) => parts.push(part));
  errors?.on('data', (part: Buffer) => {
    complaint += part.toString();
  });
  for (const [i, stream] of [input, ...more].entries()) {
    const writable = stream as Writable;
    writable.on('error', () => undefined);
    writable.end(`${texts[i] ?? ''}\n`);
  }
  const code = await new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null));
    child.once('close', resolve);
  });
  if (code === 0) return Buffer.concat(parts);
  throw new Fault('cert.p12.failed', { reason: complaint.trim().split('\n')[0] ?? '' });
}

/** Neither i, l, o, 0 nor 1: it is read from a screen and typed into a phone. */
const letters = 'abcdefghjkmnpqrstuvwxyz23456789';

/** A passphrase of 118 random bits, in groups that people can copy. */
export function makePassphrase(): string {
  const group = () => Array.from({ length: 6 }, () => letters[randomInt(letters.length)]).join('');
  return [group(), group(), group(), group()].join('-');
}
