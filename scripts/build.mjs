/**
 * usage: node build.mjs [FILE METAFILE [ENTRY]]
 *
 * Bundles the command line into dist/poterne.mjs: one file starts several times faster than hundreds. The file appears
 * whole or not at all, so that two first starts at once do no harm. With FILE, for a package: there, and METAFILE tells what
 * it is made of; ENTRY is another program than the command line.
 */
import {
  accessSync,
  constants,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [file, metafile, entry = 'src/cli/main.ts'] = process.argv.slice(2);
const bundle = file ?? join(root, 'dist', 'poterne.mjs');
const temporary = `${bundle}.${process.pid}.tmp`;

try {
  mkdirSync(dirname(bundle), { recursive: true });
  accessSync(dirname(bundle), constants.W_OK);
} catch {
  // Not ours to write: the launcher goes on from the sources.
  process.exit(1);
}
try {
  const made = await build({
    // Names in the bundle are relative to it, wherever it is built from.
    absWorkingDir: root,
    entryPoints: [join(root, entry)],
    outfile: temporary,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    // Holds a native addon, which is found from its own folder.
    external: ['libsql'],
    // Read from their files when run from the sources: src/apply/hosts/script.ts, src/fleet/script.ts.
    define: {
      POTERNE_HOST_SCRIPT: JSON.stringify(hostScript()),
      POTERNE_RUN_SCRIPTS: JSON.stringify(runScripts()),
    },
    // CommonJS packages inside an ES module still ask for these.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    metafile: true,
    logLevel: 'error',
  });
  if (metafile) writeFileSync(metafile, JSON.stringify(made.metafile));
  renameSync(temporary, bundle);
} finally {
  rmSync(temporary, { force: true });
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
