import { describe, expect, it } from 'vitest';
import { createProgressMeter } from './progress-meter.ts';

describe('the progress meter', () => {
  it('says amounts, rate and steps that add up to a hundred', () => {
    let now = 0;
    const meter = createProgressMeter(() => now);
    expect(meter({ kind: 'begin', title: 'Prefetch', total: { bytes: 10_000_000, packages: 4 } })).toEqual({
      text: '0 of 4 packages, 0 B of 10 MB',
      increment: 0,
    });
    now = 1000;
    const half = meter({ kind: 'report', done: { bytes: 5_000_000, packages: 1 } });
    expect(half).toEqual({ text: '1 of 4 packages, 5.0 MB of 10 MB, 5.0 MB/s', increment: 50 });
    now = 2000;
    expect(meter({ kind: 'end' }).increment).toBe(50);
  });

  it('counts blobs where those are counted, and does not count to one', () => {
    const blobs = createProgressMeter(() => 0, 'blobs');
    expect(blobs({ kind: 'begin', title: 'Verify', total: { packages: 14 } }).text).toBe('0 of 14 blobs');
    const one = createProgressMeter(() => 0);
    expect(one({ kind: 'begin', title: 'Prefetch', total: { packages: 1, bytes: 1000 } }).text).toBe('0 B of 1.0 kB');
  });

  it('never goes back when the total grows', () => {
    const meter = createProgressMeter(() => 0);
    meter({ kind: 'report', done: { bytes: 50 }, total: { bytes: 100 } });
    expect(meter({ kind: 'report', done: { bytes: 60 }, total: { bytes: 1000 } }).increment).toBe(0);
  });

  it('says the title or message, and no step, where nothing is counted', () => {
    const meter = createProgressMeter(() => 0);
    expect(meter({ kind: 'begin', title: 'Hash blobs' })).toEqual({ text: 'Hash blobs', increment: undefined });
    expect(meter({ kind: 'report', message: 'still at it' }).text).toBe('still at it');
  });

  it('forgets old rates', () => {
    let now = 0;
    const meter = createProgressMeter(() => now);
    meter({ kind: 'report', done: { bytes: 9_000_000 } });
    for (now = 1000; now <= 10_000; now += 1000) meter({ kind: 'report', done: { bytes: 9_000_000 } });
    expect(meter({ kind: 'report', done: { bytes: 9_000_000 } }).text).toBe('9.0 MB');
  });
});
