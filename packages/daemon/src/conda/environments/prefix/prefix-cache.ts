import { lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { unreadable } from '../read-text.ts';
import type { EnvironmentEntry } from '../types.ts';
import { recordReader } from './record.ts';

interface Known {
  mtimeMs: number;
  ctimeMs: number;
  size: number;
  ino: number;
  /** Undefined: the record could not be read, for the reason of `problem`. */
  entry: EnvironmentEntry | undefined;
  problem: string | undefined;
}

export interface PrefixRecords {
  packages: EnvironmentEntry[];
  warnings: string[];
}

export interface PrefixCacheOptions {
  /** Prefixes that are remembered at once; default 64. */
  prefixes?: number;
}

/** Bytes. The largest record known has 1 MB. */
const MAX_RECORD_BYTES = 64 * 1024 * 1024;

/**
 * Remembers the records of installed prefixes, so that a listing of a prefix that did not change costs one `stat` per
 * record. Synchronous: reading hundreds of small files is twice as fast so, and this runs in the engine's own thread.
 */
export class PrefixCache implements Disposable {
  readonly #prefixes = new Map<string, Map<string, Known>>();
  readonly #capacity: number;

  constructor(options: PrefixCacheOptions = {}) {
    this.#capacity = options.prefixes ?? 64;
  }

  /**
   * The packages of a prefix, in the order of their records' names. What is in `conda-meta` and no readable record becomes
   * a warning that names the file. Throws `not-found` and `invalid-environment` where `conda-meta` can't be listed.
   */
  read(prefix: string): PrefixRecords {
    const folder = join(prefix, 'conda-meta');
    const before = this.#prefixes.get(prefix);
    const now = new Map<string, Known>();
    const read = recordReader();
    for (const name of recordNames(folder)) {
      const known = refresh(join(folder, name), before?.get(name), read);
      if (known !== undefined) now.set(name, known);
    }
    this.#keep(prefix, now);
    const all = [...now.values()];
    return { packages: all.flatMap((k) => k.entry ?? []), warnings: all.flatMap((k) => k.problem ?? []) };
  }

  [Symbol.dispose](): void {
    this.#prefixes.clear();
  }

  #keep(prefix: string, records: Map<string, Known>): void {
    this.#prefixes.delete(prefix);
    const oldest = this.#prefixes.keys().next();
    if (this.#prefixes.size >= this.#capacity && oldest.done !== true) this.#prefixes.delete(oldest.value);
    this.#prefixes.set(prefix, records);
  }
}

function recordNames(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.json') && !name.startsWith('.'))
      .sort();
  } catch (error) {
    throw unreadable(folder, error);
  }
}

/** Undefined where the file went away in between. */
function refresh(path: string, known: Known | undefined, read: (text: string) => EnvironmentEntry): Known | undefined {
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return isLink(path) ? gone(path, 'it is a link that leads nowhere') : undefined;
    const { mtimeMs, ctimeMs, size, ino } = stat;
    if (known?.mtimeMs === mtimeMs && known.ctimeMs === ctimeMs && known.size === size && known.ino === ino)
      return known;
    const facts = { mtimeMs, ctimeMs, size, ino };
    try {
      // To open a pipe would wait for ever.
      if (!stat.isFile()) throw new Error('it is no regular file');
      if (size > MAX_RECORD_BYTES) throw new Error(`it has ${size} bytes`);
      return { ...facts, entry: read(readFileSync(path, 'utf8')), problem: undefined };
    } catch (error) {
      return { ...facts, entry: undefined, problem: describe(path, error) };
    }
  } catch (error) {
    return gone(path, (error as NodeJS.ErrnoException).code ?? 'unknown error');
  }
}

/** A record of which not even the stat is known, so that it is looked at anew each time. */
function gone(path: string, why: string): Known {
  return { mtimeMs: -1, ctimeMs: -1, size: -1, ino: -1, entry: undefined, problem: notListed(path, why) };
}

const isLink = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;

function describe(path: string, error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  const why = code ?? (error instanceof SyntaxError ? 'it is no JSON' : (error as Error).message);
  return notListed(path, why);
}

const notListed = (path: string, why: string): string =>
  `${path} is no readable record, so ${basename(path, '.json')} is not listed: ${why}.`;
