import type { Timers } from '@condock/protocol';

export interface BellOptions {
  /** Milliseconds of quiet after which it is told. */
  quietMs: number;
  /** Milliseconds after which it is told although it goes on, as in a long install. */
  patienceMs: number;
  timers: Timers;
}

export interface Bell {
  ring: () => void;
  /** Nothing is told any more, not even what was rung already. */
  silence: () => void;
}

/** Tells of a burst once: when it is over, and now and then while it lasts. */
export function createBell(tell: () => void, { quietMs, patienceMs, timers }: BellOptions): Bell {
  let takeBack: (() => void) | undefined;
  let since = 0;
  let silenced = false;
  const due = (): void => {
    takeBack = undefined;
    tell();
  };
  return {
    ring: () => {
      if (silenced) return;
      const now = timers.now();
      if (takeBack === undefined) since = now;
      takeBack?.();
      takeBack = timers.after(Math.max(0, Math.min(quietMs, since + patienceMs - now)), due);
    },
    silence: () => {
      silenced = true;
      takeBack?.();
      takeBack = undefined;
    },
  };
}
