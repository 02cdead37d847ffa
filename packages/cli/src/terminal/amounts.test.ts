import { describe, expect, it } from 'vitest';
import { formatBytes, formatSeconds } from './amounts.ts';

describe('amounts for people', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [93_400, '93 kB'],
    [999_600, '1.0 MB'],
    [1_440_000_000, '1.4 GB'],
  ])('writes %d bytes as %s', (bytes, expected) => {
    expect(formatBytes(bytes)).toBe(expected);
  });

  it.each([
    [0.42, '0.4 s'],
    [12.3, '12 s'],
    [185, '3 min 5 s'],
  ])('writes %d seconds as %s', (seconds, expected) => {
    expect(formatSeconds(seconds)).toBe(expected);
  });
});
