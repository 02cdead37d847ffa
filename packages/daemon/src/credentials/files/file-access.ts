import { readFileSync, statSync } from 'node:fs';

export interface FileFacts {
  isFile: boolean;
  /** Bytes. */
  size: number;
  mtimeMs: number;
  /** Permission bits. */
  mode: number;
  /** Tells a replaced file from one that was written in place within the same millisecond. */
  ino: number;
}

/** The file system, as far as reading secrets needs it. Synchronous: a stat costs less than a turn of the loop. */
export interface FileAccess {
  /** Undefined where there is nothing. Throws Node's error for everything else. */
  stat(path: string): FileFacts | undefined;
  read(path: string): string;
}

export const nodeFiles: FileAccess = {
  stat: (path) => {
    const facts = statSync(path, { throwIfNoEntry: false });
    return facts === undefined
      ? undefined
      : {
          isFile: facts.isFile(),
          size: facts.size,
          mtimeMs: facts.mtimeMs,
          mode: facts.mode & 0o777,
          ino: facts.ino,
        };
  },
  read: (path) => readFileSync(path, 'utf8'),
};
