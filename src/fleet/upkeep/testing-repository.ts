import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { assemble } from '../../../packaging/deb.ts';
import { sha256 } from '../../lib/digest.ts';

const run = promisify(execFile);

/** A tiny package of a test's own repository. */
export interface TestPackage {
  readonly name: string;
  readonly version: string;
  /** By path, without the first slash. */
  readonly files?: Readonly<Record<string, string>>;
  readonly fields?: Readonly<Record<string, string>>;
  readonly postinst?: string;
}

/** A repository that apt reads from a folder: what stands in its Release file is what security updates are known by. */
export async function repository(
  folder: string,
  { suite, label }: { readonly suite: string; readonly label: string },
  packages: readonly TestPackage[],
): Promise<void> {
  const room = await mkdtemp(join(tmpdir(), 'poterne-repository-'));
  await mkdir(folder, { recursive: true });
  const entries: string[] = [];
  try {
    for (const { name, version, files = {}, fields = {}, postinst } of packages) {
      const script = join(room, 'postinst');
      if (postinst !== undefined) await writeFile(script, postinst);
      const built = await assemble(
        {
          ...{ name, version, architecture: 'all', fields: { Description: 'of a test', ...fields } },
          files: new Map(Object.entries(files).map(([path, content]) => [path, { content, mode: 0o644 }])),
          scripts: postinst === undefined ? {} : { postinst: script },
        },
        room,
      );
      const bytes = await readFile(built);
      const file = basename(built);
      await writeFile(join(folder, file), bytes);
      const { stdout } = await run('dpkg-deb', ['--field', built]);
      entries.push(
        `${stdout.trim()}\nFilename: ./${file}\nSize: ${bytes.length}\nSHA256: ${sha256(bytes)}\n`,
      );
    }
  } finally {
    await rm(room, { recursive: true, force: true });
  }
  const index = entries.join('\n');
  await writeFile(join(folder, 'Packages'), index);
  const release = [
    ...[
      `Origin: Test`,
      `Label: ${label}`,
      `Suite: ${suite}`,
      `Codename: ${suite}`,
      'Architectures: all amd64',
    ],
    ...['Date: Wed, 25 Nov 2026 12:00:00 UTC', 'SHA256:', ` ${sha256(index)} ${index.length} Packages`, ''],
  ];
  await writeFile(join(folder, 'Release'), release.join('\n'));
}
