// `npm run vsix`: the extension as one file that installs with `code --install-extension`. `--stage` only puts its parts together.
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureInstalled } from './lib/ensure-installed.mjs';
import { root, run } from './lib/run.mjs';

/** Bytes above which installing over a slow line stops being quick. */
const LIMIT = 5_000_000;
/** Run by npx and not a dependency: it brings hundreds of packages that nothing else here needs. */
const VSCE = '@vscode/vsce@3.9.2';

await ensureInstalled();
const { stageExtension } = await import('./lib/stage-extension.mjs');
const staged = await stageExtension();
if (!process.argv.includes('--stage')) {
  const out = join(root, 'artifacts', 'condock.vsix');
  await mkdir(join(root, 'artifacts'), { recursive: true });
  const options = [
    '--no-dependencies',
    '--allow-missing-repository',
    '--skip-license',
    '--no-rewrite-relative-links',
    '--out',
    out,
  ];
  await run('npx', ['--yes', VSCE, 'package', ...options], { cwd: staged });
  const { size } = await stat(out);
  if (size > LIMIT) throw new Error(`${out} has ${size} bytes; at most ${LIMIT} are allowed.`);
  console.log(`${out}: ${(size / 1e6).toFixed(1)} MB. Install it with: code --install-extension ${out}`);
}
