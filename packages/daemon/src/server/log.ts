import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { CondockError, redact } from '@condock/protocol';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Facts beside a message. An `Error` is written with its stack and its causes; strings are redacted. */
export type LogFields = Readonly<Record<string, unknown>>;

export interface Log extends Disposable {
  /** The file that is written now. */
  readonly path: string;
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export interface LogOptions {
  /** Made with mode 0700 where it is missing. */
  directory: string;
  /** Default `condockd.log`; older ones are `condockd.1.log`, … */
  fileName?: string;
  /** Bytes after which a new file is begun; default 4 MiB. */
  maxBytes?: number;
  /** Older files kept; default 3. */
  keep?: number;
  /** What is less than this is not written; default info. */
  level?: LogLevel;
  now?: () => Date;
}

const RANK = { debug: 0, info: 1, warn: 2, error: 3 } as const;

/**
 * A log of lines `TIME LEVEL PID MESSAGE key=value…`, one line per call, redacted, in a file that only its user may read.
 * Written at once, so that the last words before a crash are there. A disk that is full never stops the daemon. Throws
 * `daemon-unavailable` where it can't even be begun.
 */
export function createLog(options: LogOptions): Log {
  const { directory, fileName = 'condockd.log', maxBytes = 4 * 1024 * 1024, keep = 3, level = 'info' } = options;
  const now = options.now ?? (() => new Date());
  const path = join(directory, fileName);
  let fd: number | undefined = openFirst(directory, path);
  let size = fstatSync(fd).size;

  const rotate = (): void => {
    if (fd !== undefined) closeSync(fd);
    fd = undefined;
    for (let n = keep - 1; n >= 0; n -= 1) {
      try {
        renameSync(n === 0 ? path : older(path, n), older(path, n + 1));
      } catch {
        // That one does not exist yet, or another process has just moved it.
      }
    }
    fd = openSync(path, 'a', 0o600);
    size = fstatSync(fd).size;
  };
  const write = (lineLevel: LogLevel, message: string, fields: LogFields = {}): void => {
    if (RANK[lineLevel] < RANK[level] || fd === undefined) return;
    const line = Buffer.from(
      `${now().toISOString()} ${lineLevel.padEnd(5)} ${String(process.pid)} ${formatLine(message, fields)}\n`,
    );
    try {
      if (size > 0 && size + line.length > maxBytes) rotate();
      writeSync(fd, line);
      size += line.length;
    } catch {
      // Nobody is left to be told.
    }
  };
  return {
    path,
    debug: (message, fields) => {
      write('debug', message, fields);
    },
    info: (message, fields) => {
      write('info', message, fields);
    },
    warn: (message, fields) => {
      write('warn', message, fields);
    },
    error: (message, fields) => {
      write('error', message, fields);
    },
    [Symbol.dispose]: () => {
      if (fd !== undefined) closeSync(fd);
      fd = undefined;
    },
  };
}

function openFirst(directory: string, path: string): number {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return openSync(path, 'a', 0o600);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new CondockError('daemon-unavailable', `The daemon's log ${path} can't be written (${code}).`, {
      hint: 'Set CONDOCK_HOME to a directory that you can write to, or use --no-daemon.',
      cause: error,
    });
  }
}

function older(path: string, generation: number): string {
  return path.replace(/(\.log)?$/, `.${String(generation)}.log`);
}

function formatLine(message: string, fields: LogFields): string {
  const parts = Object.entries(fields).map(([key, value]) => `${key}=${formatValue(value)}`);
  // A line stays a line: what a registry answered must not be able to forge another entry.
  return redact([message, ...parts].join(' '))
    .replaceAll('\n', '\n    ')
    .replaceAll('\t', '  ');
}

function formatValue(value: unknown): string {
  if (value instanceof Error) {
    const cause = value.cause === undefined ? '' : ` caused by ${formatValue(value.cause)}`;
    return `${value.stack ?? `${value.name}: ${value.message}`}${cause}`;
  }
  return value === undefined ? 'undefined' : JSON.stringify(value);
}
