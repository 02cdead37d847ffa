import * as crypto from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, type BigIntStats } from 'node:fs';

/** Bytes read at once. */
export const BUFFER_BYTES = 1024 * 1024;

let reused: Buffer | undefined;

export interface FileHash {
  hex: string;
  bytes: number;
  /** Which file it was: the name may stand for another by now. */
  stats: BigIntStats;
}

/**
 * SHA-256 of a file, read synchronously into one reused buffer: three times as fast as asynchronous reads. Throws Node's own
 * error. For files of any size `hashSteps` gives way in between.
 */
export function hashFile(path: string): FileHash {
  const steps = hashSteps(path);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** As `hashFile`, a buffer at a time: yields the bytes hashed since the last step. Other work may use the buffer between steps. */
export function* hashSteps(path: string): Generator<number, FileHash> {
  const fd = openSync(path, 'r');
  try {
    const stats = fstatSync(fd, { bigint: true });
    const buffer = (reused ??= Buffer.allocUnsafeSlow(BUFFER_BYTES));
    let length = readSync(fd, buffer, 0, BUFFER_BYTES, null);
    if (length < BUFFER_BYTES && BigInt(length) === stats.size) {
      return { hex: crypto.hash('sha256', buffer.subarray(0, length), 'hex'), bytes: length, stats };
    }
    const hash = crypto.createHash('sha256');
    let bytes = 0;
    while (length > 0) {
      hash.update(buffer.subarray(0, length));
      bytes += length;
      yield length;
      length = readSync(fd, buffer, 0, BUFFER_BYTES, null);
    }
    return { hex: hash.digest('hex'), bytes, stats };
  } finally {
    closeSync(fd);
  }
}
