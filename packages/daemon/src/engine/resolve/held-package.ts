import type { PackageIdentity } from '../../conda/types.ts';
import { identifyArtifact } from '../../layout/package-artifact.ts';
import type { PackageArtifact } from '../../layout/types.ts';
import type { RegistryClient, RequestOptions } from '../../oci/registry-client.ts';
import type { Repository } from '../../oci/types.ts';
import { readBlob } from '../transfer/read-blob.ts';

/** An index.json has some kilobytes; what is longer is not read. */
const INDEX_BYTES = 4 * 1024 * 1024;

/**
 * Which package an artifact holds: by its annotations (v1), else by its index layer, which is fetched for that. Undefined where
 * neither can be had. Rejects where the registry does not answer, or sends other bytes (`digest-mismatch`).
 */
export async function heldPackage(
  artifact: PackageArtifact,
  repository: Repository,
  registry: Pick<RegistryClient, 'getBlob'>,
  options: RequestOptions,
): Promise<PackageIdentity | undefined> {
  const { identity, index } = artifact;
  if (identity !== undefined || index === undefined || index.size > INDEX_BYTES) return identity;
  const bytes = await readBlob(repository, index, registry, options);
  try {
    return identifyArtifact(artifact, bytes === undefined ? undefined : JSON.parse(bytes.toString('utf8')));
  } catch {
    return undefined;
  }
}
