import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../store-failure.ts';

export interface JournalOptions {
  directory: string;
  /** Called for each line, ours and others', in the order of the file; a line may come twice. */
  onLine: (line: string) => void;
  /** Everything is about to be read from its beginning: forget what came before. */
  onReset: () => void;
}

const MODE = 0o600;

/**
 * Lines that many processes append to and read. Files are generations, `<n>.jsonl`; the greatest is the current one. An append is
 * one write; whoever finds a newer generation after it appends again there, so compaction needs no lock and loses nothing. Lines
 * must bear coming twice. A torn line ends at the next line break, which is why each line brings one before it, too.
 */
export class Journal {
  readonly #options: JournalOptions;
  #generation = 0;
  #reader: number | undefined;
  #appender: number | undefined;
  /** How much of the current generation was read. */
  #offset = 0;

  constructor(options: JournalOptions) {
    this.#options = options;
  }

  /** Bytes of the current generation, as far as they were read. */
  get size(): number {
    return this.#offset;
  }

  /** Reads what has been appended since. Two stats where there is nothing. Throws Node's own error. */
  refresh(): void {
    if (this.#isCurrent()) this.#readTail();
    else this.#reload();
  }

  /** Throws Node's own error; a line may then be there or not. */
  append(lines: readonly string[]): void {
    const bytes = encode(lines);
    do {
      if (!this.#isCurrent()) this.#reload();
      const fd = this.#open();
      if (fd === undefined) continue;
      writeAll(fd, bytes);
      // Ours need not be read again unless others wrote in between.
      if (fstatSync(fd).size === this.#offset + bytes.length) this.#offset += bytes.length;
    } while (!this.#isCurrent());
  }

  /**
   * Replaces all generations by one with these lines, asked for when all is read. False where another process does so already.
   * The old ones go last: an end in between leaves both, which are then read one after the other.
   */
  compact(lines: () => readonly string[]): boolean {
    this.refresh();
    if (this.#reader === undefined) return false;
    // Never one that appeared since: it may be what two others have made of ours meanwhile.
    const merged = this.#generations().filter((generation) => generation <= this.#generation);
    let fd: number;
    try {
      fd = openSync(this.#path(this.#generation + 1), 'ax', MODE);
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') return false;
      throw error;
    }
    try {
      writeAll(fd, encode(lines()));
      // Whoever appended before it could see the new generation.
      writeAll(fd, readFrom(this.#reader, this.#offset));
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    for (const generation of merged) rmSync(this.#path(generation), { force: true });
    this.#reload();
    return true;
  }

  close(): void {
    if (this.#reader !== undefined) closeSync(this.#reader);
    if (this.#appender !== undefined) closeSync(this.#appender);
    this.#reader = undefined;
    this.#appender = undefined;
  }

  #path(generation: number): string {
    return join(this.#options.directory, `${generation}.jsonl`);
  }

  #isCurrent(): boolean {
    return (
      this.#reader !== undefined && exists(this.#path(this.#generation)) && !exists(this.#path(this.#generation + 1))
    );
  }

  /** For appending; undefined where the generation went this moment. Only the very first is made here. */
  #open(): number | undefined {
    if (this.#appender !== undefined) return this.#appender;
    const first = this.#reader === undefined;
    if (first) {
      this.#generation = 1;
      mkdirSync(this.#options.directory, { recursive: true, mode: 0o700 });
    }
    try {
      const flags = constants.O_WRONLY | constants.O_APPEND | (first ? constants.O_CREAT : 0);
      this.#appender = openSync(this.#path(this.#generation), flags, MODE);
      this.#reader ??= openSync(this.#path(this.#generation), 'r');
      return this.#appender;
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
      this.close();
      return undefined;
    }
  }

  #generations(): number[] {
    let names: string[];
    try {
      names = readdirSync(this.#options.directory);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return [];
      throw error;
    }
    return names
      .flatMap((name) => /^(\d+)\.jsonl$/.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
  }

  /** All generations in order: older ones are there only while, or because, a compaction did not end. */
  #reload(): void {
    this.close();
    this.#options.onReset();
    this.#offset = 0;
    for (const generation of this.#generations()) {
      this.close();
      try {
        this.#reader = openSync(this.#path(generation), 'r');
      } catch (error) {
        if (errnoOf(error) === 'ENOENT') continue;
        throw error;
      }
      this.#generation = generation;
      this.#offset = 0;
      this.#readTail();
    }
  }

  #readTail(): void {
    if (this.#reader === undefined) return;
    const bytes = readFrom(this.#reader, this.#offset);
    const whole = bytes.lastIndexOf(0x0a) + 1;
    if (whole === 0) return;
    this.#offset += whole;
    for (const line of bytes.toString('utf8', 0, whole).split('\n')) if (line !== '') this.#options.onLine(line);
  }
}

function encode(lines: readonly string[]): Buffer {
  return Buffer.from(lines.map((line) => `\n${line}\n`).join(''));
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
}

function readFrom(fd: number, offset: number): Buffer {
  const { size } = fstatSync(fd);
  if (size <= offset) return Buffer.alloc(0);
  const bytes = Buffer.allocUnsafe(size - offset);
  let at = 0;
  for (let length = 1; at < bytes.length && length > 0; at += length) {
    length = readSync(fd, bytes, at, bytes.length - at, offset + at);
  }
  return bytes.subarray(0, at);
}
