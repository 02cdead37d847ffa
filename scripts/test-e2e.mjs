// `npm run test:e2e`: the extension in a real VS Code in a real browser, the oldest that it supports; with `-- --newest`, in
// the newest. Where these can't be had, says why and passes.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ensureInstalled } from './lib/ensure-installed.mjs';
import { has, root, run, tool } from './lib/run.mjs';
import { ensureSystemPackages } from './lib/system-packages.mjs';

const isNewest = process.argv.includes('--newest');
const passedOn = process.argv.slice(2).filter((argument) => argument !== '--newest');

await ensureInstalled();
await ensureSystemPackages();
const { EDITORS, ensureCodeServer } = await import('./lib/code-server.mjs');
const wanted = isNewest ? EDITORS.newest : EDITORS.oldest;

/** The editor's entry script and its Node; undefined, and the reason printed, where it can't run here. */
async function editor() {
  if (process.platform !== 'linux') return skipped('code-server is installed for Linux only');
  if (!(await has('chromium'))) return skipped('chromium is not installed (apt-get install chromium)');
  try {
    return await ensureCodeServer(wanted);
  } catch (error) {
    return skipped(`code-server ${wanted.codeServer} could not be installed: ${error.message}`);
  }
}

function skipped(reason) {
  console.log(`Skipped: the extension in VS Code. ${reason}.`);
}

const installed = await editor();
if (installed !== undefined) {
  await run(process.execPath, [join(root, 'scripts', 'vsix.mjs')]);
  const env = {
    CONDOCK_E2E_EDITOR: installed.entry,
    CONDOCK_E2E_NODE: installed.node,
    CONDOCK_E2E_VSIX: join(root, 'artifacts', 'condock.vsix'),
    CONDOCK_E2E_SCREENSHOTS: join(root, 'artifacts', isNewest ? 'screenshots-newest' : 'screenshots'),
  };
  if (!existsSync(env.CONDOCK_E2E_VSIX)) throw new Error(`${env.CONDOCK_E2E_VSIX} was not made`);
  process.exitCode = await tool('vitest', ['run', '--project', 'e2e', ...passedOn], { allowFailure: true, env });
}
