import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

test('the bundle is ASCII: a clone reads a byte of it as a letter', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'poterne-bundle-'));
  try {
    const file = join(folder, 'poterne.cjs');
    await promisify(execFile)(process.execPath, ['scripts/build.mjs', file, join(folder, 'meta.json')]);
    const code = await readFile(file, 'utf8');
    expect(code.search(/[^\0-\x7f]/)).toBe(-1);
    // A page’s template, whose text would otherwise stand there as it was written.
    expect(code).toContain('</strong> \\u2192 ');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
