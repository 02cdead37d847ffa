import { SingleFlight } from '../system/single-flight.ts';

/**
 * Remembers the answers of slow places (helpers, keychains) for a while; those who ask for the same at the same time wait for
 * one answer. How long an answer holds depends on what it is. Rejections are not remembered.
 */
export class TimeLimitedCache<T> {
  readonly #flights = new SingleFlight<T>();
  readonly #answers = new Map<string, { value: T; until: number }>();
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
        this.#answers.set(key, { value, until: this.#now() + this.#holdsFor(value) });
        return value;
      },
      signal,
    );
  }

  clear(): void {
    this.#answers.clear();
  }
}
