import { CondockError } from '@condock/protocol';
import { formatFileName } from '../../conda/file-name.ts';
import type { ArchiveFormat, PackageFileName, PackageIdentity } from '../../conda/types.ts';
import { readPackageArtifact } from '../../layout/package-artifact.ts';
import type { RegistryClient, RequestOptions } from '../../oci/registry-client.ts';
import type { Digest, Manifest, Repository } from '../../oci/types.ts';
import { heldPackage } from '../resolve/held-package.ts';

/** A build that is about to be put under a tag. */
export interface Newcomer {
  name: PackageFileName;
  archive: Digest;
  manifest: Digest;
  /** What the manifest holds: one, but for a copy of one that another tool wrote. */
  formats: readonly ArchiveFormat[];
}

export interface OccupantOptions {
  /** Other bytes of the same build may go. */
  force: boolean;
  request: RequestOptions;
}

/**
 * What a tag holds where a build is to go: nothing, the same manifest, or one that may be replaced: of the same archive, or any of
 * the same build where that is forced. Throws `already-exists` for other bytes, or for an archive in a format that the newcomer has
 * not (a tag holds one manifest), and, forced or not, `conflict` for another package: names of one layout can share a reference, and
 * so can those of the two layouts.
 */
export async function checkOccupant(
  newcomer: Newcomer,
  repository: Repository,
  tag: string,
  registry: RegistryClient,
  options: OccupantOptions,
): Promise<'none' | 'same' | 'replaced'> {
  const present = await registry.getManifest(repository, tag, options.request);
  if (present === undefined) return 'none';
  if (present.digest === newcomer.manifest) return 'same';
  const artifact = readPackageArtifact(present.document as Manifest);
  const archive = artifact.archives[newcomer.name.format];
  const loses = Object.keys(artifact.archives).some((format) => !newcomer.formats.includes(format as ArchiveFormat));
  // The same archive under a manifest that another tool wrote: nothing of value is replaced.
  if (archive?.digest === newcomer.archive && !loses) return 'replaced';
  const where = `oci://${repository.host}/${repository.name}:${tag}`;
  const other = await heldPackage(artifact, repository, registry, options.request);
  if (other !== undefined && !isSame(other, newcomer.name)) throw taken(where, other, repository.host);
  if (options.force) return 'replaced';
  throw archive === undefined || loses
    ? holdsOtherFormat(where, newcomer.name, repository.host)
    : new CondockError('already-exists', `${where} already exists with other bytes (${archive.digest}).`, {
        hint: 'Give the build another build number, or replace it on purpose with --force.',
        data: { host: repository.host, reference: where },
      });
}

export const isSame = (a: PackageIdentity, b: PackageIdentity): boolean =>
  a.name === b.name && a.version === b.version && a.build === b.build;

function taken(where: string, { name, version, build }: PackageIdentity, host: string): CondockError {
  return new CondockError('conflict', `${where} already holds another package: ${name} ${version} ${build}.`, {
    hint: 'The two names share one reference. Use another channel path, or layout v1.',
    data: { host, reference: where },
  });
}

function holdsOtherFormat(where: string, name: PackageFileName, host: string): CondockError {
  const other: ArchiveFormat = name.format === 'conda' ? 'tar.bz2' : 'conda';
  return new CondockError(
    'already-exists',
    `${where} already holds ${formatFileName(name, other)}, which this one would replace.`,
    {
      hint: 'Leave it at that, or replace it on purpose with --force.',
      data: { host, reference: where },
    },
  );
}
