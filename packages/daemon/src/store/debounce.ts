export interface DebounceOptions {
  /** Milliseconds of quiet after which the work runs. */
  quiet: number;
  /** Milliseconds after the first request at which it runs in any case. */
  atMost: number;
}

/** Runs work once for many requests. Its timers never keep the process alive. */
export class Debounce {
  readonly #work: () => void;
  readonly #options: DebounceOptions;
  #timer: NodeJS.Timeout | undefined;
  #first = 0;

  constructor(work: () => void, options: DebounceOptions) {
    this.#work = work;
    this.#options = options;
  }

  request(): void {
    const now = performance.now();
    if (this.#timer === undefined) this.#first = now;
    else clearTimeout(this.#timer);
    const wait = Math.min(this.#options.quiet, Math.max(0, this.#first + this.#options.atMost - now));
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#work();
    }, wait);
    this.#timer.unref();
  }

  /** Forgets a request; true where there was one. */
  cancel(): boolean {
    if (this.#timer === undefined) return false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return true;
  }
}
