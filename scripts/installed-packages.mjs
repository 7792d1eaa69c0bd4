// usage: node installed-packages.mjs ROOT
//
// Prints which packages of ROOT/package-lock.json are installed, at the locked versions: `dev` (all of them), `user`
// (all but the development ones) or `none`. Plain JavaScript: it runs before anything is installed.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = process.argv[2] ?? '.';

/** The packages of a lockfile by folder; empty when there is none. */
function packagesOf(...path) {
  try {
    return JSON.parse(readFileSync(join(root, ...path), 'utf8')).packages ?? {};
  } catch {
    return {};
  }
}

const installed = packagesOf('node_modules', '.package-lock.json');
const missing = Object.entries(packagesOf('package-lock.json')).filter(
  ([folder, wanted]) =>
    // Optional packages are mostly builds for other systems.
    folder !== '' && !wanted.optional && !wanted.devOptional && installed[folder]?.version !== wanted.version,
);

if (missing.length === 0) console.log('dev');
else if (missing.every(([, wanted]) => wanted.dev)) console.log('user');
else console.log('none');
