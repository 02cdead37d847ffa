import { setImmediate as yieldToLoop } from 'node:timers/promises';
import { invalidPackage, tooLarge } from './refusals.ts';
import { readZstdFrames, type ZstdFrame } from './zstd-frames.ts';

/** Bytes that the decoder may move in all, some ten seconds' worth: real info directories stay below a hundredth. */
const MAX_MOVED = 96 * 1024 ** 3;
/** Bytes after which other work gets its turn. */
const TURN = 64 * 1024 * 1024;

/**
 * Decompresses a whole zstd stream that is in memory, block by block, giving way to other work in between. With fzstd on
 * every Node: node:zlib has zstd only from 22.15 on, and takes truncated input. fzstd looks at no checksum and sees little
 * of what is wrong inside a block: whoever calls this has compared a checksum of the compressed bytes. Throws `invalid-package`, `too-large`.
 */
export async function* decodeZstd(bytes: Uint8Array, where: string): AsyncGenerator<Uint8Array> {
  const frames = readZstdFrames(bytes, where);
  const moved = frames.reduce((sum, frame) => sum + frame.window * frame.blockEnds.length, 0);
  if (moved > MAX_MOVED) throw tooLarge(where, 'takes too long to unpack: its zstd stream has too many small blocks');
  for (const frame of frames) yield* decodeFrame(frame, where);
}

async function* decodeFrame(frame: ZstdFrame, where: string): AsyncGenerator<Uint8Array> {
  const { Decompress } = await import('fzstd');
  const ready: Uint8Array[] = [];
  // Each block comes in memory of its own.
  const decoder = new Decompress((part) => {
    if (part.length > 0) ready.push(part);
  });
  let size = 0;
  let start = 0;
  let moved = 0;
  // Block by block: four bytes may hold a run of 128 KiB, and whoever reads this counts.
  for (const end of frame.blockEnds) {
    try {
      decoder.push(frame.bytes.subarray(start, end), end === frame.bytes.length);
    } catch (error) {
      throw invalidPackage(where, 'its zstd stream is damaged', error);
    }
    start = end;
    for (const part of ready.splice(0)) {
      size += part.length;
      yield part;
    }
    moved += frame.window;
    if (moved < TURN) continue;
    moved = 0;
    await yieldToLoop();
  }
  if (frame.contentSize !== undefined && frame.contentSize !== size) {
    throw invalidPackage(where, 'a zstd frame holds another amount of content than it claims');
  }
}
