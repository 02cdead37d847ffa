import type { Client } from '@condock/client';
import { isCancellation, type MethodName, type ParamsOf, type ResultOf } from '@condock/protocol';
import pc from 'picocolors';
import { printableLines } from './terminal/printable.ts';
import { ProgressBar } from './terminal/progress-bar.ts';
import { type Column, layTable } from './terminal/table.ts';
import type { Terminal } from './terminal/terminal.ts';

export interface SessionOptions {
  terminal: Terminal;
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  /** Connects, starts, or holds the engine in this process; called when a command first needs it. */
  connect: (options: { noDaemon: boolean }) => Promise<Client>;
  noDaemon: boolean;
  json: boolean;
  quiet: boolean;
  signal: AbortSignal;
  /** Given when first asked for: to open a terminal for reading costs time, and few commands read. */
  stdin: () => NodeJS.ReadStream;
  now: () => number;
}

export interface Need {
  /** False: neither store nor sessions matter for it, so where no daemon can be had it is done without one. Default true. */
  store?: boolean;
}

/** One run of the command line: its output, its client, its end. */
export class Session implements AsyncDisposable {
  readonly terminal: Terminal;
  readonly env: SessionOptions['env'];
  readonly cwd: string;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly signal: AbortSignal;
  readonly colors: ReturnType<typeof pc.createColors>;
  readonly #options: SessionOptions;
  readonly #leftOut = new Set<string>();
  #client: Promise<Client> | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.terminal = options.terminal;
    this.env = options.env;
    this.cwd = options.cwd;
    this.json = options.json;
    this.quiet = options.quiet;
    this.signal = options.signal;
    this.colors = pc.createColors(options.terminal.color);
  }

  get stdin(): NodeJS.ReadStream {
    return this.#options.stdin();
  }

  client(need: Need = {}): Promise<Client> {
    this.#client ??= this.#connect(need);
    return this.#client;
  }

  async #connect({ store = true }: Need): Promise<Client> {
    const { connect, noDaemon } = this.#options;
    try {
      return await connect({ noDaemon });
    } catch (error) {
      if (store || noDaemon || this.signal.aborted || isCancellation(error)) throw error;
      // Nothing of what a daemon keeps is needed: this process can do it as well.
      return await connect({ noDaemon: true });
    }
  }

  /** A call with the run's signal and, where it is long, a bar on the terminal. */
  async request<M extends MethodName>(method: M, params: ParamsOf<M>, need: Need = {}): Promise<ResultOf<M>> {
    const client = await this.client(need);
    using bar = this.progressBar();
    return await client.request(method, params, { signal: this.signal, onProgress: bar.report });
  }

  progressBar(): ProgressBar {
    const { terminal, now } = this.#options;
    return new ProgressBar({ ...terminal, canRedraw: terminal.canRedraw && !this.quiet }, now);
  }

  /** The one JSON document of `--json`; nothing else goes to stdout then. */
  document(value: unknown): void {
    this.terminal.out.write(`${JSON.stringify(value, null, 2)}\n`);
  }

  line(text = ''): void {
    if (!this.json) this.terminal.out.write(`${printableLines(text)}\n`);
  }

  /** What failed: stderr, with --quiet too. Not with --json: the document says it. */
  complain(text: string): void {
    if (!this.json) this.terminal.err.write(`${printableLines(text)}\n`);
  }

  /** For people, beside the result: stderr, and not with --quiet or --json. */
  note(text: string): void {
    if (!this.quiet) this.complain(text);
  }

  warn(text: string): void {
    this.note(`${this.colors.yellow('warning:')} ${text}`);
  }

  table(columns: readonly Column[], rows: readonly (readonly string[])[]): void {
    // One write: a terminal or pipe takes each of them by itself.
    const keep = (titles: string[]): void => titles.forEach((title) => this.#leftOut.add(title));
    this.line(layTable(columns, rows, this.terminal.columns, this.colors.bold, keep).join('\n'));
  }

  /** Said once, at the end: what the tables had no room for. */
  noteLeftOut(): void {
    if (this.#leftOut.size === 0) return;
    const titles = [...this.#leftOut].join(', ');
    this.note(this.colors.dim(`No room for ${titles}: a wider terminal, a pipe or --json has it.`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A connect that failed was reported by the command that asked for it.
    const client = await this.#client?.catch(() => undefined);
    await client?.close();
  }
}
