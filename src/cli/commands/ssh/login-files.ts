import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { localhost } from '../../../hosts/local.ts';
import { sshCertificate } from '../../../lib/ssh-certificate.ts';
import { personPrincipal } from '../../../model/access.ts';

/** Where a certificate lies: beside its key, which is made anew each time. Where an agent holds the key, only the public parts do. */
export const loginKey = join(homedir(), '.ssh', 'poterne');

/** The certificate that `login` left, while it is valid and its key is there, in a file or in the agent. */
export async function loginFiles(): Promise<
  { readonly certificate: string; readonly identity?: string } | undefined
> {
  const file = `${loginKey}-cert.pub`;
  const text = await readFile(file, 'utf8').catch(() => '');
  const certificate = sshCertificate(text);
  if (certificate === undefined || certificate.validBefore.getTime() <= Date.now()) return undefined;
  if (existsSync(loginKey)) return { certificate: file, identity: loginKey };
  const [, blob = ''] = text.split(' ');
  return (await agentLines()).some((line) => line.split(' ')[1] === blob) ? { certificate: file } : undefined;
}

/** Whether the agent holds a certificate of this person that is valid for a while. */
export async function agentHolds(person: string): Promise<boolean> {
  const held = (await agentLines()).flatMap((line) => sshCertificate(line) ?? []);
  const soon = Date.now() + 10_000;
  return held.some(
    ({ principals, validBefore }) =>
      principals.includes(personPrincipal(person)) && validBefore.getTime() > soon,
  );
}

/** What the agent holds, a public key or certificate in a line. */
async function agentLines(): Promise<readonly string[]> {
  if (!process.env.SSH_AUTH_SOCK) return [];
  const { stdout } = await localhost.run(['ssh-add', '-L']);
  return stdout.split('\n');
}
