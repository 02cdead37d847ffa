import type { Problems } from '../problems.ts';
import type { FileAccess, FileFacts } from './file-access.ts';

export interface ParsedFileParts {
  files: FileAccess;
  platform: string;
  problems: Problems;
}

export interface ParsedFileOptions<T> {
  path: string;
  /** For people: `docker config`, `netrc`. */
  label: string;
  /** May throw a `FileDefect`, whose message is shown; the text of any other error is not, as it may quote the file. */
  parse: (text: string) => T;
  /** True where the content would be a loss in other hands; then loose permissions are a problem. */
  hasSecrets: (parsed: T) => boolean;
  /** Someone named this very file, so that its absence is worth a word. */
  mustExist?: boolean;
}

/** What is wrong with a file, in words that do not quote it. */
export class FileDefect extends Error {}

const MAX_BYTES = 1024 * 1024;

/**
 * A file that is read again only when it has changed (by modification time, size and inode). Whatever is wrong with it becomes
 * a problem that names the file and never its content; its value is then undefined, as if it were not there.
 */
export class ParsedFile<T> {
  readonly path: string;
  readonly #parts: ParsedFileParts;
  readonly #options: ParsedFileOptions<T>;
  #cached: { stamp: string; value: T | undefined } | undefined;

  constructor(parts: ParsedFileParts, options: ParsedFileOptions<T>) {
    this.path = options.path;
    this.#parts = parts;
    this.#options = options;
  }

  get(): T | undefined {
    const { files, problems } = this.#parts;
    const { path, label } = this.#options;
    let stamp: string;
    try {
      const facts = files.stat(path);
      if (facts === undefined) {
        this.#absent();
        return undefined;
      }
      stamp = `${facts.mtimeMs}:${facts.size}:${facts.ino}:${facts.mode}`;
      if (this.#cached?.stamp === stamp) return this.#cached.value;
      problems.clear(path);
      const value = this.#read(facts);
      this.#cached = { stamp, value };
      return value;
    } catch (error) {
      const reason = (error as NodeJS.ErrnoException).code ?? 'unknown reason';
      problems.set(path, `The ${label} ${path} can't be read (${reason}), so it was left out.`);
      this.#cached = undefined;
      return undefined;
    }
  }

  #absent(): void {
    const { path, label, mustExist } = this.#options;
    this.#cached = undefined;
    if (mustExist === true) this.#parts.problems.set(path, `The ${label} ${path} does not exist.`);
    else this.#parts.problems.clear(path);
  }

  #read(facts: FileFacts): T | undefined {
    const { files, problems, platform } = this.#parts;
    const { path, label, parse, hasSecrets } = this.#options;
    if (!facts.isFile || facts.size > MAX_BYTES) {
      const defect = facts.isFile ? `is larger than ${MAX_BYTES} bytes` : 'is not a file';
      problems.set(path, `The ${label} ${path} ${defect}, so it was left out.`);
      return undefined;
    }
    let value: T;
    try {
      const text = files.read(path);
      value = parse(text.startsWith('\uFEFF') ? text.slice(1) : text);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== undefined) throw error;
      const defect = error instanceof FileDefect ? error.message : 'it is malformed';
      problems.set(path, `The ${label} ${path} was left out: ${defect}.`);
      return undefined;
    }
    if (platform !== 'win32' && (facts.mode & 0o077) !== 0 && hasSecrets(value)) {
      problems.set(
        path,
        `Other users can get at the secrets in ${path} (mode ${facts.mode.toString(8)}): chmod 600 it.`,
      );
    }
    return value;
  }
}
