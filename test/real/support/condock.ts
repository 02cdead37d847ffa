import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect, nodeCommand, type DaemonCommand } from '@condock/client';
import { createTemporaryHome, type TemporaryHome } from '../../support/temporary-home.ts';

/** The command line as it is installed. */
export const PROGRAM = fileURLToPath(new URL('../../../packages/cli/bin/condock.js', import.meta.url));
const DAEMON = fileURLToPath(new URL('../../../packages/daemon/bin/condockd.js', import.meta.url));
const BUNDLES = ['packages/cli/dist/condock.js', 'packages/daemon/dist/bundle/condockd.js'];

/** What one run of `condock` left behind. */
export interface CondockRun {
  code: number | null;
  stdout: string;
  stderr: string;
  /** Its one document, of `--json`. Throws where stdout is anything else. */
  json(): unknown;
}

export interface RunningCondock {
  readonly pid: number;
  readonly result: Promise<CondockRun>;
}

export interface RunOptions {
  /** Written to its standard input; default nothing. */
  stdin?: string;
  cwd?: string;
  /** Beside PATH, HOME and CONDOCK_HOME. */
  env?: Record<string, string>;
}

/** The real programs in a throw-away home, with a daemon of their own once a command needs one. */
export interface CondockHome extends TemporaryHome {
  /** The store, an OCI image layout. */
  readonly store: string;
  start(args: readonly string[], options?: RunOptions): RunningCondock;
  run(args: readonly string[], options?: RunOptions): Promise<CondockRun>;
  /** As `run`, and fails with what it said on any other exit code than 0. */
  succeed(args: readonly string[], options?: RunOptions): Promise<CondockRun>;
  /** Writes Condock's own config.toml. */
  configure(toml: string): Promise<void>;
  /** A client of the daemon, which is started where none runs. */
  connect(): ReturnType<typeof connect>;
}

export const daemonCommand: DaemonCommand = nodeCommand(DAEMON);

/** Throws where the programs were not built: `npm run test:real` does that before the suites. */
export function createCondockHome(): CondockHome {
  const root = fileURLToPath(new URL('../../../', import.meta.url));
  const missing = BUNDLES.find((path) => !existsSync(join(root, path)));
  if (missing !== undefined) throw new Error(`${missing} is missing: run "node scripts/build.mjs --programs"`);
  const home = createTemporaryHome();
  const start = (args: readonly string[], { stdin = '', cwd = home.path, env = {} }: RunOptions = {}) => {
    const child = spawn(process.execPath, [PROGRAM, ...args], {
      cwd,
      env: { ...home.env, NO_COLOR: '1', COLUMNS: '200', ...env },
      stdio: 'pipe',
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    // It may end, or be ended, before it has read everything.
    child.stdin.on('error', () => undefined);
    child.stdin.end(stdin);
    const result = new Promise<CondockRun>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => {
        const [stdout, stderr] = [Buffer.concat(out).toString(), Buffer.concat(err).toString()];
        resolve({ code, stdout, stderr, json: () => JSON.parse(stdout) as unknown });
      });
    });
    if (child.pid === undefined) throw new Error('condock could not be started');
    return { pid: child.pid, result };
  };
  const run = (args: readonly string[], options?: RunOptions): Promise<CondockRun> => start(args, options).result;
  return Object.assign(home, {
    store: join(home.places.cache, 'store'),
    start,
    run,
    succeed: async (args: readonly string[], options?: RunOptions) => {
      const done = await run(args, options);
      if (done.code === 0) return done;
      throw new Error(`condock ${args.join(' ')} ended with ${String(done.code)}:\n${done.stderr}\n${done.stdout}`);
    },
    configure: async (toml: string) => {
      await mkdir(home.places.config, { recursive: true });
      await writeFile(join(home.places.config, 'config.toml'), toml);
    },
    connect: () => connect({ client: { name: 'real-test', version: '0' }, env: home.env, daemonCommand }),
  });
}
