import { sha256Digest } from '../../oci/digest.ts';
import { encodeManifest } from '../../oci/manifest.ts';
import type { RegistryClient, RequestOptions } from '../../oci/registry-client.ts';
import type { Descriptor, Digest, Manifest, Repository } from '../../oci/types.ts';
import { addToFallbackTag } from './referrers.ts';

/** Signatures of attestations are attachments of attachments; a longer chain than this is nobody's. */
const DEPTH = 4;

/**
 * Takes what is attached to a manifest along when it is copied, and what is attached to that. Under a manifest that stayed the same the
 * attachments do too; where it was written anew (another layout) they are attached to the new one, over the same blobs: what they
 * speak of is the archive.
 */
export async function copyReferrers(
  from: { repository: Repository; digest: Digest },
  to: { repository: Repository; subject: Descriptor },
  copyBlob: (blob: Descriptor) => Promise<void>,
  { registry, request }: { registry: RegistryClient; request: RequestOptions },
  depth = DEPTH,
): Promise<void> {
  const attached = await registry.listReferrers(from.repository, from.digest, request);
  if (attached.length === 0) return;
  const there = await registry.listReferrers(to.repository, to.subject.digest, request);
  for (const { digest: source } of attached) {
    const fetched = await registry.getManifest(from.repository, source, request);
    // A list may name what is gone, or an index that somebody attached.
    if (fetched === undefined || !('layers' in fetched.document)) continue;
    const manifest: Manifest = fetched.document;
    const same = manifest.subject?.digest === to.subject.digest;
    const bytes = same ? fetched.bytes : encodeManifest({ ...manifest, subject: to.subject });
    const digest = sha256Digest(bytes);
    const subject: Descriptor = { mediaType: fetched.mediaType, digest, size: bytes.length };
    if (!there.some((entry) => entry.digest === digest)) {
      for (const blob of [...manifest.layers, manifest.config]) await copyBlob(blob);
      const { subjectHandled } = await registry.putManifest(to.repository, digest, bytes, subject.mediaType, request);
      const entry: Descriptor = {
        ...subject,
        artifactType: manifest.artifactType ?? manifest.config.mediaType,
        ...(manifest.annotations === undefined ? {} : { annotations: manifest.annotations }),
      };
      if (!subjectHandled) await addToFallbackTag(to.repository, to.subject, entry, registry, request);
    }
    if (depth === 0) continue;
    const deeper = { repository: from.repository, digest: source };
    await copyReferrers(deeper, { repository: to.repository, subject }, copyBlob, { registry, request }, depth - 1);
  }
}
