import { invalidPackage, tooLarge } from './refusals.ts';

const MAGIC = 0xfd2fb528;
/** The widest window that zstd itself accepts by default (`--long=27`), in bytes. */
const MAX_WINDOW = 128 * 1024 * 1024;
const MAX_BLOCK = 128 * 1024;

/** One zstd frame whose outside has been checked. */
export interface ZstdFrame {
  /** The whole frame; its window shrunk to what its blocks can fill. */
  bytes: Uint8Array;
  /** Bytes of memory that a decoder needs for the window. */
  window: number;
  /** Where each block ends in `bytes`; the last end is that of the frame. */
  blockEnds: number[];
  /** Bytes of content, where the header says so. */
  contentSize: number | undefined;
}

/**
 * Walks the frames of a zstd stream (RFC 8878 §3.1) without decompressing: each has to be whole and to ask for a bounded
 * window. Decoders allocate what a header asks for, up to 2 GiB, and fzstd moves the window at every block: so it is
 * shrunk to what the blocks can fill. Skippable frames are left out. Throws `invalid-package`, `too-large`.
 */
export function readZstdFrames(bytes: Uint8Array, where: string): ZstdFrame[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const frames: ZstdFrame[] = [];
  let at = 0;
  try {
    do {
      const magic = view.getUint32(at, true);
      if (magic >>> 4 === 0x184d2a5) {
        at += 8 + view.getUint32(at + 4, true);
      } else if (magic === MAGIC) {
        const { frame, end } = readFrame(view, at, where);
        frames.push(frame);
        at = end;
      } else {
        throw invalidPackage(where, 'it is not zstd-compressed all through');
      }
    } while (at < bytes.length);
  } catch (error) {
    if (error instanceof RangeError) throw truncated(where);
    throw error;
  }
  if (at > bytes.length) throw truncated(where);
  return frames;
}

function readFrame(view: DataView, start: number, where: string): { frame: ZstdFrame; end: number } {
  const flags = view.getUint8(start + 4);
  if ((flags & 8) !== 0) throw invalidPackage(where, 'a zstd frame header has a reserved bit set');
  if ((flags & 3) !== 0) throw invalidPackage(where, 'a zstd frame wants a dictionary');
  const singleSegment = (flags & 0x20) !== 0;
  const sizeAt = start + (singleSegment ? 5 : 6);
  const sizeBytes = [singleSegment ? 1 : 0, 2, 4, 8][flags >> 6] ?? 0;
  const contentSize = readSize(view, sizeAt, sizeBytes);
  const asked = singleSegment ? (contentSize ?? 0) : windowOf(view.getUint8(start + 5));
  if (asked > MAX_WINDOW)
    throw tooLarge(where, `asks for a zstd window of ${asked} bytes; at most ${MAX_WINDOW} are given`);
  const blocks = walkBlocks(view, sizeAt + sizeBytes, where);
  if (contentSize !== undefined && contentSize > blocks.content) {
    throw invalidPackage(where, 'a zstd frame claims more content than its blocks can hold');
  }
  const end = (blocks.ends.at(-1) ?? 0) + ((flags & 4) !== 0 ? 4 : 0);
  if (end > view.byteLength) throw truncated(where);
  const bytes = new Uint8Array(view.buffer, view.byteOffset + start, end - start).slice();
  let window = asked;
  if (!singleSegment) {
    const fitting = windowDescriptor(Math.max(blocks.content, MAX_BLOCK));
    if (windowOf(fitting) < asked) {
      bytes[5] = fitting;
      window = windowOf(fitting);
    }
  }
  const blockEnds = [...blocks.ends.slice(0, -1), end].map((at) => at - start);
  return { frame: { bytes, window, blockEnds, contentSize }, end };
}

function walkBlocks(view: DataView, start: number, where: string): { content: number; ends: number[] } {
  const ends: number[] = [];
  let content = 0;
  for (let at = start; ;) {
    const header = view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
    const type = (header >> 1) & 3;
    const size = header >> 3;
    if (type === 3 || size > MAX_BLOCK) throw invalidPackage(where, 'a zstd block is of no known type or size');
    // Raw blocks and runs say their content; a compressed one holds at most a block's worth.
    content += type === 2 ? MAX_BLOCK : size;
    at += 3 + (type === 1 ? 1 : size);
    ends.push(at);
    if ((header & 1) === 1) return { content, ends };
  }
}

function windowOf(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

/** The descriptor of the smallest power of two that is not below `bytes`. */
function windowDescriptor(bytes: number): number {
  return (Math.ceil(Math.log2(bytes)) - 10) << 3;
}

function readSize(view: DataView, at: number, bytes: number): number | undefined {
  if (bytes === 1) return view.getUint8(at);
  if (bytes === 2) return view.getUint16(at, true) + 256;
  if (bytes === 4) return view.getUint32(at, true);
  return bytes === 8 ? Number(view.getBigUint64(at, true)) : undefined;
}

const truncated = (where: string): Error => invalidPackage(where, 'its zstd stream ends too early');
