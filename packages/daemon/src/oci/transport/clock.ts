import { setTimeout as delay } from 'node:timers/promises';
import { CondockError } from '@condock/protocol';

/** Time and chance as parameters. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Rejects with the signal's reason as soon as it is aborted. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** At least 0, less than 1. */
  random(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: async (milliseconds, signal) => {
    try {
      await delay(milliseconds, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      if (signal?.aborted === true) throw abortReason(signal);
      throw error;
    }
  },
  random: () => Math.random(),
};

/** What an aborted signal makes a call reject with. */
export function abortReason(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  if (reason instanceof Error) return reason;
  return new CondockError('cancelled', 'The request was cancelled.', { cause: reason });
}
