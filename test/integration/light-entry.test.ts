import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

/** The packages whose code runs when an entry is imported; what is imported on demand is not among them. */
async function loadedBy(entry: string): Promise<string[]> {
  const { metafile } = await build({
    entryPoints: { entry: fileURLToPath(new URL(entry, import.meta.url)) },
    bundle: true,
    splitting: true,
    write: false,
    metafile: true,
    outdir: '/out',
    platform: 'node',
    format: 'esm',
    conditions: ['@condock/source'],
    logLevel: 'error',
  });
  const start = Object.keys(metafile.outputs).find((name) => name.endsWith('out/entry.js'));
  const queue = start === undefined ? [] : [start];
  const files = new Set<string>();
  for (const name of queue) {
    const output = metafile.outputs[name];
    for (const input of Object.keys(output?.inputs ?? {})) files.add(input);
    for (const { path, kind } of output?.imports ?? []) {
      if (kind === 'import-statement' && path in metafile.outputs && !queue.includes(path)) queue.push(path);
    }
  }
  expect(files.size).toBeGreaterThan(5);
  const inPackages = [...files].map((file) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1]);
  return [...new Set(inPackages.filter((name) => name !== undefined))];
}

describe('what starts fast', () => {
  it('the client loads no library before it is asked to connect', async () => {
    expect(await loadedBy('../../packages/client/src/index.ts')).toEqual([]);
  });

  it('the server loads no schema library before its first call to the engine', async () => {
    expect(await loadedBy('../../packages/daemon/src/server/index.ts')).toEqual(['vscode-jsonrpc']);
  });
});
