import { CondockError } from '@condock/protocol';

/** The widest window that zstd itself accepts by default (`--long=27`), in bytes. */
const MAX_WINDOW = 128 * 1024 * 1024;
const MAGIC = 0xfd2fb528;

/**
 * Walks the frames of a zstd stream (RFC 8878 §3.1) without decompressing and checks that each is whole and asks for a
 * bounded window: the decoder allocates what a header asks for, up to 2 GiB. Throws `invalid-package` for what is no
 * whole zstd stream, `too-large` for a window or a declared size beyond the bounds. `limit` in bytes.
 */
export function checkZstdFrames(bytes: Uint8Array, limit: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  let declared = 0;
  try {
    do {
      const magic = view.getUint32(at, true);
      if (magic >>> 4 === 0x184d2a5) {
        at += 8 + view.getUint32(at + 4, true);
        continue;
      }
      if (magic !== MAGIC) throw damaged('it does not begin like a zstd frame');
      const header = readHeader(view, at + 4);
      declared += header.contentSize ?? 0;
      if (declared > limit) throw tooLarge(`declares ${declared} bytes of content`, limit);
      const window = header.window ?? 0;
      if (window > MAX_WINDOW) throw tooLarge(`asks for a window of ${window} bytes`, MAX_WINDOW);
      at = skipBlocks(view, header.end) + (header.checksum ? 4 : 0);
    } while (at < bytes.length);
  } catch (error) {
    if (error instanceof RangeError) throw damaged('it ends too early');
    throw error;
  }
  if (at > bytes.length) throw damaged('it ends too early');
}

function readHeader(view: DataView, at: number) {
  const flags = view.getUint8(at);
  const singleSegment = (flags & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][flags & 3] ?? 0;
  const sizeFlag = flags >> 6;
  const sizeBytes = [singleSegment ? 1 : 0, 2, 4, 8][sizeFlag] ?? 0;
  const sizeAt = at + 1 + (singleSegment ? 0 : 1) + dictionaryBytes;
  const contentSize = readSize(view, sizeAt, sizeBytes);
  return {
    contentSize,
    window: singleSegment ? contentSize : windowOf(view.getUint8(at + 1)),
    checksum: (flags & 4) !== 0,
    end: sizeAt + sizeBytes,
  };
}

function windowOf(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

function readSize(view: DataView, at: number, bytes: number): number | undefined {
  if (bytes === 0) return undefined;
  if (bytes === 1) return view.getUint8(at);
  if (bytes === 2) return view.getUint16(at, true) + 256;
  if (bytes === 4) return view.getUint32(at, true);
  return Number(view.getBigUint64(at, true));
}

function skipBlocks(view: DataView, start: number): number {
  for (let at = start; ;) {
    const header = view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
    const runLength = ((header >> 1) & 3) === 1;
    at += 3 + (runLength ? 1 : header >> 3);
    if ((header & 1) === 1) return at;
  }
}

const damaged = (why: string): CondockError =>
  new CondockError('invalid-package', `The data are no whole zstd stream: ${why}.`, {
    hint: 'Fetch them again, or publish them again.',
  });

const tooLarge = (what: string, limit: number): CondockError =>
  new CondockError('too-large', `A zstd stream ${what}; at most ${limit} are taken.`, {
    hint: 'Real packages and repodata stay far below that.',
  });
