import { createHash } from 'node:crypto';
import { closeSync, constants, fchmodSync, fstatSync, openSync, readSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as yieldToLoop } from 'node:timers/promises';
import { CondockError } from '@condock/protocol';
import type { Digest } from '../../oci/types.ts';
import type { Ingest } from '../blob-store.ts';
import { errnoOf, guarded, guardedAsync, isFull, storeFailure } from '../store-failure.ts';
import { digestOfName, hexName } from '../store-paths.ts';
import { BLOB_MODE, type BlobFiles, mismatch } from './blob-files.ts';
import { type BufferPool, FileWriter } from './file-writer.ts';
import { BUFFER_BYTES } from './hash-file.ts';
import { type IngestLockParts, lockIngest } from './ingest-lock.ts';

export interface IngestParts extends IngestLockParts {
  files: BlobFiles;
  pool: BufferPool;
  /** Ingests of this instance that have not ended, those that only begin too: they are suspended when it ends. */
  open: Set<Ingest | Promise<Ingest>>;
}

/** Opens what an earlier try left, hashed again, or an empty file. Throws `conflict`, `store-failed`. */
export function beginIngest(digest: Digest, size: number | undefined, parts: IngestParts): Promise<Ingest> {
  const beginning = openIngest(digest, size, parts);
  parts.open.add(beginning);
  const begun = (): void => void parts.open.delete(beginning);
  beginning.then(begun, begun);
  return beginning;
}

/** When an instance ends: what was written is there for the next try, of this or another. */
export async function suspendAll(open: IngestParts['open']): Promise<void> {
  for (const one of [...open]) await (await Promise.resolve(one).catch(() => undefined))?.suspend();
}

async function openIngest(digest: Digest, size: number | undefined, parts: IngestParts): Promise<Ingest> {
  const hex = hexName(digest);
  const place = join(parts.paths.ingest, hex);
  const lock = guarded('lock', place, () => lockIngest(digest, parts));
  const file = parts.owner.partial(hex);
  let fd: number | undefined;
  try {
    takeOver(place, file);
    fd = openSync(file, constants.O_RDWR | constants.O_CREAT, 0o600);
    const hash = createHash('sha256');
    let offset = await rehash(fd, hash, parts.pool);
    if (size !== undefined && offset > size) offset = -1;
    const ingest = new FileIngest({ digest, size, hex, place, file, fd, lock }, parts, Math.max(0, offset));
    if (offset < 0) ingest.restart();
    else ingest.continue(hash);
    parts.open.add(ingest);
    return ingest;
  } catch (error) {
    if (fd !== undefined) closeSync(fd);
    lock[Symbol.dispose]();
    throw storeFailure(error, 'write', file);
  }
}

function takeOver(place: string, file: string): void {
  try {
    renameSync(place, file);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}

/** Gives way to other work between buffers. */
async function rehash(fd: number, hash: ReturnType<typeof createHash>, pool: BufferPool): Promise<number> {
  if (fstatSync(fd).size === 0) return 0;
  const buffer = pool.take(BUFFER_BYTES);
  try {
    for (let offset = 0; ;) {
      const length = readSync(fd, buffer, 0, buffer.length, offset);
      if (length === 0) return offset;
      hash.update(buffer.subarray(0, length));
      offset += length;
      await yieldToLoop();
    }
  } finally {
    pool.give(buffer);
  }
}

interface IngestFile {
  digest: Digest;
  size: number | undefined;
  hex: string;
  /** Where it waits for the next try. */
  place: string;
  /** Where it is now. */
  file: string;
  fd: number;
  lock: Disposable;
}

class FileIngest implements Ingest {
  readonly offset: number;
  readonly #target: IngestFile;
  readonly #parts: IngestParts;
  readonly #writer: FileWriter;
  #hash = createHash('sha256');
  #bytes: number;
  #ended = false;

  constructor(target: IngestFile, parts: IngestParts, offset: number) {
    this.#target = target;
    this.#parts = parts;
    this.offset = offset;
    this.#bytes = offset;
    this.#writer = new FileWriter(target.fd, offset, parts.pool);
  }

  /** Takes the state of a hash that has seen what is there. */
  continue(hash: ReturnType<typeof createHash>): void {
    this.#hash = hash;
  }

  restart(): void {
    this.#bytes = 0;
    this.#hash = createHash('sha256');
    this.#writer.restart();
  }

  write(chunk: Uint8Array): void | Promise<void> {
    if (this.#ended) throw new CondockError('internal', `${this.#target.digest} was written after its end.`);
    this.#bytes += chunk.length;
    this.#hash.update(chunk);
    const waiting = guarded('write', this.#target.file, () => this.#writer.write(chunk));
    return waiting === undefined ? undefined : guardedAsync('write', this.#target.file, () => waiting);
  }

  async commit(): Promise<void> {
    const { digest, size, hex, file, fd } = this.#target;
    try {
      await guardedAsync('write', file, () => this.#writer.flush());
    } catch (error) {
      await this.suspend();
      throw error;
    }
    const found = digestOfName(this.#hash.digest('hex'));
    if (found !== digest || (size !== undefined && this.#bytes !== size)) {
      await this.discard();
      throw found === digest ? wrongSize(digest, size, this.#bytes) : mismatch(digest, found);
    }
    try {
      guarded('store', join(this.#parts.paths.blobs, hex), () => {
        fchmodSync(fd, BLOB_MODE);
        this.#close();
        this.#parts.files.adopt(file, hex, this.#bytes);
      });
    } finally {
      this.#close();
      this.#release();
    }
  }

  async suspend(): Promise<void> {
    if (this.#ended) return;
    const { file, place } = this.#target;
    // What could not be written is missing at the end only: the rest is as good as before.
    const failure: unknown = await this.#writer.flush().catch((error: unknown) => error);
    this.#close();
    try {
      // A full disk is not to be kept full.
      if (isFull(failure)) rmSync(file, { force: true });
      else if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0) renameSync(file, place);
      else rmSync(file, { force: true });
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw storeFailure(error, 'keep', place);
    } finally {
      this.#release();
    }
  }

  async discard(): Promise<void> {
    if (this.#ended) return;
    await this.#writer.flush().catch(() => undefined);
    this.#close();
    guarded('remove', this.#target.file, () => rmSync(this.#target.file, { force: true }));
    this.#release();
  }

  #close(): void {
    if (this.#ended) return;
    this.#ended = true;
    closeSync(this.#target.fd);
  }

  #release(): void {
    this.#parts.open.delete(this);
    this.#target.lock[Symbol.dispose]();
  }
}

function wrongSize(digest: Digest, size: number | undefined, found: number): CondockError {
  return new CondockError('digest-mismatch', `${digest} has ${found} bytes, where ${size ?? '?'} were announced.`, {
    hint: 'The manifest or lock that named it is wrong; lock again, or report it to the channel.',
    data: { digest, found },
  });
}
