/**
 * usage: run-tests.ts CONFIGURATION… [-- ARGUMENT…]: vitest with each of these configurations, at the same time, since
 * one waits much and another computes; then, where a few files failed, these once again, each alone: a test that a slow machine upset is told apart from what is broken, and stays
 * to be mended (CONTRIBUTING.md). The last line is the counts of all; what failed twice counts once.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  countsLine,
  type FileResult,
  flakyLine,
  replaced,
  seconds,
  skipsAllowed,
  sum,
  tooManySkipped,
} from './results.ts';

const vitest = resolve(import.meta.dirname, '../node_modules/.bin/vitest');
const split = process.argv.indexOf('--');
const configurations = process.argv.slice(2, split < 0 ? undefined : split);
const rest = split < 0 ? [] : process.argv.slice(split + 1);
const folder = await mkdtemp(join(tmpdir(), 'poterne-tests-'));
let runs = 0;

/**
 * What a run told of its files, and of itself where it failed without telling of one. What it prints is held back until `turn`,
 * so that two runs do not speak at once.
 */
async function run(
  config: string,
  argv: readonly string[],
  turn?: Promise<unknown>,
): Promise<readonly FileResult[]> {
  const told = join(folder, String(runs++));
  const status = await new Promise<number>((ended, failed) => {
    const env = { ...process.env, POTERNE_TEST_RESULTS: told };
    const child = spawn(vitest, ['run', '--config', config, ...argv], {
      stdio: turn ? ['ignore', 'pipe', 'pipe'] : 'inherit',
      env,
    });
    child.on('error', failed).on('exit', (code) => {
      // A process that a test left behind may hold its output for ever.
      const closed = turn ? Promise.race([once(child, 'close'), sleep(5000)]) : Promise.resolve();
      void closed.then(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
        ended(code ?? 1);
      });
    });
    if (turn) hold(child, turn);
  });
  const text = await readFile(told, 'utf8').catch(() => undefined);
  const results = (text ?? '')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as FileResult);
  if (results.some(({ failed }) => failed > 0) || (status === 0 && text !== undefined)) return results;
  const broken = { config, file: '', passed: 0, failed: 1, skipped: 0, titles: ['vitest failed'] };
  return [...results, broken];
}

/** Prints what a process prints from its turn on, and then what it printed before. */
function hold(child: ChildProcess, turn: Promise<unknown>): void {
  let held: Buffer[] | undefined = [];
  const write = (bytes: Buffer) => (held ? held.push(bytes) : process.stdout.write(bytes));
  child.stdout?.on('data', write);
  child.stderr?.on('data', write);
  const release = () => {
    for (const bytes of held ?? []) process.stdout.write(bytes);
    held = undefined;
  };
  turn.then(release, release);
}

try {
  // What was asked for may be of another kind.
  const argv = ['--passWithNoTests', ...rest];
  const begun: Promise<readonly FileResult[]>[] = [];
  for (const config of configurations) begun.push(run(config, argv, begun.at(-1)));
  let results = (await Promise.all(begun)).flat();
  const flaky: FileResult[] = [];
  for (const failed of seconds(results)) {
    console.log(`\nAgain, alone: ${failed.file}`);
    const second = await run(failed.config, [resolve(failed.file)]);
    results = [...replaced(results, second)];
    if (sum(second).failed === 0) flaky.push(failed);
  }
  const counts = sum(results);
  // What ran nothing has failed.
  const failed = counts.failed + (counts.passed + counts.failed === 0 ? 1 : 0);
  const hidden = counts.skipped > skipsAllowed;
  if (hidden) console.error(tooManySkipped(counts));
  const line = flakyLine(flaky);
  if (line !== undefined) console.log(line);
  console.log(countsLine({ ...counts, failed }));
  process.exitCode = failed > 0 || hidden ? 1 : 0;
} finally {
  await rm(folder, { recursive: true, force: true });
}
