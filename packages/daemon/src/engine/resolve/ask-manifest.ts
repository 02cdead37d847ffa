import { type CondockError, toCondockError } from '@condock/protocol';
import { checkIdentity, readPackageArtifact } from '../../layout/package-artifact.ts';
import type { FetchedManifest, RegistryClient, RequestOptions } from '../../oci/registry-client.ts';
import type { Manifest } from '../../oci/types.ts';
import { heldPackage } from './held-package.ts';
import { type Judgement, judgeManifest } from './judge-manifest.ts';
import type { Origin, PlannedPackage } from './planned-package.ts';

export interface ManifestAnswer extends Judgement {
  manifest?: FetchedManifest;
}

/**
 * What the manifest at an origin says about a package that could not be had by its digest alone. Where its digest proves nothing,
 * the package that the artifact holds is asked for: two packages can share a reference (in v0 `_foo` and `zzz_foo`; `make` in v1 is
 * `cmake` in v0), and what another package has there says nothing about this one. Rejects where the registry does not answer.
 */
export async function askManifest(
  planned: PlannedPackage,
  origin: Origin,
  registry: Pick<RegistryClient, 'getManifest' | 'getBlob'>,
  options: RequestOptions,
): Promise<ManifestAnswer> {
  const manifest = await registry.getManifest(origin.repository, origin.tag, options);
  const judged = judgeManifest(planned, origin, manifest);
  if (manifest === undefined) return judged;
  if (judged.state !== 'available') {
    const other = await otherPackage(planned, origin, manifest, registry, options);
    if (other !== undefined) return { state: 'absent', digest: planned.digest ?? null, size: null, error: other };
  }
  return { ...judged, manifest };
}

async function otherPackage(
  { identity }: PlannedPackage,
  origin: Origin,
  manifest: FetchedManifest,
  registry: Pick<RegistryClient, 'getBlob'>,
  options: RequestOptions,
): Promise<CondockError | undefined> {
  if (identity === undefined) return undefined;
  const artifact = readPackageArtifact(manifest.document as Manifest);
  const held = await heldPackage(artifact, origin.repository, registry, options);
  if (held === undefined) return undefined;
  try {
    checkIdentity(identity, held, origin.reference);
    return undefined;
  } catch (error) {
    return toCondockError(error);
  }
}
