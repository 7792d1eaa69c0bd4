/** `npm run deb`: builds the Debian packages in dist/, and says where they are. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { installation } from '../src/hosts/installation.ts';
import { assemble } from './deb.ts';
import { nodePackage } from './node.ts';
import { poternePackage } from './poterne.ts';

// Modes of folders are part of a package.
process.umask(0o022);

const folder = join(installation, 'dist');
await mkdir(folder, { recursive: true });
console.log(await assemble(await poternePackage(), folder));
const node = await nodePackage();
if ('why' in node) console.error(`No package poterne-node, which Debian 12 needs: ${node.why}.`);
else console.log(await assemble(node, folder));
