import { abortReason, type Clock } from '../transport/clock.ts';

export interface InstantClock extends Clock {
  /** Milliseconds of every sleep, in order. */
  slept: number[];
  pass(milliseconds: number): void;
}

/** A clock on which sleeping takes no time, but moves the hands. Chance is always one half. */
export function createInstantClock(start = Date.UTC(2026, 0, 1)): InstantClock {
  let now = start;
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    random: () => 0.5,
    pass: (milliseconds) => {
      now += milliseconds;
    },
    sleep: async (milliseconds, signal) => {
      await Promise.resolve();
      if (signal?.aborted === true) throw abortReason(signal);
      slept.push(milliseconds);
      now += milliseconds;
    },
  };
}
