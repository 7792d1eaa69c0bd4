import { defineConfig } from 'vitest/config';
import LongFirst from './scripts/long-first.ts';

/** Tests on real hosts booted by lab/: as root. */
export default defineConfig({
  test: {
    include: [
      'lab/**/*.test.ts',
      'src/**/*.lab-test.ts',
      'packaging/**/*.lab-test.ts',
      'examples/**/*.lab-test.ts',
    ],
    // They mostly wait, for boots and for what undoes itself: each has a topology of its own.
    maxWorkers: 2,
    globalSetup: './scripts/build-first.ts',
    sequence: { sequencer: LongFirst },
    testTimeout: 300_000,
    // Building a base from nothing takes about a minute, and there are two.
    hookTimeout: 600_000,
    reporters: ['default', './scripts/count-reporter.ts'],
  },
});
