import { Debounce } from './debounce.ts';
import type { BlobCount } from './records/blob-count.ts';
import type { StoreLog } from './store-log.ts';

/** Collecting leaves room, so that not each new blob brings another collection. */
const LEAVE = 0.9;

export interface QuotaKeeperOptions {
  /** Bytes; without it nothing is ever done. */
  quota: number | undefined;
  count: BlobCount;
  collect: (maxBytes: number) => Promise<unknown>;
  log: StoreLog;
}

/** Collects when the store has grown beyond its quota, once things are quiet. */
export class QuotaKeeper {
  readonly #options: QuotaKeeperOptions;
  readonly #soon = new Debounce(() => this.#start(), { quiet: 1000, atMost: 10_000 });
  #running: Promise<void> | undefined;

  constructor(options: QuotaKeeperOptions) {
    this.#options = options;
  }

  /** Cheap: call it for each new blob. */
  check(): void {
    if (this.#options.quota !== undefined) this.#soon.request();
  }

  /** Ends with the collection that is under way. */
  async stop(): Promise<void> {
    const wanted = this.#soon.cancel();
    await this.#running;
    if (wanted) await this.#collect();
  }

  #start(): void {
    this.#running ??= this.#collect().finally(() => (this.#running = undefined));
  }

  async #collect(): Promise<void> {
    const { quota, count, collect, log } = this.#options;
    try {
      if (quota !== undefined && count.total().bytes > quota) await collect(Math.floor(quota * LEAVE));
    } catch (error) {
      log({
        level: 'warn',
        message: `Could not keep to the quota: ${error instanceof Error ? error.message : String(error)}`,
      });
    }
  }
}
