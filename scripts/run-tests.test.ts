import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { seconds } from './results.ts';

const bin = resolve(import.meta.dirname, '../node_modules/.bin/tsx');
const runner = resolve(import.meta.dirname, 'run-tests.ts');
const reporter = resolve(import.meta.dirname, 'count-reporter.ts');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poterne-runner-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Runs a project of these test files, by two configurations: `src` and `lab` are their folders. */
async function run(files: Readonly<Record<string, string>>) {
  for (const kind of ['src', 'lab']) {
    await mkdir(join(folder, kind));
    await writeFile(
      join(folder, `${kind}.config.js`),
      `export default { test: { globals: true, include: ['${kind}/*.test.js'], reporters: ['default', '${reporter}'] } }`,
    );
  }
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  // Nothing of the vitest that runs this.
  const { PATH, HOME } = process.env;
  return new Promise<{ code: unknown; lines: string[] }>((ended) =>
    execFile(
      bin,
      [runner, 'src.config.js', 'lab.config.js'],
      { cwd: folder, env: { PATH, HOME } },
      (error, stdout) => ended({ code: error?.code ?? 0, lines: stdout.trim().split('\n') }),
    ),
  );
}

/** Fails the first time that it runs, with a hook as with a test. */
const once = (name: string, what: string) => `
  const fs = require('node:fs');
  const first = !fs.existsSync('${name}');
  fs.writeFileSync('${name}', '');
  ${what}`;

test('what failed and passes alone passes, is named, and counts once; also where a hook failed', async () => {
  const { code, lines } = await run({
    'src/good.test.js': 'test("good", () => {})',
    'src/good.test.js.test.js': 'test("called nearly alike", () => {})',
    'src/slow.test.js': once('slow', 'test("in time", () => { if (first) throw new Error("late") })'),
    'lab/boot.test.js': once(
      'boot',
      'beforeAll(() => { if (first) throw new Error("no boot") }); test("a", () => {}); test("b", () => {})',
    ),
  });
  expect(lines.slice(-2)).toEqual([
    '2 files failed at first and passed when run again alone: src/slow.test.js (in time), lab/boot.test.js (no boot)',
    'tests: 5 passed, 0 failed, 0 skipped',
  ]);
  expect(code).toBe(0);
});

test('what fails twice has failed, once; so has what nobody waited for', async () => {
  const counted = 'require("node:fs").appendFileSync("runs", "x");';
  const { code, lines } = await run({
    'src/good.test.js': 'test("good", () => {})',
    'src/bad.test.js': `${counted} test("bad", () => { throw new Error("bad") })`,
    'lab/stray.test.js': `${counted} test("stray", async () => {
      Promise.reject(new Error('stray')); await new Promise((go) => setTimeout(go, 50)) })`,
  });
  expect(lines.at(-1)).toBe('tests: 2 passed, 2 failed, 0 skipped');
  expect(lines.join('\n')).not.toContain('failed at first');
  expect(await readFile(join(folder, 'runs'), 'utf8')).toBe('xxxx');
  expect(code).toBe(1);
});

test('a run that breaks down has failed, and one of nothing too', async () => {
  const broken = await run({
    'src/good.test.js': 'test("good", () => {})',
    'lab.config.js': 'no JavaScript',
  });
  expect(broken.lines.at(-1)).toBe('tests: 1 passed, 1 failed, 0 skipped');
  expect(broken.code).toBe(1);
});

test('two run at the same time, and speak one after the other', async () => {
  const meet = (mine: string, other: string, seconds: number) => `
    const fs = require('node:fs');
    const sleep = (ms) => new Promise((go) => setTimeout(go, ms));
    test('meets', async () => {
      fs.writeFileSync('${mine}', '');
      while (!fs.existsSync('${other}')) await sleep(50);
      await sleep(${seconds} * 1000);
    }, 60_000)`;
  const { code, lines } = await run({
    'src/one.test.js': meet('one', 'two', 2),
    'lab/two.test.js': meet('two', 'one', 0),
  });
  const said = lines.join('\n');
  expect(said.match(/RUN /g)).toHaveLength(2);
  expect(said.indexOf('src/one.test.js')).toBeLessThan(said.lastIndexOf('RUN '));
  expect(said).toContain('lab/two.test.js');
  expect([code, lines.at(-1)]).toEqual([0, 'tests: 2 passed, 0 failed, 0 skipped']);
});

test('many failed files are no accident, and nothing runs again', () => {
  const result = { config: 'c', passed: 1, failed: 1, skipped: 0, titles: [] };
  const files = (...names: string[]) => names.map((file) => ({ ...result, file }));
  expect(seconds([...files('a', 'b', 'c'), { ...result, file: 'd', failed: 0 }])).toEqual(
    files('a', 'b', 'c'),
  );
  expect(seconds(files('a', 'b', 'c', 'd'))).toEqual([]);
  // A failure of no file, such as a run that broke down.
  expect(seconds(files('a', ''))).toEqual([]);
});
