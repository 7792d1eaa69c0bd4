import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { installation } from '../src/hosts/installation.ts';

const run = promisify(execFile);

/** A file of a package: what it holds, or a file of this machine to copy. */
export type PackagedFile = { readonly mode: number } & (
  | { readonly content: string | Uint8Array }
  | { readonly copy: string }
);

/** A Debian package, before it is built. */
export interface DebianPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** Further fields of its control file, e.g. `Depends`. */
  readonly fields: Readonly<Record<string, string>>;
  /** By path on the host, without the first slash. All belong to root. */
  readonly files: ReadonlyMap<string, PackagedFile>;
  /** Maintainer scripts (`postinst`, …), as files of this machine by name. */
  readonly scripts: Readonly<Record<string, string>>;
}

/** The architecture of this machine, as Debian calls it. */
export async function architecture(): Promise<string> {
  return (await run('dpkg', ['--print-architecture'])).stdout.trim();
}

/** Seconds since 1970 that files are dated with: of the commit, so that the same sources give the same package. */
export async function sourceDate(): Promise<number> {
  if (process.env.SOURCE_DATE_EPOCH) return Number(process.env.SOURCE_DATE_EPOCH);
  const git = ['-C', installation, 'log', '-1', '--format=%ct'];
  const committed = await run('git', git).catch(() => ({ stdout: '' }));
  return (
    Number(committed.stdout) || Math.floor((await stat(join(installation, 'package.json'))).mtimeMs / 1000)
  );
}

/** Builds a package into a folder, in place of older ones; the same input gives the same bytes. Gives its path. */
export async function assemble(wanted: DebianPackage, folder: string): Promise<string> {
  const file = `${wanted.name}_${wanted.version}_${wanted.architecture}.deb`;
  const room = await mkdtemp(join(tmpdir(), `${wanted.name}-deb-`));
  try {
    const tree = join(room, 'tree');
    const content = await putAll(tree, wanted.files);
    await putAll(join(tree, 'DEBIAN'), controlFiles(wanted, content));
    // Level 10: a quarter larger than xz would make it, in a tenth of the time. Debian 12's dpkg reads it.
    const options = ['-Zzstd', '-z10', '--root-owner-group'];
    const env = { ...process.env, SOURCE_DATE_EPOCH: String(await sourceDate()) };
    const built = join(room, file);
    await run('dpkg-deb', [...options, '--build', tree, built], { env });
    // Whoever reads the folder meanwhile sees the old package or the new one, whole.
    const beside = join(folder, `.${file}.${process.pid}`);
    await copyFile(built, beside);
    await rename(beside, join(folder, file));
    const isOlder = (name: string) =>
      name.startsWith(`${wanted.name}_`) && name.endsWith('.deb') && name !== file;
    for (const name of (await readdir(folder)).filter(isOlder)) await rm(join(folder, name), { force: true });
    return join(folder, file);
  } finally {
    await rm(room, { recursive: true, force: true });
  }
}

type Sizes = ReadonlyMap<string, { readonly bytes: number; readonly md5: string }>;

function controlFiles(wanted: DebianPackage, content: Sizes): Map<string, PackagedFile> {
  const bytes = [...content.values()].reduce((sum, file) => sum + file.bytes, 0);
  const control = {
    Package: wanted.name,
    Version: wanted.version,
    Architecture: wanted.architecture,
    Maintainer: 'Poterne <root@localhost>',
    'Installed-Size': String(Math.ceil(bytes / 1024)),
    ...wanted.fields,
  };
  const conffiles = [...wanted.files.keys()].filter((path) => path.startsWith('etc/'));
  const texts: Record<string, readonly string[]> = {
    control: Object.entries(control).map(([field, value]) => `${field}: ${value}`),
    md5sums: [...content].map(([path, { md5 }]) => `${md5}  ${path}`),
    ...(conffiles.length > 0 ? { conffiles: conffiles.map((path) => `/${path}`) } : {}),
  };
  return new Map<string, PackagedFile>([
    ...Object.entries(texts).map(
      ([name, lines]) => [name, { content: lines.map((line) => `${line}\n`).join(''), mode: 0o644 }] as const,
    ),
    ...Object.entries(wanted.scripts).map(([name, copy]) => [name, { copy, mode: 0o755 }] as const),
  ]);
}

async function putAll(folder: string, files: ReadonlyMap<string, PackagedFile>): Promise<Sizes> {
  const sizes = new Map<string, { bytes: number; md5: string }>();
  for (const [path, file] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true });
    const content = 'content' in file ? Buffer.from(file.content) : await readFile(file.copy);
    await writeFile(target, content);
    await chmod(target, file.mode);
    sizes.set(path, { bytes: content.length, md5: createHash('md5').update(content).digest('hex') });
  }
  return sizes;
}
