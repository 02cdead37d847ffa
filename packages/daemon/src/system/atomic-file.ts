import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

export interface AtomicWriteOptions {
  /** Permission bits of the new file; default 0600. */
  mode?: number;
  /** A file that is there stays: of several processes that make one, one does. Default false. */
  keep?: boolean;
}

/** No writer takes so long: what is older was left by one that was killed. Milliseconds. */
const LEFT_BEHIND = 60_000;

/**
 * Replaces a file so that a reader, or a machine that loses power, finds the old or the new content and nothing between:
 * temporary file beside it, fsync, rename, fsync of the directory. Throws Node's own error; the target is then untouched.
 */
export function writeFileAtomic(path: string, content: string | Uint8Array, options: AtomicWriteOptions = {}): void {
  const temporary = temporaryBeside(path);
  try {
    const fd = openSync(temporary, 'wx', options.mode ?? 0o600);
    try {
      const bytes = typeof content === 'string' ? Buffer.from(content) : content;
      for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    if (options.keep !== true || !linked(temporary, path)) renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncDirectory(dirname(path));
}

/** `link` never overwrites. False where it is not to be had; a rename is the second best then. */
function linked(temporary: string, path: string): boolean {
  try {
    linkSync(temporary, path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) return false;
  }
  rmSync(temporary, { force: true });
  return true;
}

/** A name beside a file under which it is written before it appears. */
export function temporaryBeside(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(8).toString('hex')}.tmp`);
}

/** The name of the file that is written under a temporary one; undefined for any other name. */
export function targetOfTemporary(name: string): string | undefined {
  return /^\.(.+)\.[0-9a-f]{16}\.tmp$/.exec(name)?.[1];
}

/**
 * Removes what writers left in a folder that were killed before their rename: it may hold a secret, and lies where people look.
 * Not done by each write, because some folders have thousands of files. Where it fails, the next will do it.
 */
export function removeLeftTemporaries(
  directory: string,
  isOurs: (target: string) => boolean,
  clock: () => number = Date.now,
): void {
  try {
    for (const name of readdirSync(directory)) {
      const target = targetOfTemporary(name);
      if (target === undefined || !isOurs(target)) continue;
      const left = join(directory, name);
      if (clock() - statSync(left).mtimeMs > LEFT_BEHIND) rmSync(left, { force: true });
    }
  } catch {
    // Nothing depends on it.
  }
}

/** As `removeLeftTemporaries`, for one file. */
export function removeLeftTemporariesOf(path: string, clock?: () => number): void {
  removeLeftTemporaries(dirname(path), (target) => target === basename(path), clock);
}

/** Makes names in a directory durable. Windows can't open directories; there the rename itself has to do. */
export function syncDirectory(path: string): void {
  if (process.platform === 'win32') return;
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
