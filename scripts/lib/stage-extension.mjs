import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { bundle, programs } from './bundles.mjs';
import { root } from './run.mjs';

const source = join(root, 'packages', 'vscode-extension');

/** Where the extension lies as it is packed: its own manifest, without what only a workspace of packages needs. */
export const stageDirectory = join(source, 'dist', 'vsix');

/** Platforms that VS Code does not run on, and so need no keychain addon. */
const UNUSED_PREBUILDS = /^(?:linux-ia32|win32-ia32|linux-armv7l|linuxmusl-arm)$/;

/** Bundles extension, page script and daemon, and puts together what the vsix holds. */
export async function stageExtension() {
  await rm(stageDirectory, { recursive: true, force: true });
  const dist = join(stageDirectory, 'dist');
  await mkdir(dist, { recursive: true });
  await Promise.all([
    bundleExtension(dist),
    bundlePage(dist),
    stageDaemon(join(dist, 'daemon')),
    writeManifest(),
    cp(join(root, 'LICENSE'), join(stageDirectory, 'LICENSE')),
    ...['README.md', 'CHANGELOG.md', 'package.nls.json', 'media', 'l10n'].map((name) =>
      cp(join(source, name), join(stageDirectory, name), { recursive: true }),
    ),
  ]);
  return stageDirectory;
}

/** One CommonJS file: the editor's extension host loads it fastest. */
async function bundleExtension(outdir) {
  const { build } = await import('esbuild');
  await build({
    absWorkingDir: root,
    entryPoints: { extension: 'packages/vscode-extension/src/vscode/extension.ts' },
    outdir,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20.19',
    conditions: ['@condock/source'],
    external: ['vscode'],
    // The client looks for a daemon beside itself; here the extension names its own.
    define: { 'import.meta.url': '__moduleUrl' },
    banner: { js: "const __moduleUrl = require('node:url').pathToFileURL(__filename).href;" },
    minify: true,
    keepNames: true,
    legalComments: 'linked',
    logLevel: 'warning',
  });
}

async function bundlePage(outdir) {
  const { build } = await import('esbuild');
  await build({
    absWorkingDir: root,
    entryPoints: { page: 'packages/vscode-extension/src/webview/page.ts' },
    outdir,
    bundle: true,
    format: 'iife',
    platform: 'browser',
    target: 'chrome120',
    minify: true,
    logLevel: 'warning',
  });
}

/** The daemon's program, with the keychain addon beside it: the vsix needs nothing that is not in it. */
async function stageDaemon(outdir) {
  const daemon = programs.find(({ entryPoints }) => 'condockd' in entryPoints);
  await bundle({ ...daemon, outdir });
  const keytar = dirname(
    createRequire(join(root, 'packages', 'daemon', 'package.json')).resolve('keytar/package.json'),
  );
  const target = join(outdir, 'node_modules', 'keytar');
  await mkdir(target, { recursive: true });
  for (const name of ['package.json', 'LICENSE.md', 'lib']) {
    await cp(join(keytar, name), join(target, name), { recursive: true });
  }
  for (const platform of await readdir(join(keytar, 'prebuilds'))) {
    if (UNUSED_PREBUILDS.test(platform)) continue;
    await cp(join(keytar, 'prebuilds', platform), join(target, 'prebuilds', platform), { recursive: true });
  }
}

async function writeManifest() {
  const manifest = JSON.parse(await readFile(join(source, 'package.json'), 'utf8'));
  // Bundled; and as CommonJS, which is what a manifest without a type says.
  for (const member of ['type', 'private', 'dependencies', 'devDependencies']) delete manifest[member];
  delete manifest.engines.node;
  await writeFile(join(stageDirectory, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}
