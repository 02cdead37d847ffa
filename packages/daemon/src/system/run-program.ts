import { spawn } from 'node:child_process';
import { parse } from 'node:path';
import { CondockError, redact } from '@condock/protocol';

export interface RunProgramOptions {
  /** A plain file name that is looked up in the absolute entries of PATH; never a path. */
  program: string;
  args?: readonly string[];
  /** Written to the program's standard input, which is then closed. Secrets go here, never into `args`. */
  stdin?: string;
  env: Readonly<Record<string, string | undefined>>;
  /** After this long the program and its children are killed. */
  timeoutMs: number;
  /** Of standard output and standard error each; a program that writes more is killed. Default 1 MiB. */
  maxOutputBytes?: number;
  signal?: AbortSignal | undefined;
}

export interface ProgramResult {
  /** Undefined where a signal ended the program. */
  exitCode: number | undefined;
  stdout: string;
  stderr: string;
}

export type RunProgram = (options: RunProgramOptions) => Promise<ProgramResult>;

const PLAIN_NAME = /^[A-Za-z0-9_][A-Za-z0-9._+-]{0,127}$/;

/** True for a name that can't leave the directories of PATH: no separator, no drive, no leading dot or dash. */
export function isPlainProgramName(name: string): boolean {
  return PLAIN_NAME.test(name) && !name.includes('..');
}

/**
 * Runs a program to its end without a shell, bounded in time and output. Rejects with `helper-failed` where it can't be
 * started (`data.reason` is `missing` if there is no such program) or writes too much, `timeout` where it does not end, and
 * `cancelled` where the signal said so. An exit code other than 0 is an answer, not an error.
 */
export const runProgram: RunProgram = (options) => {
  const { program, timeoutMs, signal } = options;
  if (!isPlainProgramName(program)) {
    const name = redact(program.slice(0, 80));
    return Promise.reject(
      new CondockError('helper-failed', `"${name}" is not the plain name of a program, so it was not run.`, {
        hint: 'Name a program that is on your PATH, without any folder.',
      }),
    );
  }
  if (signal?.aborted === true) return Promise.reject(cancelled(program));
  return new Promise<ProgramResult>((resolve, reject) => {
    const maxBytes = options.maxOutputBytes ?? 1024 * 1024;
    const child = spawn(program, [...(options.args ?? [])], {
      // Never a project's folder: a program of the same name there must not be found (Windows looks there first).
      cwd: parse(process.execPath).root,
      env: searchSafely(options.env),
      stdio: ['pipe', 'pipe', 'pipe'],
      shell: false,
      windowsHide: true,
      // A group of its own, so that what the program started ends with it.
      detached: process.platform !== 'win32',
    });
    const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };

    const settle = (act: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      act();
    };
    const stop = (error: CondockError): void => {
      killGroup(child.pid, () => child.kill('SIGKILL'));
      // A grandchild may hold the pipes open for ever: nobody waits for them.
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
      child.unref();
      settle(() => reject(error));
    };
    const onAbort = (): void => stop(cancelled(program));
    const timer = setTimeout(() => {
      stop(
        new CondockError('timeout', `The program "${program}" did not end within ${timeoutMs / 1000} s.`, {
          hint: 'It may be waiting for a window that can not be shown, or for a locked keychain.',
          data: { program },
        }),
      );
    }, timeoutMs);
    signal?.addEventListener('abort', onAbort, { once: true });

    for (const name of ['stdout', 'stderr'] as const) {
      let bytes = 0;
      child[name].on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > maxBytes) {
          stop(new CondockError('helper-failed', `The program "${program}" wrote more than ${maxBytes} bytes.`));
        } else {
          output[name].push(chunk);
        }
      });
      child[name].on('error', () => undefined);
    }
    // A program may end without reading what it was told.
    child.stdin.on('error', () => undefined);
    child.on('error', (error) => settle(() => reject(cannotStart(program, error))));
    child.on('close', (code) => {
      settle(() =>
        resolve({
          exitCode: code ?? undefined,
          stdout: Buffer.concat(output.stdout).toString('utf8'),
          stderr: Buffer.concat(output.stderr).toString('utf8'),
        }),
      );
    });
    child.stdin.end(options.stdin ?? '');
  });
};

/** Relative entries of PATH would make a project's folder a source of programs. */
function searchSafely(env: RunProgramOptions['env']): NodeJS.ProcessEnv {
  const windows = process.platform === 'win32';
  const isAbsolute = (entry: string): boolean => (windows ? /^[a-z]:[\\/]|^\\\\/i : /^\//).test(entry);
  return Object.fromEntries([
    ...Object.entries(env).map(([name, value]) => [
      name,
      value !== undefined && (windows ? name.toUpperCase() === 'PATH' : name === 'PATH')
        ? value
            .split(windows ? ';' : ':')
            .filter(isAbsolute)
            .join(windows ? ';' : ':')
        : value,
    ]),
    ...(windows ? [['NoDefaultCurrentDirectoryInExePath', '1']] : []),
  ]) as NodeJS.ProcessEnv;
}

function killGroup(pid: number | undefined, killOne: () => void): void {
  if (pid === undefined) return;
  try {
    if (process.platform === 'win32') killOne();
    else process.kill(-pid, 'SIGKILL');
  } catch {
    killOne();
  }
}

function cannotStart(program: string, error: NodeJS.ErrnoException): CondockError {
  const missing = error.code === 'ENOENT';
  return new CondockError(
    'helper-failed',
    missing
      ? `The program "${program}" was not found on the PATH.`
      : `The program "${program}" could not be started (${error.code ?? 'unknown reason'}).`,
    {
      hint: missing ? 'Install it, or take it out of the configuration that names it.' : 'Check that it is executable.',
      data: { program, reason: missing ? 'missing' : 'not-started' },
      cause: error,
    },
  );
}

function cancelled(program: string): CondockError {
  return new CondockError('cancelled', `The program "${program}" was ended because the request was cancelled.`);
}
