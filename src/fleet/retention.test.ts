import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withLock } from '../store/lock.ts';
import { archiveRun } from './archive/seal.ts';
import { madeRun } from './archive/testing.ts';
import { runsFolder } from './journal.ts';
import { applyRetention } from './retention.ts';

const site = { name: 's', language: 'en', timezone: 'UTC' } as const;
const day = 86_400_000;
const now = new Date('2026-11-25T12:00:00Z');
let state: string;
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'poterne-keep-'));
});
afterEach(() => rm(state, { recursive: true, force: true }));

const aged = (days: number) =>
  madeRun(
    state,
    { a: { outcome: { is: 'ok' } } },
    { at: new Date(now.getTime() - days * day).toISOString() },
  );

test('old runs go with their archives; the newest stay, and one that is under way', async () => {
  const [oldest = '', older = '', old = '', young = ''] = [
    await aged(400),
    await aged(300),
    await aged(200),
    await aged(1),
  ];
  await archiveRun({ state, run: older, site });
  await writeFile(join(runsFolder(state), 'notes.txt'), 'mine');
  const keeping = { runs: 90 * day, lastRuns: 2 };
  const removed = await withLock(join(runsFolder(state), oldest), 0, () =>
    applyRetention(state, keeping, { now }),
  );
  expect(removed).toEqual({ runs: [older], archives: [] });
  expect((await readdir(runsFolder(state))).sort()).toEqual([oldest, old, young, 'notes.txt'].sort());
  expect(await readdir(join(state, 'archives'))).toEqual([]);
  expect((await applyRetention(state, { ...keeping, lastRuns: 1 }, { now, dry: true })).runs).toHaveLength(2);
  expect((await applyRetention(state, { ...keeping, lastRuns: 1 }, { now })).runs).toEqual([oldest, old]);
});

test('without a rule, nothing goes', async () => {
  await aged(4000);
  expect(await applyRetention(state, { lastRuns: 1 }, { now })).toEqual({ runs: [], archives: [] });
});

test('archives that others get by a link go after their time, and nothing else that lies there', async () => {
  const folder = join(state, 'shown');
  await mkdir(folder);
  const name = (n: string) => `poterne-run-20260102-030405-a1b2-${n.repeat(32)}.tar.gz`;
  for (const file of [name('a'), name('b'), 'index.html', 'poterne-run-20260102-030405-a1b2.tar.gz']) {
    await writeFile(join(folder, file), '');
    if (file !== name('b')) await utimes(join(folder, file), now, new Date(now.getTime() - 31 * day));
    else await utimes(join(folder, file), now, now);
  }
  const archives = { folder, url: 'https://a.fr/', keep: 30 * day, pointer: '/archives' };
  const removed = await applyRetention(state, { lastRuns: 1, archives }, { now });
  expect(removed.archives).toEqual([join(folder, name('a'))]);
});
