import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as yieldToLoop } from 'node:timers/promises';
import { Debounce } from './debounce.ts';
import type { StorePaths } from './store-paths.ts';

const AT_ONCE = 1000;

/**
 * When a blob was last used is the modification time of its file: all processes share it, and it costs nothing to keep. A blob's
 * content never changes, so nothing else needs that time. Uses are remembered and written out in batches.
 */
export class LastUse {
  readonly #paths: StorePaths;
  readonly #clock: () => number;
  readonly #used = new Map<string, number>();
  readonly #soon = new Debounce(() => void this.flush(), { quiet: 1000, atMost: 5000 });

  constructor(paths: StorePaths, clock: () => number) {
    this.#paths = paths;
    this.#clock = clock;
  }

  touch(hex: string): void {
    this.#used.set(hex, this.#clock());
    this.#soon.request();
  }

  /** Milliseconds since the epoch, where it is not written out yet. */
  pending(hex: string): number | undefined {
    return this.#used.get(hex);
  }

  async flush(): Promise<void> {
    this.#soon.cancel();
    let written = 0;
    for (const [hex, time] of this.#used) {
      this.#used.delete(hex);
      try {
        utimesSync(join(this.#paths.blobs, hex), time / 1000, time / 1000);
      } catch {
        // It has gone, or the store can't be written: then nothing is collected either.
      }
      if ((written += 1) % AT_ONCE === 0) await yieldToLoop();
    }
  }
}
