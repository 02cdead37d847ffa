import { describe, expect, it } from 'vitest';
import { backoff, connectionFailure, isTransientFailure, requestedPause } from './retry.ts';

const now = Date.UTC(2026, 10, 24, 12, 0, 0);

describe('requestedPause', () => {
  it.each([
    ['seconds', { 'retry-after': '7' }, '', 7000],
    ['a date', { 'retry-after': 'Tue, 24 Nov 2026 12:00:30 GMT' }, '', 30_000],
    ['a date that has passed', { 'retry-after': 'Tue, 24 Nov 2026 11:00:00 GMT' }, '', 0],
    ['microseconds in the body', {}, 'toomanyrequests: retry-after: 284.357µs, allowed: 44000/minute', 0.284357],
    ['milliseconds in the body', {}, '{"errors":[{"message":"retry-after: 541.2ms, allowed: 2000/minute"}]}', 541.2],
    ['a compound duration', {}, 'retry-after: 1m2.5s', 62_500],
    ['a duration in the header', { 'retry-after': '120ms' }, '', 120],
    ['the header before the body', { 'retry-after': '1' }, 'retry-after: 5s', 1000],
  ])('reads %s', (_, headers, body, expected) => {
    expect(requestedPause(headers, body, now)).toBeCloseTo(expected, 6);
  });

  it('knows nothing of nonsense', () => {
    for (const text of ['soon', '', '-5', 'retry-after: soon']) {
      expect(requestedPause({ 'retry-after': text }, text, now)).toBeUndefined();
    }
  });
});

describe('backoff', () => {
  it('doubles up to a bound, between half and whole', () => {
    expect([1, 2, 3].map((tries) => backoff(tries, () => 1))).toEqual([200, 400, 800]);
    expect(backoff(3, () => 0)).toBe(400);
    expect(backoff(50, () => 1)).toBe(10_000);
  });
});

describe('connection failures', () => {
  it('are found through wrapping and aggregation, and told apart from what does not pass', () => {
    const refused = Object.assign(new Error('x'), { code: 'ECONNREFUSED' });
    expect(connectionFailure(new AggregateError([new Error('y'), refused]))).toBe('ECONNREFUSED');
    expect(isTransientFailure(new Error('outer', { cause: refused }))).toBe(true);
    for (const code of ['ENOTFOUND', 'CERT_HAS_EXPIRED', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'UND_ERR_ABORTED']) {
      expect(isTransientFailure(Object.assign(new Error('x'), { code })), code).toBe(false);
    }
  });
});
