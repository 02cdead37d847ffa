import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { connect, type Client } from '@condock/client';
import { composeEngine } from '@condock/daemon';
import type { Places } from '@condock/protocol';
import { run } from '../../packages/cli/src/run.ts';
import { createLog, startServer } from '../../packages/daemon/src/server/index.ts';

/** What one run of the command line left behind. */
export interface CommandRun {
  code: number;
  stdout: string;
  stderr: string;
}

/** Engine, server, socket, client and command line, all real and all in this process, in a home of their own. */
export interface FullStack extends AsyncDisposable {
  /** A folder for the test's own files; goes with the rest. */
  readonly folder: string;
  readonly places: Places;
  /** Over the socket. */
  readonly client: Client;
  /** Another client of the same daemon, which the test closes. */
  connect(): Promise<Client>;
  /** `condock ARGS` with a client of its own, in `folder`. */
  condock(args: readonly string[], stdin?: string): Promise<CommandRun>;
  /** Writes a file into `folder` and says its absolute path. */
  write(name: string, content: string | Uint8Array): string;
  configure(toml: string): void;
}

export async function startFullStack(): Promise<FullStack> {
  const path = mkdtempSync(join(tmpdir(), 'cdf-'));
  const [cache, config, runtime, logs] = ['cache', 'config', 'run', 'logs'].map((name) => join(path, name));
  const places = { cache: cache!, config: config!, runtime: runtime!, logs: logs! };
  const folder = join(path, 'folder');
  mkdirSync(folder);
  mkdirSync(places.config);
  const env = { PATH: process.env.PATH, HOME: path, CONDOCK_HOME: path };
  const host = await composeEngine({ places, env, version: '0.0.0', log: () => undefined });
  const log = createLog({ directory: places.logs });
  const server = await startServer({ host, places, version: '0.0.0', log });
  const open = () => connect({ start: false, places, env, client: { name: 'test', version: '0' } });
  const client = await open();

  const condock: FullStack['condock'] = async (args, stdin = '') => {
    const [out, err] = [collector(), collector()];
    const code = await run(args, {
      version: '0.0.0',
      terminal: {
        out: out.stream,
        err: err.stream,
        columns: Infinity,
        canRedraw: false,
        errColumns: 80,
        color: false,
      },
      env,
      cwd: folder,
      signal: new AbortController().signal,
      stdin: () => Readable.from([Buffer.from(stdin)]) as unknown as NodeJS.ReadStream,
      now: () => performance.now(),
      connect: open,
    });
    return { code, stdout: out.text(), stderr: err.text() };
  };
  return {
    folder,
    places,
    client,
    connect: open,
    condock,
    write: (name, content) => {
      const file = join(folder, name);
      mkdirSync(join(file, '..'), { recursive: true });
      writeFileSync(file, content);
      return file;
    },
    configure: (toml) => {
      writeFileSync(join(places.config, 'config.toml'), toml);
    },
    [Symbol.asyncDispose]: async () => {
      await client.close();
      if (server.kind === 'ready') await server[Symbol.asyncDispose]();
      await host[Symbol.asyncDispose]();
      log[Symbol.dispose]();
      rmSync(path, { recursive: true, force: true });
    },
  };
}

function collector(): { stream: Writable; text: () => string } {
  const parts: Buffer[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      parts.push(chunk);
      done();
    },
  });
  return { stream, text: () => Buffer.concat(parts).toString() };
}
