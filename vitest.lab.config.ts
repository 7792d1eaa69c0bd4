import { defineConfig } from 'vitest/config';

/** Tests on real hosts booted by lab/: as root, one file at a time. */
export default defineConfig({
  test: {
    include: [
      'lab/**/*.test.ts',
      'src/**/*.lab-test.ts',
      'packaging/**/*.lab-test.ts',
      'examples/**/*.lab-test.ts',
    ],
    fileParallelism: false,
    testTimeout: 180_000,
    // Building a base from nothing takes about a minute, and there are two.
    hookTimeout: 600_000,
    reporters: ['default', './scripts/count-reporter.ts'],
  },
});
