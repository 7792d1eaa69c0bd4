import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { requireOurs } from './ours.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poterne-ours-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test.each([
  [0o755, 0o755, true],
  [0o775, 0o775, true],
  [0o757, 0o755, false],
  [0o755, 0o777, false],
  [0o755, 0o1777, true],
])('a script of mode %o in a folder of %o', async (mode, around, isOurs) => {
  const place = join(folder, 'place');
  await mkdir(place);
  const [script, link] = [join(place, 'it.sh'), join(folder, 'link.sh')];
  await writeFile(script, '#!/bin/sh\n');
  await chmod(script, mode);
  await chmod(place, around);
  await symlink(script, link);
  for (const path of [script, link]) {
    const refused = await requireOurs(path).catch(({ code }) => code);
    expect(refused).toBe(isOurs ? undefined : 'job.open');
  }
});

test('one that is not there is for whoever reads it to tell', async () => {
  await expect(requireOurs(join(folder, 'none'))).resolves.toBeUndefined();
});
