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
  read(digest: Digest, range?: { start: number; end: number }): AsyncIterable<Uint8Array>;
  /** The whole blob; throws `too-large` above `limit` bytes. */
  readSmall(digest: Digest, limit: number): Uint8Array | undefined;
  /** For at most 1 MiB: hashes, compares, writes and renames at once. */
  putSmall(bytes: Uint8Array, expected?: Digest): Digest;
  /** For a blob of any size. One ingest per digest at a time across all processes; a second opener gets `conflict`. */
  begin(digest: Digest, size?: number): Promise<Ingest>;
  /** Hashes while copying; for publishing local files. */
  putFile(path: string, signal?: AbortSignal): Promise<{ digest: Digest; size: number }>;
  /** Moves last use, which collection goes by. Cheap: remembered, written out in batches. */
  touch(digest: Digest): void;
  /** Named roots: what `index.json` lists (`org.opencontainers.image.ref.name`) and what collection keeps while young. */
  setRef(name: string, target: Descriptor): void;
  getRef(name: string): Descriptor | undefined;
  deleteRef(name: string): boolean;
  refs(): Iterable<readonly [string, Descriptor]>;
  /** Keeps digests alive by name until unpinned. */
  pin(name: string, digests: readonly Digest[]): void;
  unpin(name: string): boolean;
  pins(): Iterable<readonly [string, readonly Digest[]]>;
  /** Digests in use right now, by this process; collection of any process leaves them. */
  lease(digests: readonly Digest[]): Disposable;
  /** True once a blob was found bad and replaced or set aside. */
  verify(options: {
    signal?: AbortSignal;
    onProgress?: (done: { bytes: number; blobs: number }) => void;
  }): Promise<{ checked: number; bad: { digest: Digest; reason: string }[] }>;
  collect(options: {
    maxBytes?: number;
    dryRun?: boolean;
    signal?: AbortSignal;
  }): Promise<{ removed: number; bytes: number; kept: number }>;
  exportTo(
    directory: string,
    options: { refs?: readonly string[]; signal?: AbortSignal },
  ): Promise<{ blobs: number; bytes: number }>;
  status(): StoreStatus;
}
