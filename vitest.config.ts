import { defineConfig } from 'vitest/config';

// Two projects: what runs anywhere with Node alone, and what needs real parts (see test/README.md).
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
          include: ['packages/*/src/**/*.test.ts', 'test/{support,integration,bench}/**/*.test.ts', 'scripts/**/*.test.ts'],
          testTimeout: 20_000,
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
    ],
  },
});
