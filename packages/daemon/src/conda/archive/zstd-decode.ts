import { setImmediate as yieldToLoop } from 'node:timers/promises';
import { invalidPackage, tooLarge } from './refusals.ts';
import { readZstdFrames, type ZstdFrame } from './zstd-frames.ts';

const PIECE = 256 * 1024;
/** Bytes that the decoder may move: real info directories stay below a hundredth. */
const MAX_MOVED = 32 * 1024 ** 3;

/**
 * Decompresses a whole zstd stream that is in memory, block by block, giving way to other work in between. With fzstd on
 * every Node: node:zlib has zstd only from 22.15 on, and takes truncated input. Checksums of frames are not looked at:
 * what calls this has checked the bytes. Throws `invalid-package`, `too-large`.
 */
export async function* decodeZstd(bytes: Uint8Array, where: string): AsyncGenerator<Uint8Array> {
  const frames = readZstdFrames(bytes, where);
  const moved = frames.reduce((sum, frame) => sum + frame.window * frame.blocks, 0);
  if (moved > MAX_MOVED) throw tooLarge(where, 'takes too long to unpack: its zstd stream has too many small blocks');
  for (const frame of frames) yield* decodeFrame(frame, where);
}

async function* decodeFrame(frame: ZstdFrame, where: string): AsyncGenerator<Uint8Array> {
  const { Decompress } = await import('fzstd');
  const ready: Uint8Array[] = [];
  const decoder = new Decompress((part) => {
    // The decoder goes on writing into the memory that it hands out.
    if (part.length > 0) ready.push(part.slice());
  });
  let size = 0;
  for (let at = 0; at < frame.bytes.length; at += PIECE) {
    try {
      decoder.push(frame.bytes.subarray(at, at + PIECE), at + PIECE >= frame.bytes.length);
    } catch (error) {
      throw invalidPackage(where, 'its zstd stream is damaged', error);
    }
    for (const part of ready.splice(0)) {
      size += part.length;
      yield part;
    }
    await yieldToLoop();
  }
  if (frame.contentSize !== undefined && frame.contentSize !== size) {
    throw invalidPackage(where, 'a zstd frame holds another amount of content than it claims');
  }
}
