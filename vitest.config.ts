import { defineConfig } from 'vitest/config';

// Three projects: what runs anywhere with Node alone, what needs real parts, and the editor in a browser (see test/README.md).
const shared = {
  resolve: { conditions: ['@condock/source'] },
  ssr: { resolve: { conditions: ['@condock/source'], externalConditions: ['@condock/source'] } },
};

export default defineConfig({
  test: {
    projects: [
      {
        ...shared,
        test: {
          name: 'unit',
          include: [
            'packages/*/src/**/*.test.ts',
            'test/{support,integration,bench}/**/*.test.ts',
            'scripts/**/*.test.ts',
          ],
          // A machine under load is slow, not wrong: these bounds only end what hangs.
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        ...shared,
        test: {
          name: 'real',
          include: ['test/{real,interop}/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        ...shared,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          // One window, one story: what fails makes the rest meaningless.
          bail: 1,
          testTimeout: 90_000,
          expect: { poll: { timeout: 20_000 } },
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
