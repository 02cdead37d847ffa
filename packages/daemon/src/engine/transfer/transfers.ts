import { CondockError, isCancellation, toCondockError } from '@condock/protocol';
import type { RegistryClient, RequestOptions } from '../../oci/registry-client.ts';
import type { Digest, Repository } from '../../oci/types.ts';
import type { BlobStore } from '../../store/blob-store.ts';
import { SingleFlight } from '../../system/single-flight.ts';
import { downloadBlob } from './download-blob.ts';

export interface BlobRequest {
  digest: Digest;
  /** Bytes, where a manifest or a lock says. */
  size?: number | undefined;
  /** Asked in turn. */
  repositories: readonly Repository[];
  /** Called once where no repository has the blob by digest: pull-through caches fill on a manifest read. */
  onAbsent?: (() => Promise<boolean>) | undefined;
}

export interface TransferOptions extends RequestOptions {
  /** Bytes that came over the network since the last call; negative after a restart. */
  onBytes?: (bytes: number) => void;
  /** The bytes themselves as they come, not yet verified, and where in the blob they begin; of whoever's transfer it is. */
  onChunk?: (offset: number, chunk: Uint8Array) => void;
}

interface Listener {
  onBytes?: ((bytes: number) => void) | undefined;
  onChunk?: ((offset: number, chunk: Uint8Array) => void) | undefined;
}

export interface Fetched {
  from: 'store' | 'network';
  /** Bytes that came over the network for this caller's transfer; a caller that joined another's counts them too. */
  bytes: number;
}

export interface TransferParts {
  registry: RegistryClient;
  store: BlobStore;
  sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
}

/** Brings blobs into the store: one transfer per digest, however many callers; it ends when its last waiter has gone. */
export class Transfers {
  readonly #parts: TransferParts;
  readonly #flights = new SingleFlight<number>();
  readonly #listeners = new Map<Digest, Set<Listener>>();

  constructor(parts: TransferParts) {
    this.#parts = parts;
  }

  async fetch(request: BlobRequest, options: TransferOptions): Promise<Fetched> {
    const { store } = this.#parts;
    if (store.has(request.digest) !== undefined) {
      store.touch(request.digest);
      return { from: 'store', bytes: 0 };
    }
    const unlisten = this.#listen(request.digest, { onBytes: options.onBytes, onChunk: options.onChunk });
    try {
      return { from: 'network', bytes: await this.#share(request, options) };
    } finally {
      unlisten();
    }
  }

  /**
   * A caller that joined another's failed transfer tries once with its own origins and credentials: alone or with those who
   * have the same, since the next one to fail would say nothing of these either.
   */
  async #share(request: BlobRequest, options: TransferOptions): Promise<number> {
    for (let tries = 0; ; tries += 1) {
      let own = false as boolean;
      try {
        return await this.#flights.run(
          tries === 0 ? request.digest : sameMeans(request, options),
          (signal) => {
            own = true;
            return this.#download(request, { ...options, signal });
          },
          options.signal,
        );
      } catch (error) {
        if (own || tries > 0 || options.signal?.aborted === true) throw error;
      }
    }
  }

  #listen(digest: Digest, listener: Listener): () => void {
    if (listener.onBytes === undefined && listener.onChunk === undefined) return () => undefined;
    const listeners = this.#listeners.get(digest) ?? new Set();
    this.#listeners.set(digest, listeners);
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(digest);
    };
  }

  async #download(request: BlobRequest, options: RequestOptions & { signal: AbortSignal }): Promise<number> {
    const onBytes = (bytes: number): void => {
      for (const listener of this.#listeners.get(request.digest) ?? []) listener.onBytes?.(bytes);
    };
    const onChunk = (offset: number, chunk: Uint8Array): void => {
      for (const listener of this.#listeners.get(request.digest) ?? []) listener.onChunk?.(offset, chunk);
    };
    let failure: CondockError | undefined;
    for (let round = 0; round < 2; round += 1) {
      for (const repository of request.repositories) {
        try {
          const bytes = await downloadBlob(repository, request, this.#parts, { ...options, onBytes, onChunk });
          if (bytes !== undefined) return bytes;
        } catch (error) {
          if (options.signal.aborted || isCancellation(error)) throw error;
          failure ??= toCondockError(error);
        }
      }
      if (round > 0 || request.onAbsent === undefined || !(await request.onAbsent())) break;
    }
    throw failure ?? absent(request);
  }
}

function sameMeans({ digest, repositories }: BlobRequest, { identity }: TransferOptions): string {
  return JSON.stringify([digest, identity ?? null, repositories.map(({ host, name }) => `${host}/${name}`)]);
}

function absent(request: BlobRequest): CondockError {
  const first = request.repositories[0];
  const where = first === undefined ? 'any registry' : `${first.host}/${first.name}`;
  return new CondockError('absent', `${request.digest} is not in ${where}, or is private.`, {
    ...(first === undefined
      ? {}
      : { hint: `If it is private, sign in with "condock login ${first.host}".`, data: { host: first.host } }),
  });
}
