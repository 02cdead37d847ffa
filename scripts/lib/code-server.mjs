import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { root, run } from './run.mjs';

/** The newest code-server that Node 20 runs; it holds VS Code 1.104.0, the oldest that the extension promises to support. */
export const CODE_SERVER_VERSION = '4.104.0';
const RIPGREP_VERSION = '1.18.0';

/** Where the headers of this Node are: native modules are compiled against them, and nothing is downloaded. */
function nodeHeaders() {
  const candidates = [process.env.npm_config_nodedir, dirname(dirname(process.execPath)), '/usr', '/usr/local'];
  return candidates.find((dir) => dir !== undefined && existsSync(join(dir, 'include', 'node', 'node.h')));
}

/**
 * Installs code-server, the real VS Code workbench with a real extension host, below `.cache/`, from npm alone; gives the
 * path of its entry script. Its own install scripts download from elsewhere, so they are not run: what has to be
 * compiled is compiled here, and ripgrep comes as a package. Throws where that fails.
 */
export async function ensureCodeServer({ version = CODE_SERVER_VERSION, cache = join(root, '.cache') } = {}) {
  const home = join(cache, `code-server-${version}`);
  const entry = join(home, 'node_modules', 'code-server', 'out', 'node', 'entry.js');
  if (existsSync(join(home, 'installed'))) return entry;
  const headers = nodeHeaders();
  if (headers === undefined) throw new Error('the headers of Node (include/node/node.h) are not installed');
  console.log(`Installing code-server ${version} (about a minute, once) …`);

  const work = `${home}.${process.pid}`;
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { recursive: true });
  await writeFile(join(work, 'package.json'), JSON.stringify({ name: 'code-server-home', private: true }));
  const quiet = ['--no-fund', '--no-audit', '--loglevel=error'];
  const env = {
    npm_config_yes: 'true',
    npm_config_nodedir: headers,
    npm_config_build_from_source: 'argon2',
    // Inherited from an `npm run`, these would point npm at this project.
    npm_config_prefix: '',
    npm_config_local_prefix: '',
  };
  delete env.npm_config_prefix;
  const npm = (cwd, ...args) => run('npm', [...args, ...quiet], { cwd, env });
  try {
    await npm(work, 'install', '--ignore-scripts', `code-server@${version}`);
    await npm(work, 'install', '--ignore-scripts', '--no-save', `@vscode/ripgrep-linux-x64@${RIPGREP_VERSION}`);
    await npm(work, 'rebuild', 'argon2');
    const workbench = join(work, 'node_modules', 'code-server', 'lib', 'vscode');
    await npm(workbench, 'install', '--ignore-scripts', '--omit=dev');
    await npm(workbench, 'rebuild', '@vscode/spdlog', 'native-watchdog', 'node-pty');
    await link('node_modules', join(workbench, 'node_modules.asar'));
    await link('code-linux.sh', join(workbench, 'bin', 'remote-cli', 'code-server'));
    await link('browser-linux.sh', join(workbench, 'bin', 'helpers', 'browser.sh'));
    const ripgrep = join(workbench, 'node_modules', '@vscode', 'ripgrep', 'bin');
    await mkdir(ripgrep, { recursive: true });
    await copyFile(join(work, 'node_modules', '@vscode', 'ripgrep-linux-x64', 'bin', 'rg'), join(ripgrep, 'rg'));
    await chmod(join(ripgrep, 'rg'), 0o755);
    await writeFile(join(work, 'installed'), `${version}\n`);
    await rm(home, { recursive: true, force: true });
    await rename(work, home);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return entry;
}

async function link(target, path) {
  if (!existsSync(path)) await symlink(target, path);
}
