import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { localhost } from '../../../hosts/local.ts';
import { sshCertificate } from '../../../lib/ssh-certificate.ts';
import { personPrincipal } from '../../../model/access.ts';

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

/** Whether the agent holds a certificate of this person that is valid for a while. */
export async function agentHolds(person: string): Promise<boolean> {
  if (!process.env.SSH_AUTH_SOCK) return false;
  const { stdout } = await localhost.run(['ssh-add', '-L']);
  const held = stdout.split('\n').flatMap((line) => sshCertificate(line) ?? []);
  const soon = Date.now() + 10_000;
  return held.some(
    ({ principals, validBefore }) =>
      principals.includes(personPrincipal(person)) && validBefore.getTime() > soon,
  );
}
