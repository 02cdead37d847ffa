import { EMPTY_CONFIG } from '../../layout/package-manifest.ts';
import { sha256Digest } from '../../oci/digest.ts';
import type { FetchedManifest } from '../../oci/registry-client.ts';
import type { Manifest, Repository } from '../../oci/types.ts';
import type { BlobStore } from '../../store/blob-store.ts';
import type { TransferOptions, Transfers } from '../transfer/transfers.ts';
import { referenceName } from './reference-name.ts';

/** A conda artifact's config is the two bytes `{}`; a bigger one is none of ours to keep. */
const CONFIG_BYTES = 1024 * 1024;
const EMPTY_DIGEST = sha256Digest(EMPTY_CONFIG);

/**
 * Puts a manifest with its config into the store under its reference, so that the store reads as an OCI image layout.
 * Layers that were not fetched stay absent, as the image-layout specification allows.
 */
export async function keepManifest(
  origin: { repository: Repository; tag: string },
  fetched: FetchedManifest,
  parts: { store: BlobStore; transfers: Transfers },
  options: TransferOptions,
): Promise<void> {
  const { store, transfers } = parts;
  const { config } = fetched.document as Manifest;
  if (config.digest === EMPTY_DIGEST) {
    // Known without asking.
    store.putSmall(EMPTY_CONFIG, EMPTY_DIGEST);
  } else if (config.size <= CONFIG_BYTES) {
    await transfers.fetch({ digest: config.digest, size: config.size, repositories: [origin.repository] }, options);
  }
  store.putSmall(fetched.bytes, fetched.digest);
  store.setRef(referenceName(origin), {
    mediaType: fetched.mediaType,
    digest: fetched.digest,
    size: fetched.bytes.length,
  });
}
