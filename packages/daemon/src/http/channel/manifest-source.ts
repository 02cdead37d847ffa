import type { RegistryClient, RequestOptions } from '../../oci/registry-client.ts';
import type { FetchedManifest } from '../../oci/registry-client.ts';
import { parseManifest } from '../../oci/manifest.ts';
import { sha256Digest } from '../../oci/digest.ts';
import type { Digest, Repository } from '../../oci/types.ts';
import type { BlobStore } from '../../store/blob-store.ts';
import { SingleFlight } from '../../system/single-flight.ts';
import { toCondockError } from '@condock/protocol';

/** Milliseconds for which a manifest is taken for current without asking again: a solve asks for many files at once. */
const FRESH_MS = 30_000;

/**
 * Milliseconds for which a host that did not answer, after all tries of the registry client, is not asked again: an install asks for
 * hundreds of files, and each would wait as long.
 */
const SILENT_MS = 5_000;

const MANIFEST_BYTES = 4 * 1024 * 1024;

export interface KnownManifest {
  manifest: FetchedManifest;
  /** The registry did not answer; this is what it said the last time. */
  stale: boolean;
}

export interface ManifestSourceParts {
  registry: RegistryClient;
  store: BlobStore;
  now: () => number;
  /** Told of every question to a registry: false where it did not answer. */
  answered: (isOnline: boolean) => void;
}

/** Manifests by tag as the loopback channel needs them: asked for once at a time, remembered for a while, and known offline. */
export class ManifestSource {
  readonly #parts: ManifestSourceParts;
  readonly #fresh = new Map<string, { known: FetchedManifest | undefined; until: number }>();
  readonly #silent = new Map<string, { error: unknown; until: number }>();
  readonly #flights = new SingleFlight<KnownManifest | undefined>();

  constructor(parts: ManifestSourceParts) {
    this.#parts = parts;
  }

  /** Undefined where the registry does not have it. Throws where it did not answer, and never did for this tag. */
  async get(repository: Repository, tag: string, options: RequestOptions): Promise<KnownManifest | undefined> {
    const name = nameOf(repository, tag);
    const fresh = this.#fresh.get(name);
    if (fresh !== undefined && fresh.until > this.#parts.now()) {
      return fresh.known === undefined ? undefined : { manifest: fresh.known, stale: false };
    }
    const silent = this.#silent.get(repository.host);
    if (silent !== undefined && silent.until > this.#parts.now()) return this.#withoutAnswer(name, silent.error);
    return this.#flights.run(
      name,
      (signal) => this.#ask(name, repository, tag, { ...options, signal }),
      options.signal,
    );
  }

  /** What the store remembers of a tag, however old; asks nobody. */
  remembered(repository: Repository, tag: string): FetchedManifest | undefined {
    return this.#remembered(nameOf(repository, tag));
  }

  /** A channel (`host/path`) was changed from here: what is known of it is asked for anew. */
  forget(channel: string): void {
    for (const name of this.#fresh.keys()) if (name.startsWith(`${channel}/`)) this.#fresh.delete(name);
  }

  async #ask(
    name: string,
    repository: Repository,
    tag: string,
    options: RequestOptions,
  ): Promise<KnownManifest | undefined> {
    const { registry, store, now, answered } = this.#parts;
    try {
      const manifest = await registry.getManifest(repository, tag, options);
      answered(true);
      this.#silent.delete(repository.host);
      this.#fresh.set(name, { known: manifest, until: now() + FRESH_MS });
      if (this.#fresh.size > 20_000) this.#fresh.clear();
      if (manifest !== undefined) {
        store.putSmall(manifest.bytes, manifest.digest);
        store.setRef(name, { mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.bytes.length });
      }
      return manifest === undefined ? undefined : { manifest, stale: false };
    } catch (error) {
      if (!isSilence(error)) throw error;
      answered(false);
      this.#silent.set(repository.host, { error, until: now() + SILENT_MS });
      return this.#withoutAnswer(name, error);
    }
  }

  #withoutAnswer(name: string, error: unknown): KnownManifest {
    const manifest = this.#remembered(name);
    if (manifest === undefined) throw error;
    return { manifest, stale: true };
  }

  #remembered(name: string): FetchedManifest | undefined {
    const ref = this.#parts.store.getRef(name);
    const bytes = ref === undefined ? undefined : this.#parts.store.readSmall(ref.digest, MANIFEST_BYTES);
    if (ref === undefined || bytes === undefined || sha256Digest(bytes) !== ref.digest) return undefined;
    const digest: Digest = ref.digest;
    return { digest, mediaType: ref.mediaType, bytes, document: parseManifest(bytes) };
  }
}

const nameOf = (repository: Repository, tag: string): string => `${repository.host}/${repository.name}:${tag}`;

/** The registry said nothing that could be relied on: neither that it has something, nor that it has not. */
export function isSilence(error: unknown): boolean {
  const { code } = toCondockError(error);
  return code === 'unreachable' || code === 'timeout' || code === 'registry-error';
}
