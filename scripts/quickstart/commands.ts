import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface Shell {
  /** Runs `condock ARGS` with this terminal, as a user would see it. Rejects where it fails. */
  condock(args: readonly string[], options?: { show?: string }): Promise<void>;
  /** The same, unseen and whatever becomes of it. */
  quietly(args: readonly string[]): Promise<void>;
  /** The embedded registry; `host` is 127.0.0.1:PORT. */
  startRegistry(directory: string): Promise<{ host: string; stop: () => Promise<void> }>;
}

/** `signal`: nothing is begun any more. What runs is told by the terminal, or ended. */
export function createShell(env: Record<string, string>, signal: AbortSignal): Shell {
  const program = join(process.cwd(), 'packages', 'cli', 'bin', 'condock.js');
  const start = (args: readonly string[], stdout: 'inherit' | 'pipe' | 'ignore'): ChildProcess =>
    spawn(process.execPath, [program, ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', stdout, stdout === 'ignore' ? 'ignore' : 'inherit'],
    });
  return {
    condock: async (args, { show } = {}) => {
      signal.throwIfAborted();
      console.log(`\n$ condock ${show ?? args.join(' ')}`);
      const child = start(args, 'inherit');
      const end = (): void => void child.kill('SIGTERM');
      signal.addEventListener('abort', end, { once: true });
      const [code] = (await once(child, 'exit')) as [number | null];
      signal.removeEventListener('abort', end);
      signal.throwIfAborted();
      if (code !== 0) throw new Error(`condock ${args.join(' ')} ended with exit code ${String(code)}`);
    },
    quietly: async (args) => {
      await once(start(args, 'ignore'), 'exit');
    },
    startRegistry: async (directory) => {
      signal.throwIfAborted();
      const child = start(['registry', 'serve', directory, '--json', '--quiet'], 'pipe');
      const ended = once(child, 'exit');
      let text = '';
      if (child.stdout === null) throw new Error('stdout is a pipe');
      for await (const line of createInterface({ input: child.stdout })) {
        text += line;
        if (line === '}') break;
      }
      const { host } = JSON.parse(text === '' ? '{}' : text) as { host?: string };
      if (host === undefined) throw new Error('The embedded registry did not start.');
      const stop = async (): Promise<void> => {
        child.kill('SIGTERM');
        await ended;
      };
      return { host, stop };
    },
  };
}
