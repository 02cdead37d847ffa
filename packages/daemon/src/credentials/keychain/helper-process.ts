import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { parse } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { keychainFailure } from './failures.ts';
import { HELPER_PROGRAM } from './helper-program.ts';

export interface HelperProcessParts {
  env: Readonly<Record<string, string | undefined>>;
  /** Node, or an editor's own executable (which then runs as Node). */
  execPath: string;
  /** What the helper loads: the resolved path of keytar. */
  keytarPath: string;
}

export interface HelperRequest {
  action: 'get' | 'set' | 'delete';
  service: string;
  account: string;
  secret?: string;
}

interface Waiting {
  resolve: (value: string | boolean | null) => void;
  reject: (error: Error) => void;
}

/** One run of the helper. It does not keep this process alive; a request under way does, through its timer. */
export class HelperProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #ended = false;

  constructor({ env, execPath, keytarPath }: HelperProcessParts) {
    const child = spawn(execPath, ['-e', HELPER_PROGRAM, keytarPath], {
      cwd: parse(execPath).root,
      // An editor's NODE_OPTIONS would load its own code here, or open a debugger.
      env: { ...env, NODE_OPTIONS: undefined, ELECTRON_RUN_AS_NODE: '1' },
      stdio: ['pipe', 'pipe', 'ignore'],
      windowsHide: true,
    });
    this.#child = child;
    child.unref();
    for (const stream of [child.stdin, child.stdout]) {
      // A pipe is a socket, whatever its type says.
      (stream as Partial<Pick<Socket, 'unref'>>).unref?.();
      stream.on('error', () => undefined);
    }
    createInterface({ input: child.stdout }).on('line', (line) => this.#onLine(line));
    child.on('error', (error: NodeJS.ErrnoException) => this.#end(`its helper did not start: ${error.code ?? ''}`));
    child.on('exit', (code, signal) => this.#end(`its helper ended: ${signal ?? String(code)}`));
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Rejects with `keychain-unavailable` if the helper ends first, else with an Error that says what the library said. */
  ask(request: HelperRequest): Promise<string | boolean | null> {
    const id = (this.#lastId += 1);
    return new Promise((resolve, reject) => {
      if (this.#ended) {
        reject(keychainFailure('refused', 'its helper has ended'));
        return;
      }
      this.#waiting.set(id, { resolve, reject });
      this.#child.stdin.write(`${JSON.stringify({ id, ...request })}\n`);
    });
  }

  /** Ends it, whatever it is doing. */
  kill(): void {
    this.#child.kill('SIGKILL');
    this.#end('its helper was ended');
  }

  #onLine(line: string): void {
    const answer = parseAnswer(line);
    if (answer === undefined) return;
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (answer.error === undefined) waiting?.resolve(answer.value ?? null);
    else waiting?.reject(new Error(answer.error));
  }

  #end(reason: string): void {
    this.#ended = true;
    for (const waiting of this.#waiting.values()) waiting.reject(keychainFailure('refused', reason));
    this.#waiting.clear();
  }
}

/** Undefined for what a helper that was killed in the middle has left of a line: its end says the rest. */
function parseAnswer(line: string): { id: number; value?: string | boolean | null; error?: string } | undefined {
  try {
    return JSON.parse(line) as { id: number };
  } catch {
    return undefined;
  }
}
