import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { runProgram } from '../../support/run-program.ts';

export interface EditorOptions {
  /** code-server's entry script, and the Node that runs it. */
  entry: string;
  node: string;
  vsix: string;
  /** A folder of its own: settings, extensions, home. */
  home: string;
  /** Where Condock keeps its things. */
  condockHome: string;
  /** Of the user. */
  settings?: Record<string, unknown>;
  /** False: folders are asked about before they are trusted. */
  trusts?: boolean;
  /** Of the editor and all that it starts. */
  env?: Record<string, string>;
}

export interface Editor {
  /** Of the window that has a folder open, or none. */
  url: (folder?: string) => string;
  /** Replaces settings of the user; the window takes them up by itself. */
  configure: (settings: Record<string, unknown>) => Promise<void>;
  stop: () => Promise<void>;
}

/** What would cover the window or reach for a network. */
const QUIET = {
  'workbench.startupEditor': 'none',
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'chat.disableAIFeatures': true,
  'chat.commandCenter.enabled': false,
  'git.enabled': false,
  'editor.stickyScroll.enabled': false,
  'files.simpleDialog.enable': true,
  'workbench.colorTheme': 'Default Dark Modern',
};

/** Installs the vsix into a fresh VS Code (by code-server) and serves it on a free loopback port. */
export async function startEditor(options: EditorOptions): Promise<Editor> {
  const { entry, node, vsix, home, condockHome, trusts = true } = options;
  const [data, extensions, config] = ['data', 'extensions', 'config.yaml'].map((name) => join(home, name));
  const places = ['--user-data-dir', data!, '--extensions-dir', extensions!, '--config', config!];
  // Newer editors show a banner and do not ask, unless they are told to.
  const trust = trusts
    ? { 'security.workspace.trust.enabled': false }
    : { 'security.workspace.trust.startupPrompt': 'always' };
  const configure = async (settings: Record<string, unknown>): Promise<void> => {
    const text = JSON.stringify({ ...QUIET, ...trust, ...settings }, null, 2);
    // What is scoped to a machine counts where the machine's own settings are, whoever's window it is.
    for (const name of ['User', 'Machine']) {
      await mkdir(join(data!, name), { recursive: true });
      await writeFile(join(data!, name, 'settings.json'), text);
    }
  };
  await mkdir(home, { recursive: true });
  // Where the editor puts its sockets, which it leaves behind.
  const runtime = join(home, 'run');
  await mkdir(runtime, { mode: 0o700 });
  await configure(options.settings ?? {});
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    XDG_RUNTIME_DIR: runtime,
    LANG: 'C.UTF-8',
    CONDOCK_HOME: condockHome,
    EXTENSIONS_GALLERY: '{}',
    ...options.env,
  };
  const installed = await runProgram(node, [entry, ...places, '--install-extension', vsix, '--force'], {
    env,
  });
  if (installed.code !== 0) throw new Error(`The vsix did not install: ${installed.stdout}${installed.stderr}`);

  const port = await freePort();
  const flags = ['--auth', 'none', '--disable-telemetry', '--disable-update-check'];
  if (trusts) flags.push('--disable-workspace-trust');
  const more = ['--disable-getting-started-override', '--bind-addr', `127.0.0.1:${String(port)}`];
  // A group of its own: the extension hosts and what they start end with it.
  const child = spawn(node, [entry, ...places, ...flags, ...more], {
    ...{ env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
  });
  const log = createWriteStream(join(home, 'code-server.log'));
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const url = `http://127.0.0.1:${String(port)}`;
  await healthy(url, child);
  return {
    url: (folder) => (folder === undefined ? `${url}/?ew=true` : `${url}/?folder=${encodeURI(folder)}`),
    configure,
    stop: () => endGroup(child),
  };
}

async function healthy(url: string, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    if (child.exitCode !== null) throw new Error(`code-server ended with ${child.exitCode}`);
    const answer = await fetch(`${url}/healthz`).catch(() => undefined);
    if (answer?.ok === true) return;
    await delay(100);
  }
  throw new Error('code-server did not come up in 30 s');
}

async function endGroup(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  try {
    process.kill(-child.pid, 'SIGTERM');
    // What a signal has ended tells nobody any more.
    if (child.signalCode === null) await Promise.race([ended, delay(10_000, undefined, { ref: false })]);
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The whole group is gone already.
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('no port'));
        else resolve(address.port);
      });
    });
  });
}
