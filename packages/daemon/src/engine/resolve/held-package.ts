import type { PackageIdentity } from '../../conda/types.ts';
import { identifyArtifact } from '../../layout/package-artifact.ts';
import type { PackageArtifact } from '../../layout/types.ts';
import { sha256Digest } from '../../oci/digest.ts';
import type { RegistryClient, RequestOptions } from '../../oci/registry-client.ts';
import type { Repository } from '../../oci/types.ts';

/** An index.json has some kilobytes; what is longer is not read. */
const INDEX_BYTES = 4 * 1024 * 1024;

/**
 * Which package an artifact holds: by its annotations (v1), else by its index layer, which is fetched for that. Undefined where
 * neither says. Rejects where the registry does not answer.
 */
export async function heldPackage(
  artifact: PackageArtifact,
  repository: Repository,
  registry: Pick<RegistryClient, 'getBlob'>,
  options: RequestOptions,
): Promise<PackageIdentity | undefined> {
  const { identity, index } = artifact;
  if (identity !== undefined || index === undefined || index.size > INDEX_BYTES) return identity;
  const body = await registry.getBlob(repository, index.digest, options);
  if (body === undefined) return undefined;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body.chunks) {
    bytes += chunk.length;
    if (bytes > index.size) return undefined;
    chunks.push(chunk);
  }
  const document = Buffer.concat(chunks);
  if (sha256Digest(document) !== index.digest) return undefined;
  return identifyArtifact(artifact, parse(document));
}

function parse(document: Buffer): unknown {
  try {
    return JSON.parse(document.toString('utf8'));
  } catch {
    return undefined;
  }
}
