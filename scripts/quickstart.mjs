// `npm run quickstart`: installs, builds, then shows the whole path on this machine alone, and leaves nothing behind.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureInstalled } from './lib/ensure-installed.mjs';

await ensureInstalled();
console.log('Building …');
const { bundle, programs } = await import('./lib/bundles.mjs');
await Promise.all(programs.map((program) => bundle(program)));

const directory = await mkdtemp(join(tmpdir(), 'condock-quickstart-'));
try {
  const outdir = join(directory, 'program');
  await bundle({ outdir, entryPoints: { quickstart: 'scripts/quickstart/main.ts' } }, { splitting: false });
  const { quickstart } = await import(pathToFileURL(join(outdir, 'quickstart.js')).href);
  await quickstart(directory);
} finally {
  await rm(directory, { recursive: true, force: true });
}
