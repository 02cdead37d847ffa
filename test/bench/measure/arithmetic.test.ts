import { describe, expect, it } from 'vitest';
import { choose, othersBetween, type ProcessorTime, quantile, ratios, summarize } from './arithmetic.ts';

describe('summarize', () => {
  it('gives the middle value of an odd number of values, whatever their order', () => {
    expect(summarize([9, 1, 5])).toEqual({ median: 5, min: 1, max: 9 });
  });

  it('gives the middle of the two middle values of an even number', () => {
    expect(summarize([4, 1, 3, 10])).toEqual({ median: 3.5, min: 1, max: 10 });
  });

  it('orders by size, not as text', () => {
    expect(summarize([10, 9, 100])).toEqual({ median: 10, min: 9, max: 100 });
  });

  it('refuses to summarize nothing', () => {
    expect(() => summarize([])).toThrow(/nothing was measured/);
  });
});

describe('quantile', () => {
  it('interpolates between neighbours', () => {
    expect(quantile([0, 10, 20, 30, 40], 0.5)).toBe(20);
    expect(quantile([0, 100], 0.99)).toBeCloseTo(99);
    expect(quantile([7], 0.99)).toBe(7);
  });
});

describe('ratios', () => {
  it('compares values of the same round, so that a drift of both leaves no trace', () => {
    expect(ratios([2, 4, 8], [1, 2, 4])).toEqual([2, 2, 2]);
  });

  it('refuses series of different lengths', () => {
    expect(() => ratios([1, 2], [1])).toThrow(/same rounds/);
  });
});

describe('othersBetween', () => {
  const at = (busy: number, kernel: number, own: [number, number][]): ProcessorTime => ({
    busy,
    kernel,
    own: new Map(own),
  });

  it('is what was busy and neither ours nor the kernel’s, in cores', () => {
    const before = at(100, 10, [[1, 5]]); // prettier-ignore
    const after = at(104, 10.5, [[1, 6], [9, 0.5]]); // prettier-ignore
    expect(othersBetween(before, after, 2)).toBeCloseTo((4 - 0.5 - 1.5) / 2);
  });

  it('counts a process of ours that began in between in full, and forgets one that ended', () => {
    expect(othersBetween(at(0, 0, [[7, 50]]), at(2, 0, [[8, 2]]), 1)).toBe(0);
  });

  it('is never negative: the clocks tick in hundredths', () => {
    expect(othersBetween(at(0, 0, []), at(1, 0, [[8, 1.02]]), 1)).toBe(0);
  });
});

describe('choose', () => {
  const rounds = (...others: number[]) => others.map((share, values) => ({ others: share, values }));

  it('throws away rounds in which others took more than half a core', () => {
    const { chosen, disturbed } = choose(rounds(0.1, 0.9, 0.5, 0.2), 3);
    expect(chosen.map((r) => r.values)).toEqual([0, 2, 3]);
    expect(disturbed).toBe(0);
  });

  it('takes no more than wanted', () => {
    expect(choose(rounds(0, 0, 0), 2).chosen).toHaveLength(2);
  });

  it('fills up with the least disturbed, and says so', () => {
    const { chosen, disturbed } = choose(rounds(1.9, 0.1, 0.8, 0.6), 3);
    expect(chosen.map((r) => r.values)).toEqual([1, 2, 3]);
    expect(disturbed).toBe(2);
  });
});
