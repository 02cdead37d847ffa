import { CondockError, type PackageState } from '@condock/protocol';
import { readPackageArtifact } from '../../layout/package-artifact.ts';
import type { FetchedManifest } from '../../oci/registry-client.ts';
import type { Digest, Manifest } from '../../oci/types.ts';
import type { Origin, PlannedPackage } from './planned-package.ts';

export interface Judgement {
  state: PackageState;
  digest: Digest | null;
  size: number | null;
  error?: CondockError;
}

/** What a manifest says about a package, given that it is the package's own. Throws `invalid-package` where it holds none. */
export function judgeManifest(
  planned: PlannedPackage,
  origin: Origin,
  fetched: FetchedManifest | undefined,
): Judgement {
  const { entry, digest, format } = planned;
  const wanted = digest ?? null;
  const where = { host: origin.repository.host, reference: origin.reference };
  if (fetched === undefined) {
    const error = new CondockError('absent', `${origin.reference} does not exist, or is private.`, {
      hint: `If it is private, sign in with "condock login ${origin.repository.host}".`,
      data: where,
    });
    return { state: 'absent', digest: wanted, size: null, error };
  }
  const artifact = readPackageArtifact(fetched.document as Manifest);
  const archive = format === undefined ? undefined : artifact.archives[format];
  if (archive === undefined) {
    const held = Object.keys(artifact.archives).join(' and ') || 'no archive';
    const error = new CondockError('other-format', `${origin.reference} holds ${held}, not .${format ?? 'conda'}.`, {
      hint: `Lock ${entry.name} to the archive format that the channel holds.`,
      data: where,
    });
    return { state: 'other-format', digest: wanted, size: null, error };
  }
  if (digest === undefined) {
    const error = new CondockError(
      'unknown-digest',
      `The input gives no SHA-256 for ${entry.name}, so ${origin.reference} can't be proved to be it.`,
      {
        hint: 'Lock the environment again with a tool that writes SHA-256 hashes.',
        data: where,
      },
    );
    return { state: 'unknown-digest', digest: archive.digest, size: archive.size, error };
  }
  if (archive.digest !== digest) {
    const error = new CondockError(
      'digest-mismatch',
      `${origin.reference} holds other bytes (${archive.digest}) than the environment asks for (${digest}).`,
      {
        hint: 'The build was replaced after the lock was made, or the mirror is wrong: lock again, or report it to the channel.',
        data: where,
      },
    );
    return { state: 'digest-mismatch', digest, size: null, error };
  }
  return { state: 'available', digest, size: archive.size };
}
