import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../lib/digest.ts';
import type { CarriedPackage } from '../model/bundle.ts';
import { Fault } from '../model/fault.ts';
import { message } from '../model/message.ts';
import { installation } from './installation.ts';

/**
 * The Debian packages that `npm run deb` built: of this version of Poterne, and the Node for hosts that have none which
 * is recent enough. Throws `packages.missing` when it has not been run.
 */
export async function ownPackages(
  folder = join(installation, 'dist'),
): Promise<{ readonly poterne: CarriedPackage; readonly node?: CarriedPackage }> {
  const { version } = JSON.parse(await readFile(join(installation, 'package.json'), 'utf8'));
  const names = await readdir(folder).catch(() => []);
  const poterne = await newest(folder, names, 'poterne', version);
  if (!poterne) throw new Fault('packages.missing', { folder }, { next: message('packages.missing.next') });
  const node = await newest(folder, names, 'poterne-node');
  return { poterne, ...(node ? { node } : {}) };
}

/** The package of this name that was built last. */
async function newest(
  folder: string,
  names: readonly string[],
  name: string,
  wanted?: string,
): Promise<CarriedPackage | undefined> {
  const found = names.flatMap((file) => {
    const [is, version, rest] = file.split('_');
    const fits = is === name && version !== undefined && rest?.endsWith('.deb');
    return fits && (wanted === undefined || version === wanted)
      ? [{ version, file: join(folder, file) }]
      : [];
  });
  const dated = await Promise.all(
    found.map(async (one) => ({ ...one, built: (await stat(one.file)).mtimeMs })),
  );
  const [last] = dated.sort((a, b) => b.built - a.built);
  if (!last) return undefined;
  return { name, version: last.version, file: last.file, sha256: sha256(await readFile(last.file)) };
}
