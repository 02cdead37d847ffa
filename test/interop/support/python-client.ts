import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('./client.py', import.meta.url));

export interface InstalledRecord {
  file: string;
  url: string;
  sha256: string;
  md5: string | null;
}

/** Real Python clients in a home of their own: they read nothing of the user's, and no proxy is between. */
export interface PythonClient extends AsyncDisposable {
  /** A folder for prefixes and caches; goes with the client. */
  readonly folder: string;
  /** Runs one function of `client.py`; throws with what it said where it fails. */
  ask<T>(what: string, arguments_: Record<string, unknown>, options?: PythonOptions): Promise<T>;
}

export interface PythonOptions {
  env?: Record<string, string>;
}

export async function createPythonClient(python: string): Promise<PythonClient> {
  const folder = await mkdtemp(join(tmpdir(), 'condock-clients-'));
  return {
    folder,
    ask: (what, arguments_, { env = {} } = {}) => {
      const child = spawn(python, [PROGRAM], {
        cwd: folder,
        env: { PATH: process.env.PATH, HOME: folder, XDG_CACHE_HOME: join(folder, 'xdg'), NO_PROXY: '*', ...env },
        stdio: 'pipe',
      });
      const [out, err]: [Buffer[], Buffer[]] = [[], []];
      child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
      child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
      child.stdin.on('error', () => undefined);
      child.stdin.end(JSON.stringify({ do: what, ...arguments_ }));
      return new Promise((resolve, reject) => {
        child.once('error', reject);
        child.once('close', (code) => {
          if (code === 0) resolve(JSON.parse(Buffer.concat(out).toString()) as never);
          else reject(new Error(`${what} ended with ${String(code)}:\n${Buffer.concat(err).toString().slice(-3000)}`));
        });
      });
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
