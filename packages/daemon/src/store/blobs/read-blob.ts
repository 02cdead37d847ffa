import { close, closeSync, fstatSync, open, openSync, read, readSync } from 'node:fs';
import { promisify } from 'node:util';
import { CondockError } from '@condock/protocol';
import type { Digest } from '../../oci/types.ts';
import { errnoOf, guarded, storeFailure } from '../store-failure.ts';

const PIECE_BYTES = 512 * 1024;

const openAsync = promisify(open);
const readAsync = promisify(read);
const closeAsync = promisify(close);

/** Pieces of at most 512 KiB, each a buffer of its own. `range.end` is inclusive, as in HTTP. Throws `not-found`. */
export async function* readBlob(
  digest: Digest,
  path: string,
  range?: { start: number; end: number },
): AsyncGenerator<Uint8Array, void, void> {
  let fd: number;
  try {
    fd = await openAsync(path, 'r');
  } catch (error) {
    throw missing(error, digest, path);
  }
  try {
    let at = range?.start ?? 0;
    const end = range === undefined ? Infinity : range.end + 1;
    while (at < end) {
      const buffer = Buffer.allocUnsafeSlow(Math.min(PIECE_BYTES, end - at));
      const { bytesRead } = await readAsync(fd, buffer, 0, buffer.length, at);
      if (bytesRead === 0) return;
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } catch (error) {
    throw storeFailure(error, 'read', path);
  } finally {
    await closeAsync(fd);
  }
}

/** The whole of a blob, undefined where it is not here. Throws `too-large` above `limit` bytes. */
export function readSmall(digest: Digest, path: string, limit: number): Uint8Array | undefined {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw storeFailure(error, 'read', path);
  }
  try {
    const { size } = fstatSync(fd);
    if (size > limit) {
      throw new CondockError('too-large', `${digest} has ${size} bytes; at most ${limit} are read at once.`, {
        data: { digest, size, limit },
      });
    }
    return guarded('read', path, () => {
      const bytes = Buffer.allocUnsafe(size);
      let at = 0;
      for (let length = 1; at < size && length > 0; at += length) length = readSync(fd, bytes, at, size - at, at);
      return bytes.subarray(0, at);
    });
  } finally {
    closeSync(fd);
  }
}

function missing(error: unknown, digest: Digest, path: string): unknown {
  if (errnoOf(error) !== 'ENOENT') return storeFailure(error, 'read', path);
  return new CondockError('not-found', `${digest} is not in the store.`, {
    hint: 'It may have been collected: fetch it again.',
    data: { digest },
    cause: error,
  });
}
