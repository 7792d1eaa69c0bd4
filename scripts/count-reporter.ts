import { appendFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

const skipsAllowed = 5;

/**
 * Ends the run with one line of counts, and fails it when more than a handful of tests were skipped. With
 * `POTERNE_TEST_COUNTS`, the counts go to that file instead: scripts/test.sh adds those of its runs up.
 */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) count[test.result().state]++;
      if (module.errors().length > 0) count.failed++;
    }
    const skipped = count.skipped + count.pending;
    if (skipped > skipsAllowed) {
      console.error(`${skipped} tests were skipped; at most ${skipsAllowed} may be.`);
      process.exitCode = 1;
    }
    const file = process.env.POTERNE_TEST_COUNTS;
    if (file) appendFileSync(file, `${count.passed} ${count.failed} ${skipped}\n`);
    else
      process.on('exit', () =>
        console.log(`tests: ${count.passed} passed, ${count.failed} failed, ${skipped} skipped`),
      );
  }
}
