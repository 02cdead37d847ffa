import type { Clock } from './clock.ts';

export type Priority = 'interactive' | 'background';

export interface Rates {
  readsPerMinute: number;
  writesPerMinute: number;
}

export interface GateOptions {
  /** Exchanges at once. */
  connections: number;
  /** Undefined: no limit but the connections. */
  rates: Rates | undefined;
  clock: Clock;
}

/** Lets requests to one host through: so many at once, so many a minute, interactive ones first. */
export interface HostGate {
  /** Resolves to what must be called once when the exchange has ended, its body included. */
  enter(kind: 'read' | 'write', priority: Priority, signal?: AbortSignal): Promise<() => void> | (() => void);
  /** Nobody enters for so many milliseconds: the host said that it is asked too much. */
  pause(milliseconds: number): void;
}

interface Waiter {
  kind: 'read' | 'write';
  admit: () => void;
}

/** Of its connections a host keeps so many for interactive requests, so that long transfers can't shut them out. */
const reserved = (connections: number): number => Math.min(4, Math.floor(connections / 8));

export function createHostGate(options: GateOptions): HostGate {
  const { clock, connections } = options;
  const buckets = options.rates && {
    read: createBucket(options.rates.readsPerMinute, clock),
    write: createBucket(options.rates.writesPerMinute, clock),
  };
  const queues: Record<Priority, Waiter[]> = { interactive: [], background: [] };
  let open = 0;
  let pausedUntil = 0;
  let waking = false;

  const room = (priority: Priority): boolean =>
    open < (priority === 'interactive' ? connections : connections - reserved(connections));

  /** Milliseconds until the rate allows one more; takes it where that is 0. */
  const delay = (kind: 'read' | 'write'): number => {
    const pause = pausedUntil - clock.now();
    return pause > 0 ? pause : (buckets?.[kind].take() ?? 0);
  };

  const release = (): (() => void) => {
    let released = false;
    return () => {
      if (released) return;
      released = true;
      open -= 1;
      drain();
    };
  };

  const drain = (): void => {
    for (const priority of ['interactive', 'background'] as const) {
      const queue = queues[priority];
      while (queue[0] !== undefined && room(priority)) {
        const wait = delay(queue[0].kind);
        if (wait > 0) {
          wake(wait);
          return;
        }
        open += 1;
        queue.shift()?.admit();
      }
    }
  };

  const wake = (milliseconds: number): void => {
    if (waking) return;
    waking = true;
    const again = (): void => {
      waking = false;
      drain();
    };
    clock.sleep(Math.max(1, milliseconds)).then(again, again);
  };

  return {
    pause: (milliseconds) => {
      pausedUntil = Math.max(pausedUntil, clock.now() + milliseconds);
    },
    enter: (kind, priority, signal) => {
      const ahead = priority === 'interactive' ? queues.interactive : [...queues.interactive, ...queues.background];
      if (ahead.length === 0 && room(priority) && delay(kind) === 0) {
        open += 1;
        return release();
      }
      return new Promise((resolve, reject) => {
        const onAbort = (): void => {
          queues[priority] = queues[priority].filter((w) => w !== waiter);
          reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
        };
        const waiter: Waiter = {
          kind,
          admit: () => {
            signal?.removeEventListener('abort', onAbort);
            resolve(release());
          },
        };
        if (signal?.aborted === true) {
          onAbort();
          return;
        }
        signal?.addEventListener('abort', onAbort, { once: true });
        queues[priority].push(waiter);
        drain();
      });
    },
  };
}

/** At most `perMinute` in any minute: a tenth at once, the others evenly. `take` says how long to wait, 0: taken. */
function createBucket(perMinute: number, clock: Clock): { take: () => number } {
  const capacity = Math.max(1, perMinute / 10);
  const perMs = Math.max(perMinute - capacity, perMinute / 2) / 60_000;
  let level = capacity;
  let at = clock.now();
  return {
    take: () => {
      const now = clock.now();
      level = Math.min(capacity, level + Math.max(0, now - at) * perMs);
      at = now;
      if (level < 1) return (1 - level) / perMs;
      level -= 1;
      return 0;
    },
  };
}
