import { EMPTY_CONFIG } from '../../layout/package-manifest.ts';
import { sha256Digest } from '../../oci/digest.ts';
import type { Descriptor, Repository } from '../../oci/types.ts';
import type { Copying, CopyOptions, CopyParts } from './copy-package.ts';

const EMPTY_DIGEST = sha256Digest(EMPTY_CONFIG);

/**
 * Brings a blob from one repository into another: mounted where both are on one host, else through the store, so that what is cached is
 * not fetched again. A dry run only counts.
 */
export async function copyBlob(
  blob: Descriptor,
  from: Repository,
  to: Repository,
  options: CopyOptions,
  parts: CopyParts,
  { result, onBytes }: Copying,
): Promise<void> {
  const { registry, transfers } = parts;
  const { request, dryRun } = options;
  const sameHost = from.host === to.host;
  if ((dryRun || !sameHost) && (await registry.headBlob(to, blob.digest, request)) !== undefined) {
    result.blobs.present += 1;
    return;
  }
  const known = blob.digest === EMPTY_DIGEST;
  if (!dryRun && !sameHost && !known)
    await transfers.fetch({ digest: blob.digest, size: blob.size, repositories: [from] }, { ...request, onBytes });
  const open = (offset: number): AsyncIterable<Uint8Array> =>
    known ? once(EMPTY_CONFIG.subarray(offset)) : blobFrom(blob, from, offset, options, parts);
  const { moved } = dryRun
    ? { moved: sameHost ? ('mounted' as const) : ('uploaded' as const) }
    : await registry.uploadBlob(
        to,
        { digest: blob.digest, size: blob.size, open },
        { ...request, skipCheck: !sameHost, ...(sameHost ? { mountFrom: [from.name] } : {}) },
      );
  result.blobs[moved] += 1;
  if (moved === 'uploaded') result.bytes += blob.size;
}

/** Where a registry refuses to mount, the bytes come through the store after all. */
async function* blobFrom(
  blob: Descriptor,
  from: Repository,
  offset: number,
  { request }: CopyOptions,
  { store, transfers }: CopyParts,
): AsyncIterable<Uint8Array> {
  await transfers.fetch({ digest: blob.digest, size: blob.size, repositories: [from] }, request);
  if (offset < blob.size) yield* store.read(blob.digest, { start: offset, end: blob.size - 1 });
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield await Promise.resolve(bytes);
}
