import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

/** Bundles a TypeScript program of this repository so that this machine's Node can run it; gives the script's path. */
export async function bundleProgram(entry: string, directory: string, name: string): Promise<string> {
  await bundlePrograms({ [name]: entry }, directory);
  return join(directory, `${name}.js`);
}

/** Bundles programs that find each other by their names: `NAME.js` in the directory for each entry. */
export async function bundlePrograms(entryPoints: Record<string, string>, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'package.json'), '{"type":"module"}');
  await build({
    entryPoints,
    outdir: directory,
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['@condock/source'],
    // A native addon, asked for only when a keychain is.
    external: ['keytar'],
    // vscode-jsonrpc is CommonJS and asks for Node's own modules by require.
    banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
    logLevel: 'error',
  });
}
