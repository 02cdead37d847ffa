import { describe, expect, it } from 'vitest';
import { parseBytes } from './parse-bytes.ts';

describe('parseBytes', () => {
  it.each([
    ['5GB', 5e9],
    ['1.5 MiB', 1_572_864],
    ['42', 42],
  ])('reads %s', (text, expected) => {
    expect(parseBytes(text)).toBe(expected);
  });

  it.each(['', 'much', '5 parsecs', '-1', '9999999TB'])('refuses "%s"', (text) => {
    expect(() => parseBytes(text)).toThrow(/no size/);
  });
});
