import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { engines } from '../src/engines/index.ts';
import { installation } from '../src/hosts/installation.ts';
import { architecture, type DebianPackage, type PackagedFile } from './deb.ts';
import { librariesOf } from './libraries.ts';

const run = promisify(execFile);
const own = join(import.meta.dirname, 'poterne');
const place = 'usr/lib/poterne';

/** What runs a bastion, beside the command line; nothing of it runs before a description names this machine as one. */
const bastionUnits = ['poterne-bastion.service', 'poterne-bastion-ground.service', 'poterne-ssh@.service'];
/** What root does of what the gateway asks of the firewall. */
const wallUnits = ['poterne-wall.service', 'poterne-wall.path'];
const bastionPrograms = ['bastion-ground', 'bastion-session', 'bastion-whence'];

/** `poterne`: the command line in one file, its native addon, the service. Throws when the addon would not run on Debian 12. */
export async function poternePackage(): Promise<DebianPackage> {
  const about = JSON.parse(await readFile(join(installation, 'package.json'), 'utf8'));
  const { code, packages } = await bundle('src/cli/main.ts');
  // A program of its own: each session of somebody at a machine loads it.
  const session = await bundle('src/bastion/session-main.ts');
  // What exclusions of the firewall are weighed with, where the program looks for it.
  const samples = await samplesOf();
  const addons = await addonFiles();
  const native = [...addons.values()].find((path) => path.endsWith('.node'));
  if (!native)
    throw new Error('libsql has no native addon for this machine: run scripts/ensure-npm-packages.sh');
  const libraries = await librariesOf(native);
  if ('why' in libraries) throw new Error(libraries.why);
  const shared = new Set(engines.flatMap((engine) => engine.packages));
  const depends = [
    ...new Set([...shared, 'nginx', 'libnginx-mod-stream']),
    'nodejs (>= 20.12) | poterne-node (>= 20.12)',
    ...['iproute2', 'logrotate', 'openssl', 'systemd', 'init-system-helpers'],
    ...libraries.depends,
  ];
  const copied = (path: string, mode = 0o644): PackagedFile => ({ copy: path, mode });
  const written = (content: string | Uint8Array): PackagedFile => ({ content, mode: 0o644 });
  const { name, version, license, type, engines: needs } = about;
  return {
    name: 'poterne',
    // Every state of the sources is a version of its own: a machine is brought exactly this one.
    version: `${version}+${await digestOf(code, session.code, ...samples.values())}`,
    architecture: await architecture(),
    fields: {
      Section: 'net',
      Priority: 'optional',
      Depends: depends.join(', '),
      // `apply` brings them where a publication needs them.
      Suggests: ['libnginx-mod-http-js', 'libnginx-mod-http-modsecurity', 'modsecurity-crs'].join(', '),
      Description: `${about.description.split(':')[0]}\n ${about.description.split(': ')[1]}`,
    },
    files: new Map([
      ['usr/bin/poterne', copied(join(own, 'poterne'), 0o755)],
      [`${place}/dist/poterne.cjs`, written(code)],
      [`${place}/dist/session.cjs`, written(session.code)],
      ...bastionPrograms.map(
        (name) => [`${place}/${name}`, copied(join(own, 'bastion', name), 0o755)] as const,
      ),
      ...bastionUnits.map(
        (name) => [`usr/lib/systemd/system/${name}`, copied(join(own, 'bastion', name))] as const,
      ),
      ...[...samples].map(([path, bytes]) => [`${place}/${path}`, written(bytes)] as const),
      [`${place}/wall`, copied(join(own, 'wall', 'wall'), 0o755)],
      ...wallUnits.map(
        (name) => [`usr/lib/systemd/system/${name}`, copied(join(own, 'wall', name))] as const,
      ),
      [
        `${place}/package.json`,
        written(`${JSON.stringify({ name, version, license, type, engines: needs })}\n`),
      ],
      ...[...addons].map(([path, file]) => [`${place}/node_modules/${path}`, copied(file)] as const),
      ['usr/lib/systemd/system/poterne.service', copied(join(own, 'poterne.service'))],
      ['usr/lib/systemd/system/poterne-jobs.service', copied(join(own, 'poterne-jobs.service'))],
      ['usr/lib/systemd/system/nginx.service.d/poterne.conf', copied(join(own, 'nginx.conf'))],
      [
        'usr/lib/systemd/system/nftables.service.d/poterne-bastion.conf',
        copied(join(own, 'bastion', 'nftables.conf')),
      ],
      ['usr/lib/sysusers.d/poterne.conf', copied(join(own, 'poterne.sysusers'))],
      ['etc/logrotate.d/poterne', copied(join(own, 'poterne.logrotate'))],
      ...documents().map(([path, file]) => [`usr/share/doc/poterne/${path}`, copied(file)] as const),
      [
        'usr/share/doc/poterne/changelog.gz',
        written(gzipSync(await readFile(join(installation, 'CHANGELOG.md')), { level: 9 })),
      ],
      ['usr/share/doc/poterne/copyright', written(await copyright([...packages, ...packagesOf(addons)]))],
    ]),
    scripts: Object.fromEntries(
      ['preinst', 'postinst', 'prerm', 'postrm'].map((script) => [script, join(own, script)]),
    ),
  };
}

