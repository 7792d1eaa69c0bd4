import { spawn } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { bastionCommand, type ClientSettings } from '../../../bastion/client.ts';
import { localhost } from '../../../hosts/local.ts';
import { sshFault } from '../../../hosts/ssh-faults.ts';
import { sshCertificate } from '../../../lib/ssh-certificate.ts';
import { Fault } from '../../../model/fault.ts';
import type { Site } from '../../../model/site.ts';
import { makeKey } from '../../../pki/ssh-keygen.ts';
import { command } from '../../command.ts';
import type { Context } from '../../context.ts';
import { requireSite } from '../../description.ts';
import { whoIsHere } from '../../person.ts';
import { asPerson, type PersonOptions, requireBastion } from './as-person.ts';
import { loginKey } from './login-files.ts';

interface LoginOptions extends PersonOptions {
  readonly file?: string;
}

/** `poterne ssh login`: a certificate of minutes, for a registered key. */
export function sshLogin(context: Context): Command {
  const { t, out } = context;
  const made = command(context, 'login', 'ssh.login.about', [
    'ssh login',
    'ssh login --me alice --file ~/.ssh/work',
  ]);
  return asPerson(made, context)
    .option('--file <path>', t('ssh.login.file'))
    .action(async (options: LoginOptions) => {
      const { site } = await requireSite(context, options.site, options.json);
      requireBastion(site);
      const person = await whoIsHere(site, options.me);
      const config = options.sshConfig === undefined ? {} : { config: resolve(options.sshConfig) };
      const { until, kept } = await logIn(site, person, config, options.file);
      if (options.json) out(JSON.stringify({ person, until: until.toISOString(), kept }));
      else out(t('ssh.login.done', { person, until: until.toLocaleTimeString('sv-SE'), kept }));
    });
}

/** Gets a certificate for a new key, and puts both into the agent or into files; until when, and where. */
export async function logIn(
  site: Site,
  person: string,
  settings: ClientSettings,
  file?: string,
): Promise<{ readonly until: Date; readonly kept: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'poterne-login-'));
  try {
    const key = join(folder, 'poterne');
    await makeKey(key, `poterne ${site.name}`);
    const certificate = await askCertificate(site, person, settings, await readFile(`${key}.pub`, 'utf8'));
    await writeFile(`${key}-cert.pub`, `${certificate}\n`, { mode: 0o600 });
    const until = sshCertificate(certificate)?.validBefore ?? new Date();
    return { until, kept: await keep(key, until, file) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Has the bastion sign a key, for the registered one that logs in there. */
async function askCertificate(
  site: Site,
  person: string,
  settings: ClientSettings,
  publicKey: string,
): Promise<string> {
  const [ssh = '', ...rest] = bastionCommand(site, person, settings);
  // A certificate that is held already yields no other.
  const own = ['-T', '-o', 'PubkeyAcceptedAlgorithms=-*-cert-v01@openssh.com', '-o', 'LogLevel=ERROR'];
  const child = spawn(ssh, [...own, ...rest, 'certificate'], { stdio: ['pipe', 'pipe', 'pipe'] });
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.err += text;
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(publicKey);
  const status = await new Promise<number | undefined>((done) => {
    child.once('error', () => done(undefined));
    child.once('close', (code) => done(code ?? undefined));
  });
  const certificate = said.out.trim();
  if (status === 0 && sshCertificate(certificate)) return certificate;
  const host = site.bastion?.host ?? '';
  if (status === 255 || status === undefined) {
    const address = site.hosts.find(({ name }) => name === host)?.address ?? host;
    throw sshFault({ name: host, address, user: person }, said.err, status);
  }
  throw new Fault('ssh.login.refused', { host, reason: said.err.trim() });
}

/**
 * Puts key and certificate into the agent until they end, else into files. What is public lies in files in any case: by that, plain
 * ssh knows which of the agent's keys to offer first.
 */
async function keep(key: string, until: Date, file: string | undefined): Promise<string> {
  if (file === undefined && process.env.SSH_AUTH_SOCK) {
    const seconds = Math.max(1, Math.floor((until.getTime() - Date.now()) / 1000));
    const { code } = await localhost.run(['ssh-add', '-q', '-t', String(seconds), key]);
    if (code === 0) {
      await rm(loginKey, { force: true });
      await copy(key, loginKey, ['.pub', '-cert.pub']);
      return 'ssh-agent';
    }
  }
  const kept = file === undefined ? loginKey : resolve(file);
  await copy(key, kept, ['', '.pub', '-cert.pub']);
  return kept;
}

async function copy(key: string, place: string, ends: readonly string[]): Promise<void> {
  await mkdir(join(place, '..'), { recursive: true, mode: 0o700 });
  for (const end of ends) {
    await copyFile(`${key}${end}`, `${place}${end}.new`);
    await chmod(`${place}${end}.new`, 0o600);
    await rename(`${place}${end}.new`, `${place}${end}`);
  }
}
