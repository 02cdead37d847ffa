import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { soon } from './soon.ts';

describe('soon', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('does once what was asked for many times in a row, and again what was asked for later', () => {
    const work = vi.fn();
    const { call } = soon(work, 50);
    for (let n = 0; n < 100; n += 1) call();
    expect(work).not.toHaveBeenCalled();
    vi.advanceTimersByTime(50);
    expect(work).toHaveBeenCalledTimes(1);
    call();
    vi.advanceTimersByTime(50);
    expect(work).toHaveBeenCalledTimes(2);
  });

  it('does nothing once it is disposed of', () => {
    const work = vi.fn();
    const { call, dispose } = soon(work, 50);
    call();
    dispose();
    vi.advanceTimersByTime(100);
    expect(work).not.toHaveBeenCalled();
  });
});
