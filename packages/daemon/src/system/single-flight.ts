interface Flight<T> {
  controller: AbortController;
  result: Promise<T>;
  waiters: number;
}

/**
 * Runs one piece of work per key, however many ask for it. The work's own signal is aborted only when its last waiter
 * has gone; a waiter that leaves early rejects at once with its signal's reason and disturbs nobody else.
 */
export class SingleFlight<T> {
  readonly #flights = new Map<string, Flight<T>>();

  /** How many pieces of work are under way. */
  get size(): number {
    return this.#flights.size;
  }

  async run(key: string, work: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    let flight = this.#flights.get(key);
    if (flight === undefined) {
      const controller = new AbortController();
      const started: Flight<T> = { controller, result: work(controller.signal), waiters: 0 };
      flight = started;
      this.#flights.set(key, started);
      const land = (): void => {
        if (this.#flights.get(key) === started) this.#flights.delete(key);
      };
      started.result.then(land, land);
    }
    return this.#wait(key, flight, signal);
  }

  async #wait(key: string, flight: Flight<T>, signal: AbortSignal | undefined): Promise<T> {
    flight.waiters += 1;
    let onAbort: (() => void) | undefined;
    try {
      if (signal === undefined) return await flight.result;
      const left = new Promise<never>((_, reject) => {
        onAbort = () => {
          reject(signal.reason instanceof Error ? signal.reason : new Error('aborted', { cause: signal.reason }));
        };
        signal.addEventListener('abort', onAbort, { once: true });
      });
      return await Promise.race([flight.result, left]);
    } finally {
      if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort);
      flight.waiters -= 1;
      if (flight.waiters === 0 && this.#flights.get(key) === flight) {
        // A newcomer must not join work that is about to be aborted.
        this.#flights.delete(key);
        flight.controller.abort();
      }
    }
  }
}
