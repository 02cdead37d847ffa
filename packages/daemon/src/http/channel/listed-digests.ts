import { setImmediate as breathe } from 'node:timers/promises';
import { decompress } from '../../layout/compression.ts';
import { readRepodataArtifact } from '../../layout/repodata/artifact.ts';
import { LATEST_TAG, metadataRepository } from '../../layout/repodata/names.ts';
import { digestFromHex } from '../../oci/digest.ts';
import type { Digest, Manifest } from '../../oci/types.ts';
import type { BlobStore } from '../../store/blob-store.ts';
import type { ManifestSource } from './manifest-source.ts';
import type { Upstream } from './upstreams.ts';

/** conda-forge's largest repodata has 0.4 GB. */
const DOCUMENT_BYTES = 512 * 1024 * 1024;

/** Subdirs whose lists are kept in memory: an install asks of its platform and of noarch. */
const KEPT = 2;

/** Matches between which others get their turn. */
const AT_ONCE = 10_000;

/**
 * Which archive a file name stands for, by the repodata in the store. That is how what was prefetched by digest alone is found
 * while its registry does not answer.
 */
export class ListedDigests {
  readonly #store: BlobStore;
  readonly #manifests: ManifestSource;
  readonly #lists = new Map<Digest, Promise<ReadonlyMap<string, Digest>>>();

  constructor(store: BlobStore, manifests: ManifestSource) {
    this.#store = store;
    this.#manifests = manifests;
  }

  /** Undefined where no repodata of the subdir is in the store, or it does not list the file. */
  async find(upstream: Upstream, subdir: string, fileName: string): Promise<Digest | undefined> {
    const repository = metadataRepository(upstream.channel, subdir, upstream.layout, 'repodata');
    const manifest = this.#manifests.remembered(repository, LATEST_TAG);
    if (manifest === undefined) return undefined;
    const { copies } = readRepodataArtifact(manifest.document as Manifest);
    for (const [compression, layer] of Object.entries(copies)) {
      if (this.#store.has(layer.digest) === undefined) continue;
      return (await this.#list(layer.digest, compression as keyof typeof copies)).get(fileName);
    }
    return undefined;
  }

  #list(digest: Digest, compression: Parameters<typeof decompress>[1]): Promise<ReadonlyMap<string, Digest>> {
    const known = this.#lists.get(digest);
    if (known !== undefined) return known;
    const list = this.#read(digest, compression);
    this.#lists.set(digest, list);
    const oldest = this.#lists.keys().next();
    if (this.#lists.size > KEPT && oldest.done !== true) this.#lists.delete(oldest.value);
    list.catch(() => this.#lists.delete(digest));
    return list;
  }

  async #read(digest: Digest, compression: Parameters<typeof decompress>[1]): Promise<ReadonlyMap<string, Digest>> {
    const stored = this.#store.readSmall(digest, DOCUMENT_BYTES);
    if (stored === undefined) return new Map();
    const plain = await decompress(stored, compression, DOCUMENT_BYTES);
    return scanDigests(Buffer.from(plain.buffer, plain.byteOffset, plain.byteLength).toString('latin1'));
  }
}

/** File names and the SHA-256 that their records say, without a parsed copy of the whole document in memory. */
export async function scanDigests(text: string): Promise<Map<string, Digest>> {
  const found = new Map<string, Digest>();
  let fileName: string | undefined;
  let matches = 0;
  for (const match of text.matchAll(/"([^"\\]+\.(?:conda|tar\.bz2))"\s*:\s*\{|"sha256"\s*:\s*"([0-9a-f]{64})"/g)) {
    const [, name, sha256] = match;
    if (name !== undefined) fileName = name;
    else if (fileName !== undefined && sha256 !== undefined) found.set(fileName, digestFromHex(sha256));
    if ((matches += 1) % AT_ONCE === 0) await breathe();
  }
  return found;
}
