import { PassThrough, Readable } from 'node:stream';
import type { Client } from '@condock/client';
import { CondockError, type MethodName, type ParamsOf, type ProgressValue, type ResultOf } from '@condock/protocol';
import { run, type RunOptions } from '../run.ts';

type Answers = {
  readonly [M in MethodName]?: (
    params: ParamsOf<M>,
    progress: (value: ProgressValue) => void,
  ) => ResultOf<M> | Promise<ResultOf<M>>;
};

export interface RunWithOptions {
  /** What the daemon answers; a method that is not there fails. */
  answers?: Answers;
  /** Connecting to a daemon fails with this. */
  refuse?: CondockError;
  /** Real connections, rather than a client that answers as told. */
  connect?: RunOptions['connect'];
  cwd?: string;
  stdin?: string;
  env?: Readonly<Record<string, string>>;
  /** Standard input is a terminal, at which somebody types these. */
  typed?: readonly string[];
  /** Of the terminal; without it, output goes to a pipe. */
  columns?: number;
}

export interface RunResult {
  code: number;
  out: string;
  err: string;
  /** Methods with their parameters, in the order in which they were called. */
  calls: { method: string; params: unknown }[];
  /** How the command line connected; undefined where it did not. */
  connected: { noDaemon: boolean } | undefined;
  /** Clients that were not closed at the end. */
  open: number;
}

/** One run of the command line against a client that answers as told: what no real daemon could be made to answer. */
export async function runWith(args: readonly string[], options: RunWithOptions = {}): Promise<RunResult> {
  const [out, err] = [new PassThrough(), new PassThrough()];
  const result: Omit<RunResult, 'code' | 'out' | 'err'> = { calls: [], connected: undefined, open: 0 };
  const stdin = options.typed === undefined ? pipe(options.stdin ?? '') : terminal(options.typed);
  const code = await run(args, {
    version: '1.2.3',
    terminal: {
      out,
      err,
      columns: options.columns ?? Infinity,
      canRedraw: options.columns !== undefined,
      errColumns: options.columns ?? 80,
      color: false,
    },
    env: options.env ?? {},
    cwd: options.cwd ?? '/folder',
    signal: new AbortController().signal,
    stdin: () => stdin,
    now: () => 0,
    connect: (how) => {
      result.connected = how;
      if (options.connect !== undefined) return options.connect(how);
      if (options.refuse !== undefined && !how.noDaemon) return Promise.reject(options.refuse);
      result.open += 1;
      return Promise.resolve(fakeClient(options.answers ?? {}, result));
    },
  });
  return { ...result, code, out: String(out.read() ?? ''), err: String(err.read() ?? '') };
}

const pipe = (text: string): NodeJS.ReadStream => Readable.from([Buffer.from(text)]) as unknown as NodeJS.ReadStream;

/** Somebody types, maybe ahead of the question. */
function terminal(typed: readonly string[]): NodeJS.ReadStream {
  const stream = new PassThrough();
  const setRawMode = (): unknown => stream;
  for (const keys of typed) stream.write(keys);
  return Object.assign(stream, { isTTY: true, setRawMode }) as unknown as NodeJS.ReadStream;
}

function fakeClient(answers: Answers, result: { calls: RunResult['calls']; open: number }): Client {
  const close = (): Promise<void> => {
    result.open -= 1;
    return Promise.resolve();
  };
  return {
    status: 'connected',
    request: async <M extends MethodName>(
      method: M,
      params: ParamsOf<M>,
      { onProgress }: { onProgress?: ((value: ProgressValue) => void) | undefined } = {},
    ): Promise<ResultOf<M>> => {
      result.calls.push({ method, params });
      const answer = answers[method];
      if (answer === undefined) throw new CondockError('internal', `Nobody said what ${method} answers.`);
      return await answer(params, onProgress ?? (() => undefined));
    },
    onNotification: () => ({ [Symbol.dispose]: () => undefined }),
    onStatus: () => ({ [Symbol.dispose]: () => undefined }),
    close,
    [Symbol.asyncDispose]: close,
  };
}
