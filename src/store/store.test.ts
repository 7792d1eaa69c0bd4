import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Evidence } from '../model/evidence.ts';
import type { HostFacts } from '../model/host-facts.ts';
import { message } from '../model/message.ts';
import { withLock } from './lock.ts';
import { openStore } from './store.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poterne-store-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const at = '2026-11-22T12:00:00.000Z';
const piece = (expectation: string, held: boolean): Evidence => ({
  expectation,
  about: 'erp.localhost',
  promise: message('value.size'),
  held,
  seen: message('value.size'),
  vantage: 'here',
  at,
  milliseconds: 3,
});

test('what is recorded is there after opening again, and is private', async () => {
  const store = await openStore(folder);
  await store.recordRun({ at, site: 's', hash: 'h', outcome: 'applied', milliseconds: 5, detail: { a: 1 } });
  await store.recordEvidence('s', at, [piece('a', true), piece('b', false)]);
  await store.rememberAddresses(at, { 'erp.lan': ['10.0.0.15'], 'gone.lan': [] });
  await store.close();
  const again = await openStore(folder);
  expect(await again.lastRun('s')).toMatchObject({ hash: 'h', outcome: 'applied', detail: { a: 1 } });
  expect(await again.lastProof('s')).toEqual({ at, held: 1, broken: ['b'] });
  expect(await again.lastProof('other')).toBeUndefined();
  expect(await again.addresses()).toEqual({ 'erp.lan': ['10.0.0.15'] });
  await again.close();
  expect((await stat(join(folder, 'poterne.db'))).mode & 0o777).toBe(0o600);
});

test('what hosts told stands until they tell something else, for each site', async () => {
  const facts = (host: string, at: string): HostFacts => ({
    host,
    at,
    disks: [],
    accounts: { login: ['root'], system: [] },
    root: 'login',
  });
  const store = await openStore(folder);
  await store.rememberFacts('s', [facts('a', '2026-01-01T00:00:00.000Z'), facts('b', at)]);
  await store.rememberFacts('other', [facts('a', at)]);
  await store.rememberFacts('s', [facts('a', at)]);
  await store.close();
  const again = await openStore(folder);
  expect(await again.facts('s')).toEqual(expect.arrayContaining([facts('a', at), facts('b', at)]));
  expect(await again.facts('s')).toHaveLength(2);
  expect(await again.facts('nowhere')).toEqual([]);
  await again.close();
});

test('a proof of thousands of promises is kept whole, and old ones are forgotten', async () => {
  const store = await openStore(folder);
  const many = Array.from({ length: 8000 }, (_, i) => piece(`e${i}`, i % 2 === 0));
  await store.recordEvidence('s', '2026-01-01T00:00:00.000Z', many);
  expect((await store.lastProof('s'))?.held).toBe(4000);
  await store.recordEvidence('s', at, [piece('a', true)]);
  expect(await store.lastProof('s')).toEqual({ at, held: 1, broken: [] });
  await store.close();
});

test('several processes may open it at once, also the first time', async () => {
  const program = `const { openStore } = await import(process.argv[1]);
    // As near to each other as a clock brings them.
    await new Promise((go) => setTimeout(go, Number(process.argv[3]) - Date.now()));
    const stores = await Promise.all([openStore(process.argv[2]), openStore(process.argv[2])]);
    for (const store of stores) await store.close();`;
  const store = new URL('store.ts', import.meta.url).href;
  const at = String(Date.now() + 3000);
  const argv = ['--import', 'tsx', '--input-type=module', '--eval', program, store, folder, at];
  const opened = Array.from({ length: 3 }, async () => {
    const child = spawn(process.execPath, argv, { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (bytes) => {
      said += bytes;
    });
    return [(await once(child, 'close'))[0], said];
  });
  expect(await Promise.all(opened)).toEqual(Array.from({ length: 3 }, () => [0, '']));
  await (await openStore(folder)).close();
});

test('a folder that cannot hold a database is a coded fault', async () => {
  await expect(openStore(join(folder, 'none'))).rejects.toMatchObject({ code: 'store.unusable' });
});

test('the lock keeps others out, and is free again when its holder is killed', async () => {
  const holder = spawn(
    process.execPath,
    [
      '--import',
      'tsx',
      '--input-type=module',
      '-e',
      `import { withLock } from ${JSON.stringify(new URL('lock.ts', import.meta.url).href)};
       await withLock(${JSON.stringify(folder)}, 0, async () => { console.log('held'); await new Promise(() => setInterval(() => {}, 1000)); });`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  await once(holder.stdout, 'data');
  await expect(withLock(folder, 150, async () => 1)).rejects.toMatchObject({ code: 'lock.held' });
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  expect(await withLock(folder, 0, async () => 1)).toBe(1);
});
