import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { madeRun } from '../fleet/archive/testing.ts';
import { program, type Ran, ran } from '../lib/testing-program.ts';

let folder: string;
let state: string;
let first: string;
let second: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poterne-past-'));
  state = join(folder, 'state');
  first = await madeRun(
    state,
    { a: { outcome: { is: 'ok' }, stdout: 'fine\n' } },
    { at: '2026-01-01T00:00:00Z' },
  );
  second = await madeRun(
    state,
    { a: { outcome: { is: 'ok' } }, b: { outcome: { is: 'failed', exit: 3 } } },
    { never: ['c'], stdin: { file: '/root/secret', sha256: 'f00d' } },
  );
  await writeFile(join(folder, 'site.yaml'), 'site: centre\nlanguage: fr\n');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function poterne(...argv: readonly string[]): Promise<Ran> {
  const env = { PATH: process.env.PATH, HOME: folder, POTERNE_STATE: state, POTERNE_LANG: 'en' };
  return ran([program, ...argv], { cwd: folder, env });
}

test('past runs are listed, the newest first, and shown', async () => {
  const listed = await poterne('run', 'list');
  expect(listed.code).toBe(0);
  expect(listed.out).toMatch(
    new RegExp(
      `${second} +Fichier_fourni.sh +group:production +1/3 +1 +1 +interrupted\n${first} .* 1/1 +complete`,
    ),
  );
  const shown = await poterne('run', 'show', second, '--json');
  expect(JSON.parse(shown.out)).toMatchObject({
    ...{ run: second, stage: 'interrupted', counts: { hosts: 3, ok: 1, failed: 1, unfinished: 1 } },
    spec: { stdin: true },
  });
  expect(shown.out).not.toContain('f00d');
  expect((await poterne('run', 'show', second)).out).toMatch(/^b +failed \(3\)/m);
  expect(await poterne('run', 'show', 'x', '--json')).toMatchObject({
    ...{ code: 2, out: expect.stringContaining('run.unknown') },
  });
});

test('an archive is made, verified, and told apart from one that was changed', async () => {
  const made = await poterne('run', 'archive', second, '--json');
  const { archive } = JSON.parse(made.out);
  expect(made.code).toBe(0);
  expect(archive.file).toBe(join(folder, `poterne-run-${second}.tar.gz`));
  const verified = await poterne('run', 'verify', archive.file);
  expect(verified).toMatchObject({ code: 0, err: '' });
  expect(verified.out).toContain(`run ${second}`);
  expect(verified.out).toContain('1 machine has no result');
  expect(verified.out).toContain(`signed by this machine’s key ${archive.fingerprint}`);

  const elsewhere = ['--state', join(folder, 'elsewhere')];
  const unknown = await poterne('run', 'verify', archive.file, ...elsewhere);
  expect(unknown.code).toBe(1);
  expect(unknown.err).toContain('signed by a key that is not known here');
  expect(await readdir(folder)).not.toContain('elsewhere');
  const named = await poterne(
    'run',
    'verify',
    archive.file,
    '--key',
    archive.fingerprint,
    '--json',
    ...elsewhere,
  );
  expect(JSON.parse(named.out)).toMatchObject({ ok: true, signature: 'named', flaws: [] });
  const { out: line } = await poterne('run', 'key');
  await writeFile(join(folder, 'key.pub'), line);
  expect((await poterne('run', 'verify', archive.file, '--key', 'key.pub', ...elsewhere)).code).toBe(0);

  const whole = await readFile(archive.file);
  await writeFile(join(folder, 'cut.tar.gz'), whole.subarray(0, 900));
  expect(await poterne('run', 'verify', 'cut.tar.gz', '--json')).toMatchObject({
    ...{ code: 1, out: expect.stringContaining('archive.torn') },
  });
});

test('a script that is called like a subcommand is not passed over', async () => {
  for (const name of ['list', 'verify']) await writeFile(join(folder, name), '#!/bin/sh\n');
  const before = await poterne('run', '--on', 'all', 'list');
  expect(before).toMatchObject({ code: 2, err: expect.stringContaining('write ./list') });
  const after = await poterne('run', 'list', '--on', 'all');
  expect(after.code).toBe(2);
  expect((await poterne('run', 'list')).err).toContain('write ./list');
  // With a path it is a script: what is wrong then is that nothing is selected.
  expect((await poterne('run', './list', '--on', 'all')).err).not.toContain('subcommand');
});

test('what is wrong about a letter is told before anything is run', async () => {
  await writeFile(join(folder, 'x.sh'), '#!/bin/sh\n');
  const argv = ['run', 'x.sh', '--on', 'localhost', '--mail', 'a@x.fr', '--json'];
  expect(JSON.parse((await poterne(...argv)).out).fault.code).toBe('mail.undescribed');
  await writeFile(join(folder, 'secret'), 'x');
  await chmod(join(folder, 'secret'), 0o644);
  const smtp = `host: mx.example.fr, user: u, password: { file: ${join(folder, 'secret')} }`;
  await writeFile(join(folder, 'mail.yaml'), `site: s\nmail: { smtp: { ${smtp} }, from: p@x.fr }\n`);
  const described = [...argv, '--site', 'mail.yaml'];
  expect(JSON.parse((await poterne(...described)).out).fault.code).toBe('secret.open');
  expect(JSON.parse((await poterne(...described, '--mail', 'a@x.fr\nBcc: b@x.fr')).out).fault.code).toBe(
    'mail.address',
  );
  const text = await poterne('mail', 'test', 'a@x.fr', '--site', 'mail.yaml');
  expect(text.code).toBe(1);
  expect(text.err).toContain('mail.yaml:2:');
  expect(text.err).toContain('chmod 600');
  expect((await poterne(...described.filter((word) => word !== '--json'))).err).toContain('mail.yaml:2:');
});
