import { defineConfig } from 'vitest/config';
import LongFirst from './scripts/long-first.ts';

export default defineConfig({
  test: {
    include: [
      'src/**/*.test.ts',
      'docs/**/*.test.ts',
      'examples/**/*.test.ts',
      'bench/**/*.test.ts',
      'scripts/**/*.test.ts',
    ],
    // Real engines share two cores and real ports: files run two at a time, each with ports of its own.
    maxWorkers: 2,
    globalSetup: './scripts/build-first.ts',
    sequence: { sequencer: LongFirst },
    // A machine that does other things as well takes several times as long: what hangs is told all the same.
    testTimeout: 180_000,
    hookTimeout: 240_000,
    reporters: ['default', './scripts/count-reporter.ts'],
  },
});
