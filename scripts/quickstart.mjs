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

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => interrupted.abort());
const directory = await mkdtemp(join(tmpdir(), 'condock-qs-'));
try {
  const outdir = join(directory, 'program');
  await bundle({ outdir, entryPoints: { quickstart: 'scripts/quickstart/main.ts' } }, { splitting: false });
  const { quickstart } = await import(pathToFileURL(join(outdir, 'quickstart.js')).href);
  await quickstart(directory, interrupted.signal);
} catch (error) {
  console.error(interrupted.signal.aborted ? '\nInterrupted; nothing is left behind.' : `\n${error.message}`);
  process.exitCode = 1;
} finally {
  await rm(directory, { recursive: true, force: true });
}
