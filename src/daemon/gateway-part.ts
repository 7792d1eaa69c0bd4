import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Shipment, type Sources, shipment } from '../describe/index.ts';
import { installation } from '../hosts/installation.ts';
import { localhost } from '../hosts/local.ts';
import { sha256 } from '../lib/digest.ts';
import type { BundleFile, BundlePart, CarriedPackage } from '../model/bundle.ts';
import { Fault } from '../model/fault.ts';
import { message } from '../model/message.ts';

/** Where an installed gateway has its description, and the files that it names. */
const place = { description: '/etc/poterne/site.yaml', files: '/etc/poterne/files' } as const;

/** The account of the installed service. */
const account = 'poterne';

/** Poterne's own Node is for Debian releases whose nodejs is older than this. */
const nodeNeeded = { name: 'nodejs', version: '20.12' } as const;

/**
 * Poterne as a service of another machine, with the description that it serves: Debian packages that the machine lacks, one
 * merged description, the files that it names. Asking the running gateway to read it again is the caller's: only then
 * can what it finds be told. Throws `package.missing` when there are no packages to bring.
 */
export async function gatewayPart(sources: Sources): Promise<BundlePart> {
  const shipped = shipment(sources, place.files);
  return {
    name: 'gateway',
    packages: [],
    carried: await packages(),
    accounts: [],
    folders: [
      { path: '/etc/poterne', mode: 0o755, owner: 'root', group: 'root' },
      ...(shipped.files.length > 0
        ? [{ path: place.files, mode: 0o750, owner: 'root', group: account }]
        : []),
    ],
    files: files(shipped, sources.main),
    checks: [],
    actions: [],
    units: [{ name: 'poterne.service', enabled: true, running: true, onChange: 'nothing' }],
  };
}

function files({ text, files: named }: Shipment, main: string): BundleFile[] {
  const head = `# Written by Poterne from ${main.split('/').at(-1)} and what it includes: change it there, and apply.\n`;
  const ground = { mode: 0o640, owner: 'root', group: account } as const;
  return [
    { ...ground, path: place.description, content: { text: head + text }, secret: false, because: '' },
    ...named.map(
      ({ from, as, because }): BundleFile => ({
        ...ground,
        path: as,
        content: { file: from },
        secret: true,
        because,
      }),
    ),
  ];
}

/** The packages in dist/, built first where their sources are and have changed. */
async function packages(): Promise<CarriedPackage[]> {
  const folder = join(installation, 'dist');
  const found = new Map((await built(folder)).map((one) => [one.name, one]));
  if ((await isOld(found.get('poterne')?.file)) && (await build()))
    for (const one of await built(folder)) found.set(one.name, one);
  if (!found.has('poterne'))
    throw new Fault('package.missing', { folder }, { next: message('package.missing.next') });
  return Promise.all(
    [...found.values()].map(
      async ({ name, version, file }): Promise<CarriedPackage> => ({
        name,
        version,
        file,
        sha256: sha256(await readFile(file)),
        ...(name === 'poterne' ? {} : { unless: nodeNeeded }),
      }),
    ),
  );
}

/** The packages of a folder, the newest of each name last. */
async function built(
  folder: string,
): Promise<(Pick<CarriedPackage, 'name' | 'version' | 'file'> & { at: number })[]> {
  const names = await readdir(folder).catch(() => []);
  const found = names.flatMap((file) => {
    const [, name, version] = /^(poterne(?:-node)?)_([^_]+)_[^_]+\.deb$/.exec(file) ?? [];
    return name && version ? [{ name, version, file: join(folder, file) }] : [];
  });
  const dated = await Promise.all(found.map(async (one) => ({ ...one, at: (await stat(one.file)).mtimeMs })));
  return dated.sort((one, other) => one.at - other.at);
}

const builder = join(installation, 'packaging', 'build.ts');

/** Whether the sources are here and something of them is newer than a package. */
async function isOld(file: string | undefined): Promise<boolean> {
  if (!existsSync(builder)) return false;
  if (file === undefined) return true;
  const { mtimeMs } = await stat(file);
  for (const root of ['src', 'packaging', 'scripts/build.mjs', 'package-lock.json']) {
    const at = join(installation, root);
    const below = (await stat(at)).isDirectory()
      ? (await readdir(at, { recursive: true })).map((name) => join(at, name))
      : [at];
    for (const path of below) if ((await stat(path)).mtimeMs > mtimeMs) return true;
  }
  return false;
}

/** Throws `package.failed`. */
async function build(): Promise<true> {
  const loader = join(installation, 'node_modules', 'tsx', 'dist', 'loader.mjs');
  const argv = [process.execPath, '--import', loader, builder];
  const { code, stderr } = await localhost.run(argv, { timeout: 5 * 60_000 });
  if (code === 0) return true;
  const reason = stderr.trim().split('\n').at(-1) ?? '';
  throw new Fault('package.failed', { reason }, { next: message('package.failed.next') });
}
