import { createHash, type Hash } from 'node:crypto';
import { Readable } from 'node:stream';
import { CondockError } from '@condock/protocol';
import type { UploadSource } from '../registry-client.ts';
import type { Digest } from '../types.ts';

/** A source on its way out: opened as often as the line is cut, hashed once, counted. */
export interface Sending {
  /** The body from `offset` on. */
  stream(offset: number): Readable;
  /** Bytes handed to the connection of the stream that was opened last, its offset included. */
  sent(): number;
  /** Known once the whole has gone out. */
  digest(): Digest;
}

/** Throws out of the stream (`invalid-package`) where the source has more or fewer bytes than it said. */
export function createSending(source: UploadSource, onProgress: (sent: number) => void): Sending {
  const hash: Hash | undefined = source.digest === undefined ? createHash('sha256') : undefined;
  let hashed = 0;
  let at = 0;
  let digest = source.digest;

  async function* from(offset: number): AsyncGenerator<Uint8Array> {
    at = offset;
    for await (const chunk of source.open(offset)) {
      // After a cut the registry may be behind what was hashed already.
      const known = Math.min(chunk.length, Math.max(0, hashed - at));
      if (hash !== undefined && known < chunk.length && at <= hashed) {
        hash.update(known === 0 ? chunk : chunk.subarray(known));
        hashed = at + chunk.length;
      }
      at += chunk.length;
      if (at > source.size) throw changed(source.size);
      yield chunk;
      onProgress(at);
    }
    if (at !== source.size) throw changed(source.size);
  }

  return {
    sent: () => at,
    stream: (offset) => Readable.from(from(offset), { objectMode: false, highWaterMark: 64 * 1024 }),
    digest: () => {
      if (digest === undefined) {
        if (hash === undefined || hashed !== source.size) throw changed(source.size);
        digest = `sha256:${hash.digest('hex')}`;
      }
      return digest;
    },
  };
}

function changed(size: number): CondockError {
  return new CondockError(
    'invalid-package',
    `What is being uploaded does not have the ${size} bytes that it had at first.`,
    {
      hint: 'The file changed meanwhile. Try again when it is complete.',
    },
  );
}
