import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { PassThrough, type Readable } from 'node:stream';
import { setImmediate as yieldToLoop } from 'node:timers/promises';
import { invalidPackage } from './refusals.ts';

export interface Bunzip2Options {
  signal?: AbortSignal | undefined;
}

/** Decompresses a bzip2 file. Throws `invalid-package` for damaged or truncated input. */
export type Bunzip2 = (path: string, options?: Bunzip2Options) => AsyncIterable<Uint8Array>;

export interface Bunzip2Parts {
  /** The program to run; undefined: none, work in JavaScript. */
  program?: string | undefined;
  /** `PATH` and nothing else of it is handed on: bzip2 takes options from its environment. */
  env?: NodeJS.ProcessEnv;
}

const PIECE = 64 * 1024;
const STDERR_BYTES = 2048;

/** The system's bzip2, which is three times as fast, else JavaScript. On Windows a program's name may mean one in the working directory. */
export const bunzip2: Bunzip2 = makeBunzip2({
  program: process.platform === 'win32' ? undefined : 'bzip2',
  env: process.env,
});

/** A `Bunzip2` that runs a program where there is one, and falls back to JavaScript where it does not start. */
export function makeBunzip2({ program, env = {} }: Bunzip2Parts): Bunzip2 {
  return async function* (path, { signal } = {}) {
    const running = program === undefined ? undefined : await start(program, path, env);
    if (running === undefined) yield* inJavaScript(path, signal);
    else yield* outputOf(running, path, signal);
  };
}

interface Running {
  child: ChildProcess;
  output: AsyncIterable<unknown>;
  stderr: Readable;
  /** The exit code, null where a signal ended it. */
  ended: Promise<number | null>;
}

/** Undefined where the program does not start. */
async function start(program: string, path: string, env: NodeJS.ProcessEnv): Promise<Running | undefined> {
  // The program inherits the file itself: nothing is copied through this process on the way in.
  const file = await open(path, 'r');
  try {
    const child = spawn(program, ['-dc'], {
      stdio: [file.fd, 'pipe', 'pipe'],
      env: { LC_ALL: 'C', ...(env.PATH === undefined ? {} : { PATH: env.PATH }) },
    });
    const { stdout, stderr } = child;
    if (stdout === null || stderr === null) return undefined;
    // At once: what nobody reads is thrown away as soon as the program ends.
    const output = stdout.pipe(new PassThrough());
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    await once(child, 'spawn');
    return { child, output, stderr, ended };
  } catch {
    return undefined;
  } finally {
    await file.close();
  }
}

async function* outputOf(running: Running, path: string, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  const { child, output, stderr, ended } = running;
  let complaint = '';
  stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(0, STDERR_BYTES);
  });
  const stop = (): void => {
    child.kill();
  };
  signal?.addEventListener('abort', stop);
  if (signal?.aborted === true) stop();
  try {
    for await (const chunk of output) yield chunk as Uint8Array;
    const code = await ended;
    signal?.throwIfAborted();
    if (code !== 0) throw invalidPackage(path, 'its bzip2 stream is damaged or ends too early', new Error(complaint));
  } finally {
    signal?.removeEventListener('abort', stop);
    if (child.exitCode === null && child.signalCode === null) child.kill();
    await ended;
  }
}

async function* inJavaScript(path: string, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  const { default: unbzip2 } = await import('unbzip2-stream');
  const decoder = unbzip2();
  const ready: Uint8Array[] = [];
  let failure: unknown;
  let any = false;
  // An old-style stream that works inside `write` and knows no back pressure: what it made is taken after each piece.
  decoder.on('data', (part: Buffer) => ready.push(part));
  decoder.on('error', (error: unknown) => (failure ??= error));
  const check = (): void => {
    if (failure !== undefined) throw invalidPackage(path, 'its bzip2 stream is damaged or ends too early', failure);
  };
  for await (const piece of createReadStream(path, { highWaterMark: PIECE })) {
    any = true;
    decoder.write(piece as Buffer);
    check();
    yield* ready.splice(0);
    await yieldToLoop();
    signal?.throwIfAborted();
  }
  if (!any) throw invalidPackage(path, 'it is empty');
  decoder.end();
  check();
  yield* ready;
}
