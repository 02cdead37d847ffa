import { join } from 'node:path';
import { build } from 'esbuild';

/** Bundles a TypeScript program of this repository so that this machine's Node can run it; gives the script's path. */
export async function bundleProgram(entry: string, directory: string, name: string): Promise<string> {
  await build({
    entryPoints: { [name]: entry },
    outdir: directory,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['@condock/source'],
    // vscode-jsonrpc is CommonJS and asks for Node's own modules by require.
    banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
    logLevel: 'error',
  });
  return join(directory, `${name}.mjs`);
}
