import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { bunzip2, decompress, gunzip, zstdCompress, zstdDecompress } from './compression.ts';

const failure = (code: string) => expect.objectContaining({ code }) as Error;
const DOCUMENT = Buffer.from(
  JSON.stringify(Array.from({ length: 30_000 }, (_, n) => ({ n, name: `package-${n % 97}` }))),
);
// `bzip2` of 'conda\n' × 20, by the bzip2 program.
const BZIP2 = Buffer.from('QlpoOTFBWSZTWbMc9PQAAB3BAAAQLAGgADDAApUMnCeJ0mE0mk+LuSKcKEhZjnp6AA==', 'base64');

describe('zstd', () => {
  it('gives back what it compressed, and less on the wire', async () => {
    for (const bytes of [Buffer.alloc(0), Buffer.from('x'), DOCUMENT]) {
      const packed = await zstdCompress(bytes, { level: 3 });
      expect(Buffer.compare(await zstdDecompress(packed, bytes.length), bytes)).toBe(0);
    }
    expect((await zstdCompress(DOCUMENT)).length).toBeLessThan(DOCUMENT.length / 5);
  });

  it('keeps streams apart that are compressed at the same time', async () => {
    const inputs = [1, 2, 3, 4].map((n) => Buffer.concat([DOCUMENT, Buffer.from(String(n))]));
    const packed = await Promise.all(inputs.map((bytes) => zstdCompress(bytes, { level: 1 })));
    for (const [at, bytes] of packed.entries()) {
      expect(Buffer.compare(await zstdDecompress(bytes, 1e8), inputs[at]!)).toBe(0);
    }
  });

  it('reads several frames, skippable ones too', async () => {
    const frame = await zstdCompress(Buffer.from('abc'));
    const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9]);
    const bytes = await zstdDecompress(Buffer.concat([frame, skippable, frame]), 10);
    expect(Buffer.from(bytes).toString()).toBe('abcabc');
  });

  it('stops above the limit, whatever the header says', async () => {
    await expect(zstdDecompress(await zstdCompress(Buffer.alloc(5_000_000)), 4_999_999)).rejects.toThrow(
      failure('too-large'),
    );
    // Nine bytes that ask for a window of 2 GiB.
    const window = Buffer.from('28b52ffd00a8010000', 'hex');
    await expect(zstdDecompress(window, 1e6)).rejects.toThrow(/window/);
    const ordinary = await zstdCompress(Buffer.from('abc'));
    await expect(zstdDecompress(Buffer.concat([ordinary, window]), 1e6)).rejects.toThrow(/window/);
  });

  it('refuses what is cut off or no zstd at all', async () => {
    const whole = await zstdCompress(DOCUMENT);
    for (const bytes of [
      Buffer.alloc(0),
      Buffer.from('{"packages":{}}'),
      whole.subarray(0, -1),
      whole.subarray(0, 1000),
    ]) {
      await expect(zstdDecompress(bytes, 1e9)).rejects.toThrow(failure('invalid-package'));
    }
  });
});

describe('gzip and bzip2', () => {
  it('are read up to the limit', async () => {
    const gzip = gzipSync(DOCUMENT);
    expect(Buffer.compare(await gunzip(gzip, DOCUMENT.length), DOCUMENT)).toBe(0);
    await expect(gunzip(gzip, DOCUMENT.length - 1)).rejects.toThrow(failure('too-large'));
    expect(Buffer.from(await bunzip2(BZIP2, 120)).toString()).toBe('conda\n'.repeat(20));
    await expect(bunzip2(BZIP2, 119)).rejects.toThrow(failure('too-large'));
  });

  it('are refused when damaged', async () => {
    await expect(gunzip(gzipSync(DOCUMENT).subarray(0, 500), 1e9)).rejects.toThrow(failure('invalid-package'));
    await expect(bunzip2(BZIP2.subarray(0, 30), 1e9)).rejects.toThrow(failure('invalid-package'));
    await expect(bunzip2(Buffer.from('not bzip2'), 1e9)).rejects.toThrow(failure('invalid-package'));
  });
});

describe('decompress', () => {
  it('goes by the name of the compression and bounds plain data too', async () => {
    expect(Buffer.from(await decompress(gzipSync('abc'), 'gzip', 3)).toString()).toBe('abc');
    expect(Buffer.from(await decompress(await zstdCompress(Buffer.from('abc')), 'zst', 3)).toString()).toBe('abc');
    expect(Buffer.from(await decompress(Buffer.from('abc'), 'plain', 3)).toString()).toBe('abc');
    await expect(decompress(Buffer.from('abcd'), 'plain', 3)).rejects.toThrow(failure('too-large'));
  });
});
