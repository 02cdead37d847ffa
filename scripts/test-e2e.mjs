// `npm run test:e2e`: the extension in a real VS Code in a real browser. Where these can't be had, says why and passes.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ensureInstalled } from './lib/ensure-installed.mjs';
import { has, root, run, tool } from './lib/run.mjs';
import { ensureSystemPackages } from './lib/system-packages.mjs';

await ensureInstalled();
await ensureSystemPackages();
const { CODE_SERVER_VERSION, ensureCodeServer } = await import('./lib/code-server.mjs');

/** The path of the editor's entry script; undefined, and the reason printed, where it can't run here. */
async function editor() {
  if (process.platform !== 'linux') return skipped('code-server is installed for Linux only');
  if (!(await has('chromium'))) return skipped('chromium is not installed (apt-get install chromium)');
  try {
    return await ensureCodeServer();
  } catch (error) {
    return skipped(`code-server ${CODE_SERVER_VERSION} could not be installed: ${error.message}`);
  }
}

function skipped(reason) {
  console.log(`Skipped: the extension in VS Code. ${reason}.`);
}

const entry = await editor();
if (entry !== undefined) {
  await run(process.execPath, [join(root, 'scripts', 'vsix.mjs')]);
  const env = { CONDOCK_E2E_EDITOR: entry, CONDOCK_E2E_VSIX: join(root, 'artifacts', 'condock.vsix') };
  if (!existsSync(env.CONDOCK_E2E_VSIX)) throw new Error(`${env.CONDOCK_E2E_VSIX} was not made`);
  const args = ['run', '--project', 'e2e', ...process.argv.slice(2)];
  process.exitCode = await tool('vitest', args, { allowFailure: true, env });
}
