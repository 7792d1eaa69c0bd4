import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localhost } from '../hosts/local.ts';
import { Fault } from '../model/fault.ts';

/** Runs the system's ssh-keygen. Throws `ssh.keygen.failed` with what it said. */
export async function sshKeygen(...words: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await localhost.run(['ssh-keygen', '-q', ...words], { timeout: 30_000 });
  if (code !== 0) throw new Fault('ssh.keygen.failed', { reason: stderr.trim().split('\n').at(-1) ?? '' });
  return stdout;
}

/** Works in a folder of its own, for nobody else to see, which is gone afterwards. */
export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'poterne-ssh-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A new Ed25519 key in a file, and its public part as `type base64`. */
export async function makeKey(file: string, comment: string): Promise<string> {
  await sshKeygen('-t', 'ed25519', '-N', '', '-C', comment, '-f', file);
  return readPublicKey(`${file}.pub`);
}

/** The public key of a .pub file, as `type base64`. */
export async function readPublicKey(file: string): Promise<string> {
  return (await readFile(file, 'utf8')).split(' ', 2).join(' ').trim();
}

/** What a certificate is to say. */
export interface CertificateContent {
  readonly kind: 'user' | 'host';
  /** The key that it is about, as `type base64`. */
  readonly publicKey: string;
  /** What logs call it. */
  readonly id: string;
  readonly principals: readonly string[];
  readonly from: Date;
  readonly until: Date;
  readonly serial: number;
  /** Options of ssh-keygen -O for a user's; without, it permits nothing. */
  readonly options: readonly string[];
}

/** A certificate, as one line, signed with the key in a file. */
export function sign(authority: string, content: CertificateContent): Promise<string> {
  const { kind, publicKey, id, principals, from, until, serial, options } = content;
  // ssh-keygen splits them at commas, and takes what begins with a dash for an option.
  for (const word of [id, ...principals])
    if (!/^[^\p{Cc},-][^\p{Cc},]*$/u.test(word))
      throw new Error(`not for a certificate: ${JSON.stringify(word)}`);
  return inFolder(async (folder) => {
    const file = join(folder, 'key.pub');
    await writeFile(file, `${publicKey}\n`, { mode: 0o600 });
    const hex = (date: Date) => `0x${Math.floor(date.getTime() / 1000).toString(16)}`;
    await sshKeygen(
      ...['-s', authority, '-I', id, '-n', principals.join(','), '-z', String(serial)],
      ...['-V', `${hex(from)}:${hex(until)}`],
      ...(kind === 'host' ? ['-h'] : ['-O', 'clear', ...options.flatMap((option) => ['-O', option])]),
      file,
    );
    return (await readFile(join(folder, 'key-cert.pub'), 'utf8')).trim();
  });
}
