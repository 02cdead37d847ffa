import type { Descriptor, Digest } from '../../oci/types.ts';
import { Debounce } from '../debounce.ts';
import { guarded } from '../store-failure.ts';
import type { StoreLog } from '../store-log.ts';
import { Journal } from './journal.ts';
import {
  type CountRecord,
  parseRecord,
  type PinRecord,
  type RefRecord,
  type ScanRecord,
  type Stamp,
  type StoreRecord,
  type Unstamped,
} from './record.ts';

export interface RecordsOptions {
  directory: string;
  /** The instance that writes. */
  origin: string;
  /** Milliseconds since the epoch. */
  clock: () => number;
  log: StoreLog;
}

/** A removal is remembered so long that no copy of an older line can bring the thing back. Milliseconds. */
const REMEMBER_REMOVAL = 60 * 60_000;
/** Journals below this are not worth compacting. */
const SMALL_BYTES = 256 * 1024;

/** References, pins and counts of all processes that share the store; each method sees what the others have written. */
export class Records {
  readonly #options: RecordsOptions;
  readonly #journal: Journal;
  readonly #refs = new Map<string, RefRecord>();
  readonly #pins = new Map<string, PinRecord>();
  readonly #counts = new Map<string, CountRecord>();
  #scan: ScanRecord | undefined;
  #latest = 0;
  #refsRevision = 0;
  #compactAbove = SMALL_BYTES;
  readonly #compactSoon = new Debounce(() => this.#compact(), { quiet: 1000, atMost: 10_000 });

  constructor(options: RecordsOptions) {
    this.#options = options;
    this.#journal = new Journal({
      directory: options.directory,
      onLine: (line) => this.#read(line),
      onReset: () => this.#reset(),
    });
  }

  refs(): ReadonlyMap<string, RefRecord> {
    this.#refresh();
    return this.#refs;
  }

  /** Changes with the references, whoever changed them. */
  refsRevision(): number {
    this.#refresh();
    return this.#refsRevision;
  }

  pins(): ReadonlyMap<string, PinRecord> {
    this.#refresh();
    return this.#pins;
  }

  counts(): { scan: ScanRecord | undefined; instances: ReadonlyMap<string, CountRecord> } {
    this.#refresh();
    return { scan: this.#scan, instances: this.#counts };
  }

  setRef(name: string, target: Descriptor | null): void {
    this.write({ k: 'ref', n: name, d: target });
  }

  setPin(name: string, digests: Digest[] | null): void {
    this.write({ k: 'pin', n: name, d: digests });
  }

  /** Stamps and appends. Throws `store-failed`. */
  write(record: Unstamped): void {
    const { directory, origin, clock } = this.#options;
    this.#refresh();
    const stamped: StoreRecord = { ...record, t: Math.max(Math.trunc(clock()), this.#latest + 1), o: origin };
    guarded('write', directory, () => this.#journal.append([JSON.stringify(stamped)]));
    this.#apply(stamped);
    if (this.#journal.size > this.#compactAbove) this.#compactSoon.request();
  }

  close(): void {
    if (this.#compactSoon.cancel()) this.#compact();
    this.#journal.close();
  }

  #refresh(): void {
    guarded('read', this.#options.directory, () => this.#journal.refresh());
  }

  #reset(): void {
    if (this.#refs.size > 0) this.#refsRevision += 1;
    this.#refs.clear();
    this.#pins.clear();
    this.#counts.clear();
    this.#scan = undefined;
  }

  #read(line: string): void {
    const record = parseRecord(line);
    if (record === undefined) {
      this.#options.log({ level: 'warn', message: `A damaged line in ${this.#options.directory} is passed over.` });
      return;
    }
    this.#apply(record);
  }

  #apply(record: StoreRecord): void {
    this.#latest = Math.max(this.#latest, record.t);
    switch (record.k) {
      case 'ref':
        if (put(this.#refs, record)) this.#refsRevision += 1;
        break;
      case 'pin':
        put(this.#pins, record);
        break;
      case 'count':
        put(this.#counts, record);
        break;
      case 'scan':
        if (isLater(record, this.#scan)) this.#scan = record;
    }
  }

  /** What counts now. Instances that counted from an earlier scan are in the present one. */
  #lines(): string[] {
    const forget = this.#options.clock() - REMEMBER_REMOVAL;
    const named = [...this.#refs.values(), ...this.#pins.values()].filter((r) => r.d !== null || r.t > forget);
    const counts = [...this.#counts.values()].filter((r) => r.e === this.#scan?.e);
    return [...named, ...counts, ...(this.#scan === undefined ? [] : [this.#scan])].map((r) => JSON.stringify(r));
  }

  #compact(): void {
    const { log, directory } = this.#options;
    try {
      this.#journal.compact(() => this.#lines());
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      log({ level: 'warn', message: `Could not compact ${directory}: ${why}` });
    }
    // Twice what is left pays for the next time.
    this.#compactAbove = Math.max(SMALL_BYTES, 2 * this.#journal.size);
  }
}

function put<R extends Stamp & { n: string }>(records: Map<string, R>, record: R): boolean {
  if (!isLater(record, records.get(record.n))) return false;
  records.set(record.n, record);
  return true;
}

/** Also for the very same record. */
function isLater(record: Stamp, than: Stamp | undefined): boolean {
  return than === undefined || record.t > than.t || (record.t === than.t && record.o > than.o);
}
