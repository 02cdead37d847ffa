import { closeSync, linkSync, openSync, readFileSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { CondockError } from '@condock/protocol';
import { sha256Digest } from '../../oci/digest.ts';
import type { Digest } from '../../oci/types.ts';
import { syncDirectory } from '../../system/atomic-file.ts';
import type { Owner } from '../owner/owner.ts';
import type { BlobCount } from '../records/blob-count.ts';
import { errnoOf, guarded, hasNoHardLinks } from '../store-failure.ts';
import { hexName, type StorePaths } from '../store-paths.ts';
import { syncFile } from './sync-file.ts';
import type { Unsynced } from './unsynced.ts';

/** Nobody changes a blob. Windows can't replace a read-only file by rename. */
export const BLOB_MODE = process.platform === 'win32' ? 0o666 : 0o444;

/** What registries allow for a manifest; bigger things are ingested. */
const SMALL_BYTES = 4 * 1024 * 1024;

export interface BlobFilesParts {
  paths: StorePaths;
  owner: Owner;
  unsynced: Unsynced;
  /** Told of each change of what `blobs/sha256/` holds. */
  count: Pick<BlobCount, 'prepare' | 'add'>;
}

/** The one place where files appear in `blobs/sha256/`. */
export class BlobFiles {
  readonly #parts: BlobFilesParts;

  constructor(parts: BlobFilesParts) {
    this.#parts = parts;
  }

  /** Hashes, compares, writes and names a small blob at once. Throws `digest-mismatch`, `too-large`, `store-failed`. */
  putSmall(bytes: Uint8Array, expected?: Digest): Digest {
    if (bytes.length > SMALL_BYTES) {
      throw new CondockError('too-large', `A blob of ${bytes.length} bytes is too large to be written at once.`);
    }
    const digest = sha256Digest(bytes);
    if (expected !== undefined && expected !== digest) throw mismatch(expected, digest);
    const hex = hexName(digest);
    const path = join(this.#parts.paths.blobs, hex);
    guarded('write', path, () => {
      if (holds(path, bytes)) return;
      this.#parts.count.prepare();
      const file = this.#withFolder(() => writeNew(this.#parts.owner.unsynced(hex), bytes));
      if (file !== undefined) {
        this.#appear(file, hex, bytes.length);
        return;
      }
      const other = this.#parts.owner.scratch('tmp');
      writeNew(other, bytes);
      this.#replace(other, hex, bytes.length);
    });
    return digest;
  }

  /** Gives a verified file of this owner its name. Throws Node's own error; the file is then where it was or gone. */
  adopt(file: string, hex: string, size: number): void {
    this.#parts.count.prepare();
    const mark = this.#parts.owner.unsynced(hex);
    if (statSync(mark, { throwIfNoEntry: false }) !== undefined) {
      this.#replace(file, hex, size);
      return;
    }
    this.#withFolder(() => renameSync(file, mark));
    this.#appear(mark, hex, size);
  }

  /** `link` never overwrites: of several processes with the same blob exactly one adds it. */
  #appear(mark: string, hex: string, size: number): void {
    const path = join(this.#parts.paths.blobs, hex);
    try {
      linkSync(mark, path);
    } catch (error) {
      // There already, or a file system without hard links: both are settled by a rename of what the disk has.
      if (errnoOf(error) !== 'EEXIST' && !hasNoHardLinks(error)) {
        rmSync(mark, { force: true });
        throw error;
      }
      this.#replace(mark, hex, size);
      return;
    }
    this.#parts.unsynced.add(hex);
    this.#parts.count.add(1, size);
  }

  /** What is there may be bad: it is replaced, never unlinked. */
  #replace(file: string, hex: string, size: number): void {
    const path = join(this.#parts.paths.blobs, hex);
    try {
      syncFile(file);
      const old = statSync(path, { throwIfNoEntry: false });
      renameSync(file, path);
      this.#parts.count.add(old === undefined ? 1 : 0, size - (old?.size ?? 0));
    } catch (error) {
      rmSync(file, { force: true });
      throw error;
    }
    syncDirectory(this.#parts.paths.blobs);
  }

  #withFolder<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
      this.#parts.owner.remake();
      return work();
    }
  }
}

export function mismatch(expected: Digest, found: Digest): CondockError {
  return new CondockError('digest-mismatch', `The bytes that arrived are ${found}, not ${expected}.`, {
    hint: 'The registry or something on the way to it is wrong; try another mirror.',
    data: { expected, found },
  });
}

/** The path, or undefined where the name is taken. */
function writeNew(path: string, bytes: Uint8Array): string | undefined {
  let fd: number;
  try {
    fd = openSync(path, 'wx', BLOB_MODE);
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return undefined;
    throw error;
  }
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
  } catch (error) {
    closeSync(fd);
    rmSync(path, { force: true });
    throw error;
  }
  closeSync(fd);
  return path;
}

/** What can't be read does not hold anything: it will be replaced. */
function holds(path: string, bytes: Uint8Array): boolean {
  if (statSync(path, { throwIfNoEntry: false })?.size !== bytes.length) return false;
  try {
    return readFileSync(path).equals(bytes);
  } catch {
    return false;
  }
}
