// `npm test`: whatever is missing is installed, then every test that needs no system package.
import { ensureInstalled } from './lib/ensure-installed.mjs';
import { tool } from './lib/run.mjs';

await ensureInstalled();
const code = await tool('vitest', ['run', '--project', 'unit', ...process.argv.slice(2)], { allowFailure: true });
console.log(
  '\nSkipped tests say above what they miss. Not part of this run: the suites with real registries, keychains, editors and\n' +
    'conda clients. They run with: npm run test:real (installs what it needs; Debian or Ubuntu).',
);
process.exitCode = code;
