import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that Poterne is installed in: holds its launcher, scripts and examples. The same from sources and bundled. */
export const installation = rootOf(dirname(fileURLToPath(import.meta.url)));

function rootOf(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error('Poterne was taken out of its folder: package.json is not above it');
  return rootOf(parent);
}
