import { describe, expect, it } from 'vitest';
import { encodeFrame, FrameDecoder, FramingError } from './framing.ts';

const limits = { headerBytes: 64, bodyBytes: 1000 };
const decode = (chunks: (string | Buffer)[], decoder = new FrameDecoder(limits)) =>
  chunks.flatMap((chunk) => [...decoder.push(Buffer.from(chunk as string))]);

describe('FrameDecoder', () => {
  it('finds the same bodies however the bytes are cut', () => {
    const bytes = Buffer.from(['{"a":1}', '{"ä":"€🙂"}', '2', '{}'].map(encodeFrame).join(''));
    for (let size = 1; size <= bytes.length; size += 1) {
      const chunks: Buffer[] = [];
      for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
      expect(decode(chunks)).toEqual(['{"a":1}', '{"ä":"€🙂"}', '2', '{}']);
    }
  });

  it('counts bytes, not characters', () => {
    expect(encodeFrame('"€"')).toBe('Content-Length: 5\r\n\r\n"€"');
  });

  it('takes header names in any case, and a charset that is UTF-8', () => {
    const header = 'content-type: x; charset=utf-8\r\nCONTENT-LENGTH:  2 \r\n\r\n';
    expect(decode([`${header}{}`])).toEqual(['{}']);
  });

  it.each([
    ['no length', 'Content-Type: x\r\n\r\n'],
    ['a length of zero', 'Content-Length: 0\r\n\r\n'],
    ['a length in hex', 'Content-Length: 0x10\r\n\r\n'],
    ['a negative length', 'Content-Length: -2\r\n\r\n'],
    ['two lengths', 'Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}'],
    ['a length over the limit', 'Content-Length: 1001\r\n\r\n'],
    ['another charset', 'Content-Type: x; charset=utf-16\r\nContent-Length: 2\r\n\r\n{}'],
    ['a line without a name', ': 2\r\n\r\n{}'],
    ['an endless header', 'x'.repeat(70)],
    ['a header that ends too late', `X: ${'x'.repeat(64)}\r\n\r\n`],
  ])('refuses %s', (_, bytes) => {
    expect(() => decode([bytes])).toThrow(FramingError);
    expect(() => decode(Array.from(bytes))).toThrow(FramingError);
  });

  it('holds no more than twice what has arrived, whatever was announced', () => {
    const decoder = new FrameDecoder({ headerBytes: 64, bodyBytes: 2 ** 30 });
    const before = process.memoryUsage().arrayBuffers;
    decode(['Content-Length: 1073741824\r\n\r\n', '{'.repeat(10_000)], decoder);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000);
    expect(decoder.isPartial).toBe(true);
  });

  it('takes a larger body once its limit is raised', () => {
    const decoder = new FrameDecoder(limits);
    decoder.limits.bodyBytes = 2000;
    expect(decode([encodeFrame('x'.repeat(1500))], decoder)[0]).toHaveLength(1500);
    expect(decoder.isPartial).toBe(false);
  });
});
