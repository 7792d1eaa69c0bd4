import { appendFileSync } from 'node:fs';
import { basename, relative } from 'node:path';
import type { SerializedError } from 'vitest';
import type { Reporter, TestModule, Vitest } from 'vitest/node';
import { countsLine, type FileResult, skipsAllowed, sum, tooManySkipped } from './results.ts';

/**
 * Ends the run with one line of counts, and fails it when more than a handful of tests were skipped. With
 * `POTERNE_TEST_RESULTS`, what became of each file goes to that file instead: scripts/run-tests.ts adds up its runs.
 */
export default class CountReporter implements Reporter {
  #vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const { root = '', configFile } = this.#vitest?.vite.config ?? {};
    const config = basename(configFile || '');
    const results = modules.map((module) => resultOf(module, config, root));
    // Also what no test was waiting for is a failure of the file that did it, and where nobody knows whose, of none.
    for (const { VITEST_TEST_PATH: path, message } of unhandled) {
      const file = typeof path === 'string' ? relative(root, path) : '';
      const known = results.findIndex((result) => result.file === file);
      const result = results[known] ?? { config, file, passed: 0, failed: 0, skipped: 0, titles: [] };
      const failed = { ...result, failed: result.failed + 1, titles: [...result.titles, message] };
      results.splice(known < 0 ? results.length : known, 1, failed);
    }
    const file = process.env.POTERNE_TEST_RESULTS;
    if (file) {
      appendFileSync(file, results.map((result) => `${JSON.stringify(result)}\n`).join(''));
      return;
    }
    const counts = sum(results);
    if (counts.skipped > skipsAllowed) {
      console.error(tooManySkipped(counts));
      process.exitCode = 1;
    }
    process.on('exit', () => console.log(countsLine(counts)));
  }
}

function resultOf(module: TestModule, config: string, root: string): FileResult {
  const count = { passed: 0, failed: 0, skipped: 0, pending: 0 };
  const titles: string[] = [];
  for (const test of module.children.allTests()) {
    const { state } = test.result();
    count[state]++;
    if (state === 'failed') titles.push(test.fullName);
  }
  // Where hooks or the file itself fail, its tests are only skipped.
  const errors = module.errors();
  for (const suite of module.children.allSuites()) errors.push(...suite.errors());
  if (
    errors.length > 0 ||
    (module.state() !== 'passed' && module.state() !== 'skipped' && count.failed === 0)
  ) {
    count.failed++;
    titles.push(errors[0]?.message.split('\n', 1)[0] ?? 'it did not run to its end');
  }
  return {
    ...{ config, file: relative(root, module.moduleId) },
    ...{ passed: count.passed, failed: count.failed, skipped: count.skipped + count.pending, titles },
  };
}
