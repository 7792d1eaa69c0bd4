import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { hostname, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { openAudit } from '../audit/log.ts';
import { type SshIdentity, type SshSettings, sshHost } from '../hosts/ssh.ts';
import { bastionOf, type SetUpBastion } from '../lib/access.ts';
import { bastionPlaces } from '../model/access.ts';
import { Fault } from '../model/fault.ts';
import { message } from '../model/message.ts';
import type { Site } from '../model/site.ts';
import { openSshAuthority } from '../pki/ssh-authority.ts';
import { makeKey } from '../pki/ssh-keygen.ts';
import { hostOf, targetOf } from './reach.ts';

/** How long one of Poterne's own certificates is valid, and how long before its end another is asked for, in milliseconds. */
const lifetime = 15 * 60_000;
const early = 5 * 60_000;

/** Where the authority may be on this machine: a state folder, and the bastion's own. */
type States = readonly string[];

/**
 * What Poterne shows hosts that take certificates only: a key of this process, and a certificate that the authority issues for it, here or
 * on the bastion; another one before that ends. `undefined` when the site has no bastion that is set up.
 */
export function managementIdentity(
  site: Site,
  { settings, here }: { readonly settings: SshSettings; readonly here?: string },
  state: string,
): SshIdentity | undefined {
  const bastion = bastionOf(site);
  if (!bastion) return undefined;
  let files: { readonly key: string; readonly certificate: string } | undefined;
  let until = 0;
  let working: Promise<void> | undefined;

  async function renew(): Promise<void> {
    const folder = folderOnce();
    const paths = { key: join(folder, 'key'), certificate: join(folder, 'key-cert.pub') };
    try {
      const publicKey = await keyOnce(paths.key);
      const certificate = await certified(site, bastion as SetUpBastion, publicKey, settings, here, [
        state,
        bastionPlaces.state,
      ]);
      const fresh = `${paths.certificate}.${randomUUID()}`;
      await writeFile(fresh, `${certificate}\n`, { mode: 0o600 });
      await rename(fresh, paths.certificate);
      files = paths;
      until = Date.now() + lifetime;
    } catch (cause) {
      // Registered keys may do.
      until = Date.now() + lifetime;
      if (bastion?.staticKeys) return;
      until = 0;
      const reason = cause instanceof Fault ? cause.code : String((cause as Error).message);
      const { host } = bastion as SetUpBastion;
      const params = { host, reason, login: hostOf(site, host).ssh?.user ?? userInfo().username };
      throw new Fault('ssh.management.failed', params, {
        cause,
        next: message('ssh.management.failed.next', params),
      });
    }
  }

  return {
    from: bastion.host,
    files: () => files,
    async ready() {
      if (Date.now() < until - early) return;
      working ??= renew().finally(() => {
        working = undefined;
      });
      await working;
    },
  };
}

let folder: string | undefined;

let made: Promise<string> | undefined;

/** The key of this process, which all its runs use, as those of a scheduler one after another; its public half. */
function keyOnce(path: string): Promise<string> {
  made ??= makeKey(path, 'Poterne').catch((error: unknown) => {
    made = undefined;
    throw error;
  });
  return made;
}

/** A folder of this process, for nobody else to see, which goes with it. */
export function folderOnce(): string {
  if (folder === undefined) {
    const own = mkdtempSync(join(tmpdir(), 'poterne-management-'));
    process.once('exit', () => rmSync(own, { recursive: true, force: true }));
    folder = own;
  }
  return folder;
}

/** A certificate for a key of Poterne's, from the authority on this machine, else from the bastion. */
async function certified(
  site: Site,
  bastion: SetUpBastion,
  publicKey: string,
  settings: SshSettings,
  here: string | undefined,
  states: States,
): Promise<string> {
  const by = `${userInfo().username}@${hostname()}`;
  for (const state of states) {
    const issued = await issueManagement(state, publicKey, by, by, bastion.authority).catch(
      (error: unknown) => {
        if (error instanceof Fault && /^ssh\.authority\./.test(error.code)) return undefined;
        throw error;
      },
    );
    if (issued !== undefined) return issued;
  }
  const host = hostOf(site, bastion.host);
  // Another account of the bastion itself, such as that of jobs, asks as from anywhere else: with a registered key.
  const isHere = bastion.host === here;
  if (isHere && process.getuid?.() === 0)
    throw new Fault('ssh.authority.missing', { folder: states.join(', ') });
  const { identity: _, ...without } = settings;
  const argv = ['poterne', 'ssh', 'management', publicKey, '--by', by];
  const target = targetOf(site, host, isHere ? undefined : here);
  const { code, stdout, stderr } = await sshHost(target, without).run(argv);
  if (code === 0 && /^ssh-ed25519-cert-v01@openssh\.com [A-Za-z0-9+/=]+/.test(stdout)) return stdout.trim();
  throw new Fault('ssh.management.refused', { host: host.name, reason: stderr.trim().split('\n')[0] ?? '' });
}

/**
 * Issues a certificate of Poterne's own, when the authority of a state folder is the one asked for. `by` is what its holder says to be, and
 * `who` asks here. Throws `ssh.authority.missing`, `ssh.authority.unreadable`, `audit.unwritable`.
 */
export async function issueManagement(
  state: string,
  publicKey: string,
  by: string,
  who: string,
  wanted?: string,
): Promise<string | undefined> {
  // Opened without its log first: reading another account's folder must make nothing there.
  const known = await openSshAuthority(state, { append: () => Promise.reject(new Error('not yet')) });
  if (wanted !== undefined && known.userKey !== wanted) return undefined;
  const authority = await openSshAuthority(state, await openAudit(state));
  const { certificate } = await authority.issue({
    subject: { kind: 'management', by },
    publicKey,
    lifetime,
    who,
    from: 'here',
  });
  return certificate;
}
