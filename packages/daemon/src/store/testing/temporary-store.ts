import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256Digest } from '../../oci/digest.ts';
import type { Descriptor, Digest } from '../../oci/types.ts';
import type { BlobStore } from '../blob-store.ts';
import { openStore, type OpenStoreOptions } from '../open-store.ts';
import type { Processes } from '../owner/process-identity.ts';

/** Processes that a test invents: each `as(pid)` is one, and `dead` tells which have ended. */
export class InventedProcesses {
  readonly dead = new Set<number>();

  as(pid: number): Processes {
    return {
      self: () => ({ host: 'here', pid }),
      stateOf: (identity) => (this.dead.has(identity.pid) ? 'dead' : 'alive'),
    };
  }
}

/** A folder for stores that goes with all that was opened in it. */
export class TemporaryStores implements AsyncDisposable {
  readonly directory: string;
  readonly root: string;
  readonly processes = new InventedProcesses();
  readonly #open: BlobStore[] = [];

  constructor(parent: string = tmpdir()) {
    this.directory = mkdtempSync(join(parent, 'condock-store-'));
    this.root = join(this.directory, 'store');
  }

  open(options: Partial<OpenStoreOptions> & { pid?: number } = {}): BlobStore {
    const { pid = 1, ...rest } = options;
    const store = openStore({ root: this.root, processes: this.processes.as(pid), ...rest });
    this.#open.push(store);
    return store;
  }

  /** Names in `blobs/sha256/`. */
  blobs(): string[] {
    return readdirSync(join(this.root, 'blobs', 'sha256')).sort();
  }

  /** What `index.json` lists: names with digests. */
  index(): Record<string, string> {
    const { manifests } = JSON.parse(readFileSync(join(this.root, 'index.json'), 'utf8')) as {
      manifests: Descriptor[];
    };
    return Object.fromEntries(
      manifests.map((m) => [m.annotations?.['org.opencontainers.image.ref.name'] ?? '', m.digest]),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const store of this.#open) await store[Symbol.asyncDispose]();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export const bytesOf = (text: string): Buffer => Buffer.from(text);
export const digestOf = (text: string): Digest => sha256Digest(bytesOf(text));

/** The code of the `CondockError` that some work throws or rejects with. */
export async function codeOf(work: () => unknown): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return 'no error';
}

/** Puts a manifest with these layers into a store, and its config. */
export function putManifest(store: BlobStore, layers: readonly string[]): Descriptor {
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const descriptor = (text: string) => ({
    mediaType: 'text/plain',
    digest: store.putSmall(bytesOf(text)),
    size: text.length,
  });
  const manifest = { schemaVersion: 2, mediaType, config: descriptor('{}'), layers: layers.map(descriptor) };
  const bytes = bytesOf(JSON.stringify(manifest));
  return { mediaType, digest: store.putSmall(bytes), size: bytes.length };
}
