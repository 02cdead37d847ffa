import type { Timers } from '@condock/protocol';

export interface ManualTimers extends Timers {
  /** Lets so many milliseconds pass: what falls due is called in order. */
  pass(milliseconds: number): void;
  readonly pending: number;
}

/** Time that stands still until a test moves it. */
export function createManualTimers(): ManualTimers {
  let now = 0;
  const due = new Set<{ at: number; callback: () => void }>();
  return {
    now: () => now,
    after: (milliseconds, callback) => {
      const entry = { at: now + milliseconds, callback };
      due.add(entry);
      return () => due.delete(entry);
    },
    get pending() {
      return due.size;
    },
    pass: (milliseconds) => {
      const until = now + milliseconds;
      for (;;) {
        const next = [...due].filter((e) => e.at <= until).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        due.delete(next);
        now = next.at;
        next.callback();
      }
      now = until;
    },
  };
}
