import { createHash } from 'node:crypto';
import { closeSync, fchmodSync, openSync, readSync, rmSync } from 'node:fs';
import { setImmediate as yieldToLoop } from 'node:timers/promises';
import { CondockError } from '@condock/protocol';
import type { Digest } from '../../oci/types.ts';
import type { Owner } from '../owner/owner.ts';
import { errnoOf, guarded, storeFailure } from '../store-failure.ts';
import { digestOfName } from '../store-paths.ts';
import { BLOB_MODE, type BlobFiles } from './blob-files.ts';
import { type BufferPool, FileWriter } from './file-writer.ts';
import { BUFFER_BYTES } from './hash-file.ts';

export interface PutFileParts {
  owner: Owner;
  files: BlobFiles;
  pool: BufferPool;
}

/** Hashes while copying; what is stored is what was hashed, even if the file changes meanwhile. */
export async function putFile(
  path: string,
  parts: PutFileParts,
  signal?: AbortSignal,
): Promise<{ digest: Digest; size: number }> {
  signal?.throwIfAborted();
  const source = openSource(path);
  const copy = guarded('write in', parts.owner.path, () => parts.owner.scratch('tmp'));
  try {
    const { hex, size } = await copyHashed(source, path, copy, parts.pool, signal);
    guarded('store', path, () => parts.files.adopt(copy, hex, size));
    return { digest: digestOfName(hex), size };
  } catch (error) {
    rmSync(copy, { force: true });
    throw storeFailure(error, 'write', copy);
  } finally {
    closeSync(source);
  }
}

function openSource(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw storeFailure(error, 'read', path);
    throw new CondockError('not-found', `There is no file ${path}.`, { data: { path }, cause: error });
  }
}

async function copyHashed(
  source: number,
  path: string,
  copy: string,
  pool: BufferPool,
  signal: AbortSignal | undefined,
): Promise<{ hex: string; size: number }> {
  const fd = openSync(copy, 'wx', 0o600);
  const hash = createHash('sha256');
  const buffer = pool.take(BUFFER_BYTES);
  let size = 0;
  const writer = new FileWriter(fd, 0, pool);
  try {
    for (;;) {
      signal?.throwIfAborted();
      const length = guarded('read', path, () => readSync(source, buffer, 0, buffer.length, null));
      if (length === 0) break;
      const piece = buffer.subarray(0, length);
      size += length;
      const waiting = writer.write(piece);
      hash.update(piece);
      await (waiting ?? yieldToLoop());
    }
    await writer.flush();
    fchmodSync(fd, BLOB_MODE);
    return { hex: hash.digest('hex'), size };
  } finally {
    // Pieces still under way must not meet a descriptor that is somebody else's by then.
    await writer.flush().catch(() => undefined);
    pool.give(buffer);
    closeSync(fd);
  }
}
