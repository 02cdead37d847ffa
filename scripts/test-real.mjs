// `npm run test:real`: the suites with real parts, after installing what they need.
import { ensureInstalled } from './lib/ensure-installed.mjs';
import { tool } from './lib/run.mjs';
import { ensureSystemPackages } from './lib/system-packages.mjs';

await ensureInstalled();
await ensureSystemPackages();
const { bundle, programs } = await import('./lib/bundles.mjs');
await Promise.all(programs.map((program) => bundle(program)));
process.exitCode = await tool('vitest', ['run', '--project', 'real', ...process.argv.slice(2)], { allowFailure: true });
