import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { architecture, type DebianPackage } from './deb.ts';
import { librariesOf } from './libraries.ts';

/**
 * `poterne-node`: the Node that runs this, for hosts whose Debian has one that is too old (Debian 12 has 18). Gives why
 * not when it would not run there: Debian's own Node links libraries of its release.
 */
export async function nodePackage(): Promise<DebianPackage | { readonly why: string }> {
  const libraries = await librariesOf(process.execPath);
  if ('why' in libraries) return libraries;
  const prefix = dirname(dirname(process.execPath));
  const licences = [join(prefix, 'LICENSE'), join(prefix, 'share/doc/nodejs/LICENSE')];
  const licence = licences.find(existsSync);
  if (licence === undefined) return { why: `the licence of ${process.execPath} is not beside it` };
  return {
    name: 'poterne-node',
    version: process.versions.node,
    architecture: await architecture(),
    fields: {
      Section: 'net',
      Priority: 'optional',
      Depends: libraries.depends.join(', '),
      Description:
        'Node.js for Poterne, where that of Debian is too old\n' +
        ' The program of nodejs.org alone, out of the way of other software.',
    },
    files: new Map([
      ['usr/lib/poterne/node', { copy: process.execPath, mode: 0o755 }],
      ['usr/share/doc/poterne-node/copyright', { copy: licence, mode: 0o644 }],
    ]),
    scripts: {},
  };
}
