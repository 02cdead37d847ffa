// `npm run bench`: each row compares Condock with a real peer in the same run. See test/bench/README.md.
import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureInstalled } from './lib/ensure-installed.mjs';
import { root } from './lib/run.mjs';

await ensureInstalled();
const { bundle, programs } = await import('./lib/bundles.mjs');

/** The programs as they are installed, in a place of their own: a build that runs meanwhile changes nothing here. */
async function install(modules) {
  for (const { outdir, entryPoints } of programs) {
    const [, name] = relative('', outdir).split('/');
    const source = join(root, 'packages', name);
    const target = join(modules, '@condock', name);
    await mkdir(target, { recursive: true });
    await cp(join(source, 'package.json'), join(target, 'package.json'));
    await cp(join(source, 'bin'), join(target, 'bin'), { recursive: true });
    await bundle({ outdir: join(target, relative(join('packages', name), outdir)), entryPoints });
  }
  const keytar = join(root, 'packages', 'daemon', 'node_modules', 'keytar');
  await symlink(keytar, join(modules, basename(keytar)), 'junction');
}

const directory = await mkdtemp(join(tmpdir(), 'condock-bench-'));
try {
  const modules = join(directory, 'program', 'node_modules');
  await install(modules);
  const outdir = join(directory, 'program', 'bench');
  const entryPoints = { bench: 'test/bench/main.ts', 'echo-peer': 'test/bench/echo-peer.ts' };
  await bundle({ outdir, entryPoints }, { minifySyntax: false, minifyWhitespace: false });
  const { bench } = await import(pathToFileURL(join(outdir, 'bench.js')).href);
  process.exitCode = await bench(process.argv.slice(2), { modules, directory: join(directory, 'work') });
} finally {
  await rm(directory, { recursive: true, force: true, maxRetries: 3 });
}
