import { createHash } from 'node:crypto';
import unbzip2 from 'unbzip2-stream';
import { describe, expect, it } from 'vitest';
import { bzip2 } from './bzip2.ts';

function decoded(bytes: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    const stream = unbzip2();
    stream.on('data', (part: Buffer) => parts.push(part));
    stream.on('error', reject);
    stream.on('end', () => {
      resolve(Buffer.concat(parts));
    });
    stream.write(Buffer.from(bytes));
    stream.end();
  });
}

/** Bytes that look random and are the same on every run. */
function noise(length: number): Buffer {
  const parts: Buffer[] = [];
  for (let i = 0; i * 32 < length; i += 1) parts.push(createHash('sha256').update(String(i)).digest());
  return Buffer.concat(parts).subarray(0, length);
}

describe('bzip2', () => {
  it.each([
    ['one byte', Buffer.from('a')],
    ['text', Buffer.from('SIX.MIXED.PIXIES.SIFT.SIXTY.PIXIE.DUST.BOXES')],
    [
      'a run of every length around the limits',
      Buffer.concat([3, 4, 5, 254, 255, 256, 600].map((n, i) => Buffer.alloc(n, 65 + i))),
    ],
    ['text that repeats with a period', Buffer.from('ab'.repeat(3000))],
    ['all byte values', Buffer.from(Array.from({ length: 2560 }, (_, i) => (i * 7) % 256))],
    ['bytes without pattern', noise(50_000)],
    ['more than one block', Buffer.concat([noise(600_000), Buffer.alloc(280_000, 'conda '), noise(60_000)])],
    [
      'frequencies that want long codes',
      Buffer.concat(Array.from({ length: 20 }, (_, i) => Buffer.alloc(2 ** Math.min(i, 16), i))),
    ],
  ])('comes back from another decoder: %s', async (_, bytes) => {
    expect(
      createHash('sha256')
        .update(await decoded(bzip2(bytes)))
        .digest('hex'),
    ).toBe(createHash('sha256').update(bytes).digest('hex'));
  });

  it('makes text smaller', () => {
    expect(bzip2(Buffer.from('info/index.json\n'.repeat(500))).length).toBeLessThan(200);
  });

  it('makes the 14 bytes of an empty stream of nothing', () => {
    expect(Buffer.from(bzip2(new Uint8Array())).toString('hex')).toBe('425a683917724538509000000000');
  });
});
