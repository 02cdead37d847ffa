import { MEDIA_TYPES } from '../oci/types.ts';
import type { Descriptor } from '../oci/types.ts';
import { writeFileAtomic } from '../system/atomic-file.ts';
import { Debounce } from './debounce.ts';
import { layoutName } from './layout-name.ts';
import type { Records } from './records/records.ts';
import { guarded } from './store-failure.ts';
import type { StoreLog } from './store-log.ts';

/** image-spec v1.1, annotations.md: the name of a manifest in a layout's index. */
export const REF_NAME = 'org.opencontainers.image.ref.name';

/** containerd's annotation for a whole reference; holds what had to be spelled otherwise in `REF_NAME`. */
const FULL_NAME = 'io.containerd.image.name';

/** The bytes of an `index.json` that lists these manifests in the order of their names. One without a name keeps none. */
export function indexDocument(refs: Iterable<readonly [string | undefined, Descriptor]>): string {
  const manifests = [...refs]
    .sort(([a = ''], [b = '']) => (a < b ? -1 : Number(a > b)))
    .map(([name, target]) =>
      name === undefined
        ? target
        : { ...target, annotations: { ...target.annotations, ...nameAnnotations(name, target) } },
    );
  return JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests });
}

function nameAnnotations(name: string, { digest }: Descriptor): Record<string, string> {
  const spelled = layoutName(name, digest);
  return spelled === name ? { [REF_NAME]: name } : { [REF_NAME]: spelled, [FULL_NAME]: name };
}

export interface IndexFileOptions {
  path: string;
  records: Records;
  log: StoreLog;
}

/** While others write without a pause. */
const TRIES = 5;

/** Publishes `index.json` from our own records soon after they changed. It is never read back. */
export class IndexFile {
  readonly #options: IndexFileOptions;
  readonly #soon = new Debounce(() => this.#publishQuietly(), { quiet: 50, atMost: 500 });

  constructor(options: IndexFileOptions) {
    this.#options = options;
  }

  request(): void {
    this.#soon.request();
  }

  /** Publishes what was requested and did not come to it yet. Throws `store-failed`. */
  flush(): void {
    if (this.#soon.cancel()) this.publish();
  }

  /** Throws `store-failed`. */
  publish(): void {
    const { path, records } = this.#options;
    // Another process may publish what is older or newer: whoever renames last looks once more.
    for (let tries = 0; tries < TRIES; tries += 1) {
      const revision = records.refsRevision();
      const document = indexDocument(liveRefs(records));
      guarded('write', path, () => writeFileAtomic(path, document, { mode: 0o644 }));
      if (records.refsRevision() === revision) return;
    }
    this.request();
  }

  #publishQuietly(): void {
    try {
      this.publish();
    } catch (error) {
      this.#options.log({ level: 'warn', message: error instanceof Error ? error.message : String(error) });
    }
  }
}

/** References that were not removed. */
export function* liveRefs(records: Records): Generator<readonly [string, Descriptor]> {
  for (const [name, record] of [...records.refs()]) if (record.d !== null) yield [name, record.d];
}
