import { spawn, type ChildProcess } from 'node:child_process';
import { parse } from 'node:path';
import type { Readable } from 'node:stream';
import { CondockError, parseStarterReport, STARTER_FD_VARIABLE, type StarterReport } from '@condock/protocol';
import type { DaemonCommand } from './daemon-command.ts';
import { daemonEnvironment } from './daemon-environment.ts';

export interface StartOptions {
  command: DaemonCommand;
  env: Readonly<Record<string, string | undefined>>;
  timeoutMs: number;
  signal?: AbortSignal | undefined;
}

const REPORT_FD = 3;
const TAIL_BYTES = 4096;

/**
 * Starts a daemon that outlives this process, and waits for its word: nothing polls, and a start that fails says why.
 * Rejects with what the daemon reported, with `daemon-unavailable` where it ended without a word, with `timeout`.
 */
export async function startDaemon(options: StartOptions): Promise<'ready' | 'attached'> {
  const { command } = options;
  const child = spawn(command.command, command.args, {
    detached: true,
    windowsHide: true,
    // A daemon must not keep the folder in use that its first client happened to be in.
    cwd: parse(process.execPath).root,
    env: { ...daemonEnvironment(options.env), ...command.env, [STARTER_FD_VARIABLE]: String(REPORT_FD) },
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
  const pipe = child.stdio[REPORT_FD] as Readable | null | undefined;
  try {
    const report = await hearReport(child, pipe, options);
    if (report.state === 'failed') throw CondockError.fromDocument(report.error);
    return report.state;
  } finally {
    // The daemon goes on alone: nothing here may keep this process alive.
    child.stderr?.destroy();
    pipe?.destroy();
    child.unref();
  }
}

function hearReport(
  child: ChildProcess,
  pipe: Readable | null | undefined,
  { timeoutMs, signal, command }: StartOptions,
): Promise<StarterReport> {
  return new Promise((resolve, reject) => {
    let said = '';
    let complaint = '';
    let exit: string | undefined;
    const settle = (settleWith: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      settleWith();
    };
    const fail = (code: 'daemon-unavailable' | 'timeout' | 'cancelled', message: string, cause?: unknown): void => {
      settle(() => {
        const hint = 'Run the daemon by hand to see more: condockd';
        reject(new CondockError(code, message, { hint, data: { command: command.command }, cause }));
      });
    };
    const onAbort = (): void => {
      fail('cancelled', 'The request was cancelled while the daemon started.');
    };
    const timer = setTimeout(() => {
      fail('timeout', `The daemon said nothing within ${timeoutMs} ms.${told()}`);
    }, timeoutMs);
    const told = (): string => (complaint === '' ? '' : ` It wrote: ${complaint.trim()}`);

    signal?.addEventListener('abort', onAbort, { once: true });
    child.once('error', (error) => {
      fail('daemon-unavailable', `${command.command} could not be started: ${error.message}`, error);
    });
    child.once('exit', (code, by) => {
      exit = by === null ? `exit code ${code ?? 'unknown'}` : `signal ${by}`;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(-TAIL_BYTES);
    });
    pipe?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const end = said.indexOf('\n');
      if (end < 0 && said.length < 64 * 1024) return;
      const report = parseStarterReport(said.slice(0, Math.max(end, 0)));
      if (report === undefined) fail('daemon-unavailable', 'What was started is not a Condock daemon.');
      else
        settle(() => {
          resolve(report);
        });
    });
    // 'close' comes after 'exit' and after the last byte of both pipes.
    child.once('close', () => {
      fail('daemon-unavailable', `The daemon ended before it was ready (${exit ?? 'unknown'}).${told()}`);
    });
  });
}
