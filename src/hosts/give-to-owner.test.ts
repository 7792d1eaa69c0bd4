import { chown, mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { giveToOwner } from './files.ts';

const other = 65534;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poterne-give-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const ownerOf = async (path: string) => (await stat(path)).uid;

test.runIf(process.getuid?.() === 0)(
  'what root makes in an account’s folder is given to it, and nothing that it leads to',
  async () => {
    const [theirs, roots] = [join(folder, 'theirs'), join(folder, 'roots')];
    await mkdir(join(theirs, 'log'), { recursive: true });
    await mkdir(roots);
    await chown(theirs, other, other);
    await writeFile(join(theirs, 'log', 'one'), '');
    await writeFile(join(roots, 'shadow'), '');
    await symlink(join(roots, 'shadow'), join(theirs, 'log', 'two'));
    await giveToOwner(join(theirs, 'log'));
    expect([await ownerOf(join(theirs, 'log')), await ownerOf(join(theirs, 'log', 'one'))]).toEqual([
      other,
      other,
    ]);
    await symlink(roots, join(theirs, 'led'));
    await expect(giveToOwner(join(theirs, 'led'))).rejects.toMatchObject({ code: 'ENOTDIR' });
    expect([await ownerOf(roots), await ownerOf(join(roots, 'shadow'))]).toEqual([0, 0]);
  },
);
