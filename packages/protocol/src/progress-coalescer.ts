import { LIMITS } from './limits.ts';
import type { ProgressValue } from './methods/common.ts';
import type { Timers } from './timers.ts';

export interface ProgressCoalescer {
  /** Takes a value: `begin` and `end` leave at once, of many reports the latest leaves when its time has come. */
  push(value: ProgressValue): void;
  /** Ends what was begun and not ended, and lets nothing pass after it. */
  finish(): void;
}

export interface ProgressOptions {
  send: (value: ProgressValue) => void;
  timers: Timers;
  /** False while the peer does not keep up: reports then wait, `begin` and `end` never do. Default: always. */
  ready?: () => boolean;
}

const INTERVAL_MS = 1000 / LIMITS.progressPerSecond;

/** Bounds how often a piece of work reports. The members of reports add up: a later one replaces what it names. */
export function coalesceProgress({ send, timers, ready = () => true }: ProgressOptions): ProgressCoalescer {
  let state: 'new' | 'begun' | 'ended' = 'new';
  let waiting: Extract<ProgressValue, { kind: 'report' }> | undefined;
  let cancelTimer: (() => void) | undefined;
  let lastSent = -Infinity;

  const flush = (): void => {
    cancelTimer = undefined;
    if (waiting === undefined) return;
    if (!ready()) {
      cancelTimer = timers.after(INTERVAL_MS, flush);
      return;
    }
    lastSent = timers.now();
    send(waiting);
    waiting = undefined;
  };
  const end = (value: ProgressValue): void => {
    cancelTimer?.();
    cancelTimer = undefined;
    if (waiting !== undefined && ready()) send(waiting);
    waiting = undefined;
    state = 'ended';
    send(value);
  };

  return {
    push: (value) => {
      if (state === 'ended') return;
      if (value.kind === 'begin') {
        state = 'begun';
        send(value);
      } else if (value.kind === 'end') {
        end(value);
      } else {
        state = 'begun';
        waiting = { ...waiting, ...value };
        if (cancelTimer !== undefined) return;
        const due = lastSent + INTERVAL_MS - timers.now();
        if (due <= 0) flush();
        else cancelTimer = timers.after(due, flush);
      }
    },
    finish: () => {
      if (state === 'begun') end({ kind: 'end' });
      else state = 'ended';
    },
  };
}
