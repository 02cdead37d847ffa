// `npm run bench`: each row compares Condock with a real peer in the same run. See test/bench/README.md.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureInstalled } from './lib/ensure-installed.mjs';
import { root } from './lib/run.mjs';

await ensureInstalled();
const { bundle, programs } = await import('./lib/bundles.mjs');
// Not built where the caller did that: so can an earlier build be measured beside later sources.
if (process.env.CONDOCK_BENCH_BUILT !== '1') await Promise.all(programs.map((program) => bundle(program)));

const directory = await mkdtemp(join(tmpdir(), 'condock-bench-'));
try {
  await bundle({
    outdir: join(directory, 'program'),
    entryPoints: { bench: 'test/bench/main.ts', 'echo-peer': 'test/bench/echo-peer.ts' },
  });
  const { bench } = await import(pathToFileURL(join(directory, 'program', 'bench.js')).href);
  process.exitCode = await bench(process.argv.slice(2), { root, directory });
} finally {
  await rm(directory, { recursive: true, force: true });
}
