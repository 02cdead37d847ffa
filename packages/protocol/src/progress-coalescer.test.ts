import { describe, expect, it } from 'vitest';
import { createManualTimers } from '../../../test/support/manual-timers.ts';
import { LIMITS } from './limits.ts';
import type { ProgressValue } from './methods/common.ts';
import { coalesceProgress } from './progress-coalescer.ts';

function setUp(ready?: () => boolean) {
  const timers = createManualTimers();
  const sent: ProgressValue[] = [];
  const options = { send: (value: ProgressValue) => sent.push(value), timers };
  return { timers, sent, progress: coalesceProgress(ready === undefined ? options : { ...options, ready }) };
}
const report = (bytes: number): ProgressValue => ({ kind: 'report', done: { bytes } });

describe('coalesceProgress', () => {
  it('sends at most so many reports a second, and always the latest', () => {
    const { timers, sent, progress } = setUp();
    progress.push({ kind: 'begin', title: 't' });
    for (let ms = 1; ms <= 1000; ms += 1) {
      progress.push(report(ms));
      timers.pass(1);
    }
    const reports = sent.filter((value) => value.kind === 'report');
    expect(reports.length).toBeLessThanOrEqual(LIMITS.progressPerSecond + 1);
    expect(reports.length).toBeGreaterThanOrEqual(LIMITS.progressPerSecond - 1);
    timers.pass(1000);
    expect(sent.at(-1)).toEqual(report(1000));
  });

  it('adds up what successive reports name', () => {
    const { timers, sent, progress } = setUp();
    progress.push(report(1));
    progress.push({ kind: 'report', message: 'm' });
    progress.push(report(2));
    timers.pass(50);
    expect(sent).toEqual([report(1), { kind: 'report', message: 'm', done: { bytes: 2 } }]);
  });

  it('ends what was begun, once, and lets nothing pass after it', () => {
    const { timers, sent, progress } = setUp();
    progress.push({ kind: 'begin', title: 't' });
    progress.finish();
    progress.finish();
    progress.push(report(1));
    timers.pass(1000);
    expect(sent.map((value) => value.kind)).toEqual(['begin', 'end']);
  });

  it('ends nothing that was never begun', () => {
    const { sent, progress } = setUp();
    progress.finish();
    expect(sent).toEqual([]);
  });

  it('holds reports back from a peer that does not keep up, but not begin and end', () => {
    let ready = false;
    const { timers, sent, progress } = setUp(() => ready);
    progress.push({ kind: 'begin', title: 't' });
    progress.push(report(1));
    timers.pass(500);
    expect(sent.map((value) => value.kind)).toEqual(['begin']);
    ready = true;
    timers.pass(50);
    expect(sent.map((value) => value.kind)).toEqual(['begin', 'report']);
    ready = false;
    progress.push(report(2));
    progress.push({ kind: 'end', message: 'done' });
    expect(sent.map((value) => value.kind)).toEqual(['begin', 'report', 'end']);
    expect(timers.pending).toBe(0);
  });
});
