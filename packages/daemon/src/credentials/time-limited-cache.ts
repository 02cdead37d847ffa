import { SingleFlight } from '../system/single-flight.ts';

/** Hundreds of requests may be refused at once for the same secret. */
const FRESH_MS = 10_000;

/**
 * Remembers the answers of slow places (helpers, keychains) for a while; those who ask for the same at the same time wait for
 * one answer. How long an answer holds depends on what it is. Rejections are not remembered.
 */
export class TimeLimitedCache<T> {
  readonly #flights = new SingleFlight<T>();
  readonly #answers = new Map<string, { value: T; since: number; until: number }>();
  readonly #now: () => number;
  readonly #holdsFor: (value: T) => number;

  /** @param holdsFor Milliseconds. */
  constructor(now: () => number, holdsFor: (value: T) => number) {
    this.#now = now;
    this.#holdsFor = holdsFor;
  }

  async get(key: string, ask: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const known = this.#answers.get(key);
    if (known !== undefined && known.until > this.#now()) return known.value;
    return this.#flights.run(
      key,
      async (ownSignal) => {
        const value = await ask(ownSignal);
        const since = this.#now();
        this.#answers.set(key, { value, since, until: since + this.#holdsFor(value) });
        return value;
      },
      signal,
    );
  }

  /**
   * An answer was of no use: the next question is asked anew, unless the answer is only some seconds old. Where there was
   * nothing, there is nothing to refuse.
   */
  refused(key: string): void {
    const known = this.#answers.get(key);
    if (known?.value !== undefined && this.#now() - known.since >= FRESH_MS) this.#answers.delete(key);
  }
}
