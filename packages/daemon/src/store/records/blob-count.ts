import { randomBytes } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Debounce } from '../debounce.ts';
import { errnoOf, guarded } from '../store-failure.ts';
import type { StoreLog } from '../store-log.ts';
import { isHexName, type StorePaths } from '../store-paths.ts';
import type { Records } from './records.ts';

export interface Amount {
  blobs: number;
  bytes: number;
}

export interface BlobCountOptions {
  paths: StorePaths;
  records: Records;
  /** The name of this instance. */
  origin: string;
  log: StoreLog;
}

/**
 * How many blobs there are, without listing them: what the last scan found and what each instance has added since. A scan is
 * made again where that can't be exact: a process ended without a word, or changed something while another scanned.
 */
export class BlobCount {
  readonly #options: BlobCountOptions;
  #scan: string | undefined;
  #own: Amount = { blobs: 0, bytes: 0 };
  #written: Amount = { blobs: 0, bytes: 0 };
  readonly #soon = new Debounce(() => this.#flushQuietly(), { quiet: 100, atMost: 500 });

  constructor(options: BlobCountOptions) {
    this.#options = options;
  }

  /** Before the first change: a scan made after it would have it twice. */
  prepare(): void {
    if (this.#scan === undefined) this.#current();
  }

  add(blobs: number, bytes: number): void {
    this.#own = { blobs: this.#own.blobs + blobs, bytes: this.#own.bytes + bytes };
    this.#soon.request();
  }

  total(): Amount {
    const { scan, others } = this.#current();
    if (!scan.exact) return this.rescan();
    const sum = { blobs: scan.blobs + this.#own.blobs, bytes: scan.bytes + this.#own.bytes };
    for (const other of others) {
      sum.blobs += other.blobs;
      sum.bytes += other.bytes;
    }
    return sum;
  }

  /** Lists the folder: 4 µs a blob. */
  rescan(): Amount {
    const found = scanFolder(this.#options.paths.blobs);
    this.#writeScan(randomBytes(6).toString('hex'), found, true);
    return found;
  }

  /** What was counted is not to be relied on any more. */
  doubt(): void {
    const { scan } = this.#current();
    if (scan.exact)
      this.#options.records.write({ k: 'scan', n: '', e: scan.e, blobs: scan.blobs, bytes: scan.bytes, exact: false });
  }

  /** Makes what this instance did known to the others. Throws `store-failed`. */
  flush(): void {
    this.#soon.cancel();
    const { scan } = this.#current();
    if (this.#own.blobs === this.#written.blobs && this.#own.bytes === this.#written.bytes) return;
    this.#options.records.write({ k: 'count', n: this.#options.origin, e: scan.e, ...this.#own });
    this.#written = this.#own;
  }

  #flushQuietly(): void {
    try {
      this.flush();
    } catch (error) {
      this.#options.log({ level: 'warn', message: error instanceof Error ? error.message : String(error) });
    }
  }

  #current() {
    const { records, origin } = this.#options;
    let { scan, instances } = records.counts();
    if (scan === undefined) {
      this.rescan();
      ({ scan, instances } = records.counts());
      if (scan === undefined) throw new Error('a scan was written and is not there');
    }
    if (this.#scan !== scan.e) {
      const uncertain = this.#own.blobs !== 0 || this.#own.bytes !== 0;
      this.#take(scan.e);
      // Another process has scanned: who can tell whether before or after what we did?
      if (uncertain && scan.exact) this.#writeScan(scan.e, scan, false);
      scan = records.counts().scan ?? scan;
    }
    const others = [...instances.values()].filter((count) => count.e === scan.e && count.n !== origin);
    return { scan, others };
  }

  #writeScan(id: string, found: Amount, exact: boolean): void {
    this.#options.records.write({ k: 'scan', n: '', e: id, blobs: found.blobs, bytes: found.bytes, exact });
    this.#take(id);
  }

  #take(id: string): void {
    this.#scan = id;
    this.#own = { blobs: 0, bytes: 0 };
    this.#written = this.#own;
  }
}

function scanFolder(path: string): Amount {
  return guarded('list', path, () => {
    const sum = { blobs: 0, bytes: 0 };
    for (const name of readdirSync(path)) {
      if (!isHexName(name)) continue;
      try {
        sum.bytes += statSync(join(path, name)).size;
        sum.blobs += 1;
      } catch (error) {
        if (errnoOf(error) !== 'ENOENT') throw error;
      }
    }
    return sum;
  });
}
