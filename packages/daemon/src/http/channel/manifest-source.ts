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
  readonly #flights = new SingleFlight<KnownManifest | undefined>();

  constructor(parts: ManifestSourceParts) {
    this.#parts = parts;
  }

  /** Undefined where the registry does not have it, or never answered. */
  async get(repository: Repository, tag: string, options: RequestOptions): Promise<KnownManifest | undefined> {
    const name = `${repository.host}/${repository.name}:${tag}`;
    const fresh = this.#fresh.get(name);
    if (fresh !== undefined && fresh.until > this.#parts.now()) {
      return fresh.known === undefined ? undefined : { manifest: fresh.known, stale: false };
    }
    return this.#flights.run(
      name,
      (signal) => this.#ask(name, repository, tag, { ...options, signal }),
      options.signal,
    );
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
      this.#fresh.set(name, { known: manifest, until: now() + FRESH_MS });
      if (this.#fresh.size > 20_000) this.#fresh.clear();
      if (manifest !== undefined) {
        store.putSmall(manifest.bytes, manifest.digest);
        store.setRef(name, { mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.bytes.length });
      }
      return manifest === undefined ? undefined : { manifest, stale: false };
    } catch (error) {
      const { code } = toCondockError(error);
      if (code !== 'unreachable' && code !== 'timeout' && code !== 'registry-error') throw error;
      answered(false);
      const manifest = this.#remembered(name);
      if (manifest === undefined) throw error;
      return { manifest, stale: true };
    }
  }

  #remembered(name: string): FetchedManifest | undefined {
    const ref = this.#parts.store.getRef(name);
    const bytes = ref === undefined ? undefined : this.#parts.store.readSmall(ref.digest, MANIFEST_BYTES);
    if (ref === undefined || bytes === undefined || sha256Digest(bytes) !== ref.digest) return undefined;
    const digest: Digest = ref.digest;
    return { digest, mediaType: ref.mediaType, bytes, document: parseManifest(bytes) };
  }
}
