import { createHash } from 'node:crypto';
import { access, constants, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bring } from '../engines/openssh/actions.ts';
import { broughtPath, effectivePath } from '../engines/openssh/places.ts';
import { writeDurably } from '../hosts/files.ts';
import { localhost } from '../hosts/local.ts';
import { sshHost } from '../hosts/ssh.ts';
import { bastionOf } from '../lib/access.ts';
import { bastionPlaces } from '../model/access.ts';
import type { Bundle, BundleFile } from '../model/bundle.ts';
import { Fault } from '../model/fault.ts';
import type { Site } from '../model/site.ts';
import { revocationsFile, type SshAuthority, sshAuthorityFolder } from '../pki/ssh-authority.ts';
import { folderOnce } from './management.ts';
import { hostOf, type Reach, targetOf } from './reach.ts';

/**
 * The bundles, with the list of what was revoked for those hosts whose SSH server believes the authority; as they are when the list
 * cannot be had: hosts keep the one that they have.
 */
export async function withRevocations(
  site: Site,
  bundles: ReadonlyMap<string, Bundle>,
  reach: Reach,
): Promise<ReadonlyMap<string, Bundle>> {
  const list = await listOf(site, reach);
  if (list === undefined) return bundles;
  const file: BundleFile = {
    ...{ path: broughtPath, mode: 0o644, owner: 'root', group: 'root', secret: false },
    ...{ content: { file: list }, because: site.bastion?.pointer ?? '' },
  };
  return new Map(
    [...bundles].map(([name, bundle]) => [
      name,
      {
        ...bundle,
        parts: bundle.parts.map((part) =>
          part.name === 'openssh' ? { ...part, files: [...part.files, file] } : part,
        ),
      },
    ]),
  );
}

/** The file that holds the list: the authority's on this machine, else a copy of the bastion's. */
async function listOf(site: Site, { settings, here }: Reach): Promise<string | undefined> {
  const bastion = bastionOf(site);
  if (!bastion) return undefined;
  const own = join(sshAuthorityFolder(bastionPlaces.state), revocationsFile);
  if (bastion.host === here) return (await isReadable(own)) ? own : undefined;
  try {
    const target = targetOf(site, hostOf(site, bastion.host), here);
    const { code, stdout } = await sshHost(target, settings).run(['base64', '-w0', '--', own]);
    if (code !== 0) return undefined;
    const list = Buffer.from(stdout, 'base64');
    const copy = join(
      folderOnce(),
      `revoked-${createHash('sha256').update(list).digest('hex').slice(0, 12)}`,
    );
    await writeFile(copy, list, { mode: 0o600 });
    return copy;
  } catch (error) {
    // Why the bastion cannot be reached is said where it is worked on.
    if (!(error instanceof Fault)) throw error;
    return undefined;
  }
}

/**
 * Has the SSH server of this machine refuse from now on what was revoked, where it believes the authority. Other machines
 * get the list with the next apply.
 */
export async function heedRevocations({ revocations }: Pick<SshAuthority, 'revocations'>): Promise<void> {
  if (process.getuid?.() !== 0 || !(await isReadable(effectivePath))) return;
  await writeDurably(broughtPath, await readFile(revocations), 0o644);
  const { code, stderr } = await localhost.run(bring);
  if (code !== 0) throw new Fault('ssh.revoke.unheeded', { reason: stderr.trim() || String(code) });
}

async function isReadable(path: string): Promise<boolean> {
  return access(path, constants.R_OK).then(
    () => true,
    () => false,
  );
}
