import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { root, run } from './run.mjs';

/**
 * The oldest VS Code that the extension promises to support (1.104, in the newest code-server that Node 20 runs), and the
 * newest, which needs a Node of its own. `native`: what of the workbench has to be compiled.
 */
export const EDITORS = {
  oldest: {
    codeServer: '4.104.0',
    node: undefined,
    native: ['@vscode/spdlog', 'native-watchdog', 'node-pty'],
    // Its archive lacks this, and its install script would download it.
    ripgrep: true,
    argon2: true,
  },
  newest: {
    codeServer: '4.139.1',
    node: '24.9.0',
    native: ['@vscode/spdlog', '@vscode/native-watchdog'],
    ripgrep: false,
    argon2: false,
  },
};
const RIPGREP_VERSION = '1.18.0';

/** Where the headers of this Node are: native modules are compiled against them, and nothing is downloaded. */
function nodeHeaders() {
  const candidates = [process.env.npm_config_nodedir, dirname(dirname(process.execPath)), '/usr', '/usr/local'];
  const found = candidates.find((dir) => dir !== undefined && existsSync(join(dir, 'include', 'node', 'node.h')));
  if (found === undefined) throw new Error('the headers of Node (include/node/node.h) are not installed');
  return found;
}

/**
 * Installs code-server, the real VS Code workbench with a real extension host, below `.cache/`, from npm alone; gives the
 * paths of its entry script and of the Node that runs it. Its own install scripts download from elsewhere, so they are not
 * run: what has to be compiled is compiled here, and ripgrep comes as a package. Throws where that fails.
 */
export async function ensureCodeServer(editor = EDITORS.oldest, cache = join(root, '.cache')) {
  const home = join(cache, `code-server-${editor.codeServer}`);
  const modules = join(home, 'node_modules');
  const installed = {
    entry: join(modules, 'code-server', 'out', 'node', 'entry.js'),
    node: editor.node === undefined ? process.execPath : join(modules, nodePackage, 'bin', 'node'),
  };
  if (existsSync(join(home, 'installed'))) return installed;
  console.log(`Installing code-server ${editor.codeServer} (about a minute, once) …`);
  const work = `${home}.${process.pid}`;
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { recursive: true });
  try {
    await install(editor, work);
    await writeFile(join(work, 'installed'), `${editor.codeServer}\n`);
    await rm(home, { recursive: true, force: true });
    await rename(work, home);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return installed;
}

const nodePackage = `node-linux-${process.arch}`;
const ripgrepPackage = `@vscode/ripgrep-linux-${process.arch}`;

async function install({ codeServer, node, native, ripgrep, argon2 }, work) {
  await writeFile(join(work, 'package.json'), JSON.stringify({ name: 'code-server-home', private: true }));
  const modules = join(work, 'node_modules');
  const ownNode = node === undefined ? undefined : join(modules, nodePackage);
  const env = {
    npm_config_yes: 'true',
    npm_config_nodedir: ownNode ?? nodeHeaders(),
    npm_config_build_from_source: 'argon2',
    // Inherited from an `npm run`, these would point npm at this project.
    npm_config_prefix: '',
    npm_config_local_prefix: '',
    // What is compiled is compiled by, and so for, the Node that will run it.
    ...(ownNode === undefined ? {} : { PATH: `${join(ownNode, 'bin')}:${process.env.PATH}` }),
  };
  delete env.npm_config_prefix;
  const quiet = ['--no-fund', '--no-audit', '--loglevel=error'];
  const npm = (cwd, ...args) => run('npm', [...args, ...quiet], { cwd, env });

  const wanted = [`code-server@${codeServer}`];
  if (node !== undefined) wanted.push(`${nodePackage}@${node}`);
  if (ripgrep) wanted.push(`${ripgrepPackage}@${RIPGREP_VERSION}`);
  await npm(work, 'install', '--ignore-scripts', ...wanted);
  if (argon2) await npm(work, 'rebuild', 'argon2');
  const workbench = join(modules, 'code-server', 'lib', 'vscode');
  await npm(workbench, 'install', '--ignore-scripts', '--omit=dev');
  await npm(workbench, 'rebuild', ...native);
  await link('node_modules', join(workbench, 'node_modules.asar'));
  await link('code-linux.sh', join(workbench, 'bin', 'remote-cli', 'code-server'));
  await link('browser-linux.sh', join(workbench, 'bin', 'helpers', 'browser.sh'));
  if (!ripgrep) return;
  const bin = join(workbench, 'node_modules', '@vscode', 'ripgrep', 'bin');
  await mkdir(bin, { recursive: true });
  await copyFile(join(modules, ripgrepPackage, 'bin', 'rg'), join(bin, 'rg'));
  await chmod(join(bin, 'rg'), 0o755);
}

async function link(target, path) {
  if (!existsSync(path)) await symlink(target, path);
}
