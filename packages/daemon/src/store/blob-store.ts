import type { Descriptor, Digest } from '../oci/types.ts';

export interface Ingest {
  /** Bytes that an earlier, unfinished transfer left here and that have been hashed again: ask the registry from here. */
  readonly offset: number;
  /** The registry would not resume, or what it resumed was wrong: start again from zero. */
  restart(): void;
  write(chunk: Uint8Array): void | Promise<void>;
  /** Checks size and digest, then makes the blob appear. Throws `digest-mismatch` and discards what was written. */
  commit(): Promise<void>;
  /** Keeps what was written for the next try. */
  suspend(): Promise<void>;
  discard(): Promise<void>;
}

export interface StoreStatus {
  path: string;
  blobs: number;
  bytes: number;
  partial: number;
  quota: number | null;
}

/** The content-addressed store: at every instant a legal OCI image layout (image-spec v1.1, image-layout.md). */
export interface BlobStore extends AsyncDisposable {
  readonly root: string;
  /** Size of a blob that is whole and verified; undefined where it is not here. Synchronous: one stat. */
  has(digest: Digest): number | undefined;
  /** Only for blobs that are here. Built from a digest and from nothing else. */
  pathOf(digest: Digest): string;
  /** Pieces as buffers of their own. `end` is inclusive, as in HTTP. Throws `not-found`. */
  read(digest: Digest, range?: { start: number; end: number }): AsyncIterable<Uint8Array>;
  /** The whole blob; throws `too-large` above `limit` bytes. */
  readSmall(digest: Digest, limit: number): Uint8Array | undefined;
  /** For manifests and other small blobs (at most 4 MiB): hashes, compares, writes and names at once. Replaces a bad one. */
  putSmall(bytes: Uint8Array, expected?: Digest): Digest;
  /**
   * For a blob of any size. One ingest per digest at a time across all processes; a second opener gets `conflict`. A blob that
   * is here already is replaced.
   */
  begin(digest: Digest, size?: number): Promise<Ingest>;
  /** Hashes while copying; for publishing local files. */
  putFile(path: string, signal?: AbortSignal): Promise<{ digest: Digest; size: number }>;
  /** Moves last use, which collection goes by. Cheap: remembered, written out in batches. */
  touch(digest: Digest): void;
  /** Named roots: what `index.json` lists (`org.opencontainers.image.ref.name`) and what collection keeps while young. */
  setRef(name: string, target: Descriptor): void;
  /** `index.json` lists by itself soon what was set; after this, now. For whoever tells another program that it is there. */
  publishRefs(): void;
  getRef(name: string): Descriptor | undefined;
  deleteRef(name: string): boolean;
  refs(): Iterable<readonly [string, Descriptor]>;
  /** Keeps digests alive by name until unpinned. */
  pin(name: string, digests: readonly Digest[]): void;
  unpin(name: string): boolean;
  pins(): Iterable<readonly [string, readonly Digest[]]>;
  /** Digests in use right now, by this process; collection of any process leaves them. */
  lease(digests: readonly Digest[]): Disposable;
  /** Hashes every blob; what is bad is set aside (`bad/`) by rename and told with its reason. Fetching it again brings it back. */
  verify(options: {
    signal?: AbortSignal;
    onProgress?: (done: { bytes: number; blobs: number }) => void;
  }): Promise<{ checked: number; bad: { digest: Digest; reason: string }[] }>;
  /**
   * Removes what nothing refers to, the longest unused first, down to `maxBytes` (default: the quota; without one, what was not
   * used for 30 days). Pins, leases of any process and references younger than a day hold what they name.
   */
  collect(options: {
    maxBytes?: number;
    dryRun?: boolean;
    signal?: AbortSignal;
  }): Promise<{ removed: number; bytes: number; kept: number }>;
  /** Writes an OCI image layout with these references, or with all blobs, or adds to one. Throws `already-exists`, `not-found`. */
  exportTo(
    directory: string,
    options: { refs?: readonly string[]; signal?: AbortSignal },
  ): Promise<{ blobs: number; bytes: number }>;
  status(): StoreStatus;
}
