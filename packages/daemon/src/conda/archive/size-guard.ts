import type { ArchiveLimits } from './limits.ts';
import { tooLarge } from './refusals.ts';

export interface SizeGuardOptions {
  /** What is being decompressed, for the error. */
  where: string;
  /** Decompressed bytes at most. */
  bytes: number;
  /** Bytes before decompression; may grow as they come. */
  readonly compressed: number;
  limits: Pick<ArchiveLimits, 'ratio' | 'ratioFrom'>;
}

/** Passes decompressed data on while it stays within bounds. Throws `too-large` as soon as it does not. */
export async function* guardSize(
  chunks: AsyncIterable<Uint8Array>,
  options: SizeGuardOptions,
): AsyncGenerator<Uint8Array> {
  const { where, bytes, limits } = options;
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > bytes) throw tooLarge(where, `unpacks to more than ${bytes} bytes`);
    if (size > limits.ratioFrom && size > options.compressed * limits.ratio) {
      throw tooLarge(where, `unpacks to more than ${limits.ratio} times its size`);
    }
    yield chunk;
  }
}
