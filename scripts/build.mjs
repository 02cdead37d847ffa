// `npm run build`: the libraries (ESM and types) and the programs. `--programs` leaves the libraries out.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureInstalled } from './lib/ensure-installed.mjs';
import { root, tool } from './lib/run.mjs';

await ensureInstalled();
const { bundle, programs } = await import('./lib/bundles.mjs');

if (!process.argv.includes('--programs')) {
  // In the order of the arrows: each is typed against the one before.
  for (const name of ['protocol', 'client', 'daemon']) {
    await rm(join(root, 'packages', name, 'dist'), { recursive: true, force: true });
    await tool('tsc', ['-p', join('packages', name, 'tsconfig.build.json')]);
  }
}
await Promise.all(programs.map((program) => bundle(program)));
console.log('Built. Try: npx condock --help');
