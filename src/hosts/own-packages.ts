import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../lib/digest.ts';
import type { CarriedPackage } from '../model/bundle.ts';
import { Fault } from '../model/fault.ts';
import { type Message, message } from '../model/message.ts';
import { installation } from './installation.ts';
import { localhost } from './local.ts';

const folder = join(installation, 'dist');
const builder = join(installation, 'packaging', 'build.ts');

/**
 * The Debian packages of Poterne, and of the Node for hosts that have none which is recent enough; built first where the
 * sources are and have changed since. Throws `package.failed`, and `package.missing` when there are neither packages
 * nor sources.
 */
export async function ownPackages(
  tell: (step: Message) => void,
): Promise<{ readonly poterne: CarriedPackage; readonly node?: CarriedPackage }> {
  if (await isOld(await newest('poterne'))) {
    await build();
    tell(message('apply.packages'));
  }
  const poterne = await newest('poterne');
  if (!poterne) throw new Fault('package.missing', { folder }, { next: message('package.missing.next') });
  const node = await newest('poterne-node');
  return { poterne: await carried(poterne), ...(node ? { node: await carried(node) } : {}) };
}

interface Built extends Pick<CarriedPackage, 'name' | 'version' | 'file'> {
  /** When, in milliseconds since 1970. */
  readonly at: number;
}

/** The package of this name that was built last. */
async function newest(name: string): Promise<Built | undefined> {
  const names = await readdir(folder).catch(() => []);
  const found = names.flatMap((file) => {
    const [is, version, rest] = file.split('_');
    return is === name && version && rest?.endsWith('.deb')
      ? [{ name, version, file: join(folder, file) }]
      : [];
  });
  const dated = await Promise.all(found.map(async (one) => ({ ...one, at: (await stat(one.file)).mtimeMs })));
  return dated.sort((a, b) => b.at - a.at)[0];
}

async function carried({ name, version, file }: Built): Promise<CarriedPackage> {
  return { name, version, file, sha256: sha256(await readFile(file)) };
}

/** Whether the sources are here and something of them is newer than the package. */
async function isOld(built: Built | undefined): Promise<boolean> {
  if (!existsSync(builder)) return false;
  if (!built) return true;
  for (const root of ['src', 'packaging', 'scripts/build.mjs', 'package-lock.json']) {
    const at = join(installation, root);
    const below = (await stat(at)).isDirectory() ? await readdir(at, { recursive: true }) : [''];
    for (const name of below) if ((await stat(join(at, name))).mtimeMs > built.at) return true;
  }
  return false;
}

async function build(): Promise<void> {
  const loader = join(installation, 'node_modules', 'tsx', 'dist', 'loader.mjs');
  const argv = [process.execPath, '--import', loader, builder];
  const { code, stderr } = await localhost.run(argv, { timeout: 5 * 60_000 });
  if (code === 0) return;
  const reason = stderr.trim().split('\n').at(-1) ?? '';
  throw new Fault('package.failed', { reason }, { next: message('package.failed.next') });
}
