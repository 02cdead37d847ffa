import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { root } from './run.mjs';

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

/** What both passes share. */
const common = { platform: 'node', target: 'node20.19', minifySyntax: true, minifyWhitespace: true };

/**
 * Bundles programs as CommonJS in chunks: Node loads that a fifth faster than the same as ESM, which it reads and links file
 * by file through promises. esbuild splits only ESM, so each chunk is turned into CommonJS in a second pass.
 */
export async function bundle({ outdir, entryPoints }, overrides = {}) {
  const { build, transform } = await import('esbuild');
  const { outputFiles } = await build({
    ...common,
    absWorkingDir: root,
    entryPoints,
    outdir,
    bundle: true,
    write: false,
    splitting: true,
    format: 'esm',
    conditions: ['@condock/source'],
    // A native addon: found in node_modules at run time, and only when a keychain is asked.
    external: ['keytar'],
    chunkNames: 'chunks/[name]-[hash]',
    legalComments: 'linked',
    logLevel: 'warning',
    ...overrides,
  });
  const files = await Promise.all(
    outputFiles.map(async ({ path, text }) => [
      path,
      path.endsWith('.js') ? await toCommonJs(transform, text, overrides) : text,
    ]),
  );
  const target = resolve(root, outdir);
  await rm(target, { recursive: true, force: true });
  // Above it stands a package of ESM.
  files.push([join(target, 'package.json'), '{"type":"commonjs"}\n']);
  for (const [path, text] of files) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
}

async function toCommonJs(transform, source, { minifySyntax, minifyWhitespace }) {
  const { code } = await transform(source, {
    ...common,
    ...(minifySyntax === undefined ? {} : { minifySyntax }),
    ...(minifyWhitespace === undefined ? {} : { minifyWhitespace }),
    format: 'cjs',
    // As require, one tick later: import() of a file goes through the ESM loader again.
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': '__moduleUrl' },
    logLevel: 'warning',
  });
  if (!source.includes('import.meta.url')) return code;
  return code.replace(
    /^(#!.*\n)?("use strict";)?/,
    "$&const __moduleUrl=require('node:url').pathToFileURL(__filename).href;",
  );
}
