import { describe, expect, it } from 'vitest';
import { formatBytes, formatExpiry, formatSeconds } from './format.ts';

describe('format', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [999.7, '1.0 kB'],
    [1500, '1.5 kB'],
    [41_200_000, '41 MB'],
    [999_600_000, '1.0 GB'],
    [3_200_000_000_000_000, '3200 TB'],
  ])('says %d bytes as %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it('says when a token ends, and that it has ended', () => {
    const now = Date.parse('2026-01-01T00:00:00Z');
    expect(formatExpiry('2026-01-01T00:05:00Z', now)).toBe('expires in 5 min');
    expect(formatExpiry('2025-12-31T23:59:59Z', now)).toBe('expired');
    expect(formatExpiry('sometime', now)).toBe('sometime');
  });

  it('says short times in seconds and long ones in hours', () => {
    expect([0.2, 59, 60, 7200].map(formatSeconds)).toEqual(['1 s', '59 s', '1 min', '2 h']);
  });
});