/** The attack samples, by their paths in the sources. */
async function samplesOf(): Promise<ReadonlyMap<string, Buffer>> {
  const folder = 'src/waf/samples';
  const names = readdirSync(join(installation, folder)).sort();
  const read = names.map(async (name) => {
    const path = `${folder}/${name}`;
    return [path, await readFile(join(installation, path))] as const;
  });
  return new Map(await Promise.all(read));
}

/** What tells one state of the sources from another: the programs, and the files beside this one. */
async function digestOf(...programs: readonly Uint8Array[]): Promise<string> {
  const digest = createHash('sha256');
  for (const program of programs) digest.update(program);
  const files = readdirSync(own, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const path of files.map((entry) => join(entry.parentPath, entry.name)).sort())
    digest.update(path.slice(own.length)).update(await readFile(path));
  return digest.digest('hex').slice(0, 8);
}

/** A bundled program, and the npm packages that are in it. */
async function bundle(
  entry: string,
): Promise<{ readonly code: Uint8Array; readonly packages: readonly string[] }> {
  const room = await mkdtemp(join(tmpdir(), 'poterne-bundle-'));
  try {
    const [file, meta] = [join(room, 'poterne.cjs'), join(room, 'meta.json')];
    await run(process.execPath, [join(installation, 'scripts', 'build.mjs'), file, meta, entry]);
    const { inputs } = JSON.parse(await readFile(meta, 'utf8')) as { readonly inputs: object };
    const found = Object.keys(inputs).flatMap((input) => packageOf(input) ?? []);
    return { code: await readFile(file), packages: [...new Set(found)].sort() };
  } finally {
    await rm(room, { recursive: true, force: true });
  }
}

/** The name of the npm package that a file is of; a package's own packages count as themselves. */
function packageOf(path: string): string | undefined {
  return /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
}

/** What libsql runs with on this machine, by path below node_modules: files that are neither types nor for others. */
async function addonFiles(): Promise<ReadonlyMap<string, string>> {
  const from = (file: string) => createRequire(file).resolve;
  const libsql = from(join(installation, 'package.json'))('libsql');
  const target = `@libsql/linux-${process.arch}-gnu`;
  const parts = {
    libsql: dirname(libsql),
    '@neon-rs/load': folderOf('@neon-rs/load', from(libsql)('@neon-rs/load')),
    'detect-libc': folderOf('detect-libc', from(libsql)('detect-libc')),
    [target]: dirname(from(libsql)(target)),
  };
  const files = Object.entries(parts).flatMap(([name, folder]) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /(\.js|\.node|^package\.json|^LICENSE)$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .map((file) => [`${name}${file.slice(folder.length)}`, file] as const),
  );
  return new Map(files);
}

function folderOf(name: string, file: string): string {
  const end = file.lastIndexOf(`/${name}/`);
  return file.slice(0, end + name.length + 1);
}

function packagesOf(addons: ReadonlyMap<string, string>): string[] {
  return [...new Set([...addons.keys()].map((path) => packageOf(`node_modules/${path}`) ?? path))];
}

/** The guide and its sisters, in both languages. */
function documents(): (readonly [string, string])[] {
  const docs = join(installation, 'docs');
  return ['', 'fr/'].flatMap((language) =>
    readdirSync(join(docs, language))
      .filter((name) => name.endsWith('.md'))
      .map((name) => [`${language}${name}`, join(docs, language, name)] as const),
  );
}

/** Poterne's licence, and that of each npm package which is in it. */
async function copyright(packages: readonly string[]): Promise<string> {
  const parts = [`Poterne\n\n${await readFile(join(installation, 'LICENSE'), 'utf8')}`];
  for (const name of packages) {
    const folder = join(installation, 'node_modules', name);
    const about = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file ? await readFile(join(folder, file), 'utf8') : `Licence: ${about.license}\n`;
    parts.push(`${name} ${about.version}\n\n${text}`);
  }
  return parts
    .map((part) => part.trimEnd())
    .join(`\n\n${'-'.repeat(80)}\n\n`)
    .concat('\n');
}
