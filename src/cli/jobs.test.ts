import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { program, ran } from '../lib/testing-program.ts';

const folder = mkdtempSync(join(tmpdir(), 'poterne-jobs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const poterne = (...argv: readonly string[]) =>
  ran([program, ...argv, '--state', join(folder, 'state')], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, POTERNE_LANG: 'en' },
  });

test('the history of a job that nobody knows is a wrong request; of one that has not run, empty', {
  timeout: 120_000,
}, async () => {
  writeFileSync(join(folder, 'a.sh'), '#!/bin/sh\n');
  writeFileSync(
    join(folder, 'site.yaml'),
    'site: s\nadmin: { from: [192.0.2.0/24] }\nhosts: { a: { address: 192.0.2.1, ssh: { user: u } } }\njobs: { collecte: { run: a.sh, on: a, at: every day at 02:30 } }\n',
  );
  const [wrong, none, shown] = await Promise.all([
    poterne('job', 'history', 'collect'),
    poterne('job', 'history', 'collecte'),
    poterne('job', 'show', 'collecte', '--json'),
  ]);
  expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining('did you mean "collecte"?') });
  expect(none).toMatchObject({ code: 0, out: 'nothing ran yet\n' });
  expect(JSON.parse(shown.out)).toMatchObject({
    paused: null,
    past: [],
    next: expect.arrayContaining([expect.stringMatching(/Z$/)]),
  });
});
