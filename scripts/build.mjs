/**
 * usage: node build.mjs [FILE METAFILE [ENTRY]]
 *
 * Bundles the command line: one file starts several times faster than hundreds, and faster yet with what V8 made of it. Without
 * FILE, for this clone: dist/poterne.cjs, a few lines that load the bundle of their own number and V8's code beside it. It appears
 * when these are there or not at all, so that two first starts at once do no harm. With FILE, for a package: the bundle alone,
 * there, and METAFILE tells what it is made of; ENTRY is another program than the command line.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [file, metafile, entry = 'src/cli/main.ts'] = process.argv.slice(2);
const folder = file ? dirname(file) : join(root, 'dist');

try {
  mkdirSync(folder, { recursive: true });
  accessSync(folder, constants.W_OK);
} catch {
  // Not ours to write: the launcher goes on from the sources.
  process.exit(1);
}
const { outputFiles, metafile: meta } = await build({
  // Names in the bundle are relative to it, wherever it is built from.
  absWorkingDir: root,
  entryPoints: [join(root, entry)],
  outfile: join(folder, 'poterne.cjs'),
  write: false,
  bundle: true,
  platform: 'node',
  // Of an ES module V8 keeps nothing.
  format: 'cjs',
  target: 'node20',
  // Those with a tag would stay as they are written, and not become ASCII.
  supported: { 'template-literal': false },
  // Holds a native addon, which is found from its own folder.
  external: ['libsql'],
  define: {
    'import.meta.url': '__poterne_url',
    // Read from their files when run from the sources: src/apply/hosts/script.ts, src/fleet/script.ts.
    POTERNE_HOST_SCRIPT: JSON.stringify(hostScript()),
    POTERNE_RUN_SCRIPTS: JSON.stringify(runScripts()),
  },
  banner: { js: "const __poterne_url = require('node:url').pathToFileURL(__filename).href;" },
  metafile: true,
  logLevel: 'error',
});
// Strings are ASCII by now; regular expressions and comments become so: what loads the bundle reads a byte as a letter.
const code = outputFiles[0].text.replace(
  /[^\0-\x7f]/g,
  (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
);
if (file) {
  place(file, code);
  if (metafile) writeFileSync(metafile, JSON.stringify(meta));
} else prepare();

/** A file that is whole or not there. */
function place(path, content) {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, content);
    renameSync(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** Puts the bundle, V8's code of it, and what loads both, into dist. */
function prepare() {
  const loader = readFileSync(join(root, 'scripts', 'load.cjs'), 'utf8');
  const number = createHash('sha256')
    .update(loader)
    .update(code)
    .update(process.version)
    .digest('hex')
    .slice(0, 16);
  const bundle = join(folder, `poterne-${number}.cjs`);
  const cache = join(folder, `poterne-${number}.cache`);
  place(bundle, `(function (require, __filename) {${code}\n})`);
  const start = join(folder, 'poterne.cjs');
  const text = loader.replaceAll('__NUMBER__', number);
  // What it compiles on its way to a run on no host is what every start needs. V8 ends well without it too.
  const warm = join(folder, `warm-${process.pid}.cjs`);
  const temporary = `${cache}.${process.pid}.tmp`;
  try {
    const keep = `require('node:fs').writeFileSync(${JSON.stringify(temporary)}, script.createCachedData())`;
    writeFileSync(warm, `${text}process.on('exit', () => ${keep});\n`);
    const argv = [
      'run',
      join(root, 'poterne'),
      '--on',
      'name:none',
      '--site',
      join(root, 'examples', 'vip', 'site.yaml'),
    ];
    spawnSync(process.execPath, [warm, ...argv, '--json'], { stdio: 'ignore', timeout: 60_000 });
    if (statSync(temporary, { throwIfNoEntry: false })) renameSync(temporary, cache);
  } finally {
    for (const made of [warm, temporary]) rmSync(made, { force: true });
  }
  place(start, text);
  const old = readdirSync(folder).filter(
    (name) => /^poterne-[0-9a-f]{16}\./.test(name) && !name.includes(number),
  );
  // Somebody may just be starting from it.
  for (const path of old.map((name) => join(folder, name)))
    if (Date.now() - statSync(path).mtimeMs > 60_000) rmSync(path, { force: true });
}

/** What runs on hosts, in one piece. */
function hostScript() {
  const folder = join(root, 'src', 'apply', 'hosts', 'script');
  const files = readdirSync(folder)
    .sort()
    .map((name) => join(folder, name));
  return [join(root, 'src', 'hosts', 'script', 'apt.sh'), ...files]
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
}

/** What runs on hosts around an operator's script, by name. */
function runScripts() {
  // The list is the sources' own: src/fleet/script.ts.
  const folder = join(root, 'src', 'fleet');
  const list = readFileSync(join(folder, 'script.ts'), 'utf8');
  const files = [...list.matchAll(/^ {2}(\w+): '(\.[^']+\.(?:sh|pl))',$/gm)];
  return Object.fromEntries(files.map(([, name, file]) => [name, readFileSync(join(folder, file), 'utf8')]));
}
