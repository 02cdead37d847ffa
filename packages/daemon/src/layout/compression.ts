import { setImmediate as yieldToLoop } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gunzip as zlibGunzip } from 'node:zlib';
import { CondockError } from '@condock/protocol';
import { decodeZstd } from '../conda/archive/zstd-decode.ts';

/** How a layer is compressed; the suffix of its media type says it. */
export type Compression = 'plain' | 'gzip' | 'bz2' | 'zst';

const PIECE = 256 * 1024;
const HARD_LEVEL_BYTES = 4 * 1024 * 1024;

let encoding: Promise<unknown> = Promise.resolve();

/**
 * One zstd frame, by WebAssembly: Node has zstd only from 22.15 on. Nothing relies on the same bytes everywhere. Gives
 * way to other work between pieces. Default level 19 up to 4 MiB and 3 above: metadata is read far more often than
 * written, but must not hold the daemon for seconds.
 */
export async function zstdCompress(bytes: Uint8Array, options: { level?: number } = {}): Promise<Uint8Array> {
  // The module has one encoder: streams take turns.
  const turn = encoding.then(() => encode(bytes, options.level ?? (bytes.length <= HARD_LEVEL_BYTES ? 19 : 3)));
  encoding = turn.catch(() => undefined);
  return turn;
}

async function encode(bytes: Uint8Array, level: number): Promise<Uint8Array> {
  const { Zstd } = await import('@hpcc-js/wasm-zstd');
  const zstd = await Zstd.load();
  zstd.reset();
  zstd.setCompressionLevel(level);
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += PIECE) {
    parts.push(zstd.compressChunk(bytes.subarray(at, at + PIECE)));
    await yieldToLoop();
  }
  parts.push(zstd.compressEnd());
  return Buffer.concat(parts);
}

/** Decompresses all frames of a zstd stream. Throws `too-large` above `limit` bytes, `invalid-package` for damaged data. */
export async function zstdDecompress(bytes: Uint8Array, limit: number): Promise<Uint8Array> {
  const collected = new Collector(limit);
  try {
    for await (const part of decodeZstd(bytes, 'The zstd stream')) collected.add(part);
  } catch (error) {
    if (error instanceof CondockError && error.code === 'too-large') throw error;
    throw damaged('zstd', error);
  }
  return collected.bytes();
}

const gunzipBuffer = promisify<Uint8Array, { maxOutputLength: number }, Buffer>(zlibGunzip);

/** Decompresses gzip. Throws `too-large` above `limit` bytes, `invalid-package` for damaged data. */
export async function gunzip(bytes: Uint8Array, limit: number): Promise<Uint8Array> {
  try {
    return await gunzipBuffer(bytes, { maxOutputLength: limit });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(limit);
    throw damaged('gzip', error);
  }
}

/** Decompresses bzip2. Throws `too-large` above `limit` bytes, `invalid-package` for damaged data. */
export async function bunzip2(bytes: Uint8Array, limit: number): Promise<Uint8Array> {
  const { default: unbzip2 } = await import('unbzip2-stream');
  const collected = new Collector(limit);
  const stream = unbzip2();
  let failure: unknown;
  // An old-style stream: it works inside `write`, and what this throws ends it there and comes back as its error.
  stream.on('data', (part: Buffer) => {
    collected.add(part);
  });
  stream.on('error', (error: unknown) => (failure ??= error));
  for (let at = 0; at < bytes.length && failure === undefined; at += PIECE) {
    stream.write(Buffer.from(bytes.subarray(at, at + PIECE)));
    await yieldToLoop();
  }
  if (failure === undefined) stream.end();
  if (failure !== undefined) throw damaged('bzip2', failure);
  return collected.bytes();
}

/** Undoes whatever compression a media type named; `limit` bounds plain data too. */
export async function decompress(bytes: Uint8Array, compression: Compression, limit: number): Promise<Uint8Array> {
  if (compression === 'zst') return zstdDecompress(bytes, limit);
  if (compression === 'gzip') return gunzip(bytes, limit);
  if (compression === 'bz2') return bunzip2(bytes, limit);
  if (bytes.length > limit) throw tooLarge(limit);
  return bytes;
}

class Collector {
  readonly #parts: Uint8Array[] = [];
  readonly #limit: number;
  #size = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(part: Uint8Array): void {
    this.#size += part.length;
    if (this.#size > this.#limit) throw tooLarge(this.#limit);
    this.#parts.push(part);
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#parts, this.#size);
  }
}

const tooLarge = (limit: number): CondockError =>
  new CondockError('too-large', `Compressed data would take more than ${limit} bytes.`, {
    hint: 'Real metadata stays far below that; the source may be hostile or damaged.',
  });

function damaged(format: string, error: unknown): CondockError {
  if (error instanceof CondockError && error.code === 'too-large') return error;
  return new CondockError('invalid-package', `The data are no whole ${format} stream.`, {
    hint: 'Fetch them again, or publish them again.',
    cause: error,
  });
}
