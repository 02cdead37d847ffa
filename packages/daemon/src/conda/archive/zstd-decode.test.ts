import { createHash } from 'node:crypto';
import { Zstd } from '@hpcc-js/wasm-zstd';
import { describe, expect, it } from 'vitest';
import { bombZstd, rawZstd } from '../testing/archives.ts';
import { decodeZstd } from './zstd-decode.ts';
import { readZstdFrames } from './zstd-frames.ts';

async function decode(bytes: Uint8Array): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of decodeZstd(bytes, 'it')) parts.push(part);
  return Buffer.concat(parts);
}

/** Bytes that do not compress, the same on every run. */
function noise(size: number): Buffer {
  const parts = Array.from({ length: Math.ceil(size / 32) }, (_, at) =>
    createHash('sha256').update(String(at)).digest(),
  );
  return Buffer.concat(parts).subarray(0, size);
}

/** As streaming writers do it: no content size, a window as wide as the level asks for. */
async function compress(content: Uint8Array): Promise<Uint8Array> {
  const zstd = await Zstd.load();
  zstd.reset();
  zstd.setCompressionLevel(19);
  const parts = [];
  for (let at = 0; at < content.length; at += 100_000) {
    parts.push(zstd.compressChunk(content.subarray(at, at + 100_000)));
  }
  parts.push(zstd.compressEnd());
  return Buffer.concat(parts);
}

describe('decodeZstd', () => {
  it('undoes what zstd wrote, matches from far back included, in the smallest window that does', async () => {
    const half = noise(1_500_000);
    const content = Buffer.concat([half, half]);
    const compressed = await compress(content);
    expect(compressed.length).toBeLessThan(content.length * 0.6);
    expect((await decode(compressed)).equals(content)).toBe(true);
    expect(readZstdFrames(compressed, 'it')[0]?.window).toBeLessThanOrEqual(4 * 1024 * 1024);
  });

  it('reads frame after frame, empty and skippable ones too', async () => {
    const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
    const frames = [rawZstd(Buffer.from('a')), skippable, rawZstd(Buffer.alloc(0)), await compress(Buffer.from('bc'))];
    expect((await decode(Buffer.concat(frames))).toString()).toBe('abc');
    expect((await decode(Buffer.concat(Array.from({ length: 5000 }, () => rawZstd(Buffer.from('x')))))).length).toBe(
      5000,
    );
  });

  it('refuses every cut of a stream', async () => {
    const compressed = await compress(noise(1000));
    for (let length = 0; length < compressed.length; length += 1) {
      await expect(decode(compressed.subarray(0, length))).rejects.toMatchObject({ code: 'invalid-package' });
    }
    const cutSkippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1]);
    for (const tail of [Buffer.from([0]), cutSkippable]) {
      await expect(decode(Buffer.concat([compressed, tail]))).rejects.toMatchObject({ code: 'invalid-package' });
    }
  });

  it('refuses dictionaries, reserved bits and unknown blocks', async () => {
    const frame = Buffer.from(rawZstd(Buffer.from('abc')));
    const changed = (at: number, value: number): Buffer => {
      const copy = Buffer.from(frame);
      copy[at] = value;
      return copy;
    };
    for (const bytes of [changed(4, 1), changed(4, 8), changed(6, frame[6]! | 6)]) {
      await expect(decode(bytes)).rejects.toMatchObject({ code: 'invalid-package' });
    }
  });

  it('hands out one block at a time, so that whoever counts can stop', async () => {
    const decoding = decodeZstd(bombZstd(1000), 'it');
    const first = await decoding.next();
    expect((first.value as Uint8Array).length).toBeLessThanOrEqual(128 * 1024);
    await decoding.return(undefined);
  });
});
