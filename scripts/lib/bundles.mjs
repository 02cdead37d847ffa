import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { root } from './run.mjs';

/** ESM output needs a `require` for the CommonJS packages inside it. */
const banner =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";

/** The programs. Split into chunks, so that what a run does not need is not even read: start-up counts. */
export const programs = [
  {
    outdir: 'packages/daemon/dist/bundle',
    entryPoints: {
      condockd: 'packages/daemon/src/main/condockd.ts',
      'engine-worker': 'packages/daemon/src/main/engine-worker.ts',
    },
  },
  { outdir: 'packages/cli/dist', entryPoints: { condock: 'packages/cli/src/main.ts' } },
];

export async function bundle({ outdir, entryPoints }, overrides = {}) {
  const { build } = await import('esbuild');
  await rm(resolve(root, outdir), { recursive: true, force: true });
  return build({
    absWorkingDir: root,
    entryPoints,
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    conditions: ['@condock/source'],
    // A native addon: found in node_modules at run time, and only when a keychain is asked.
    external: ['keytar'],
    banner: { js: banner },
    chunkNames: 'chunks/[name]-[hash]',
    minifySyntax: true,
    minifyWhitespace: true,
    keepNames: true,
    legalComments: 'linked',
    logLevel: 'warning',
    ...overrides,
  });
}
