import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { sshCertificate } from '../../../lib/ssh-certificate.ts';

/** Where a certificate lies for those who run no agent: beside its key, which is made anew each time. */
export const loginKey = join(homedir(), '.ssh', 'poterne');

/** The key and the certificate that `login` left in files, while they are valid. */
export async function loginFiles(): Promise<
  { readonly identity: string; readonly certificate: string } | undefined
> {
  const file = `${loginKey}-cert.pub`;
  const certificate = sshCertificate(await readFile(file, 'utf8').catch(() => ''));
  const isValid = certificate !== undefined && certificate.validBefore.getTime() > Date.now();
  return isValid ? { identity: loginKey, certificate: file } : undefined;
}
