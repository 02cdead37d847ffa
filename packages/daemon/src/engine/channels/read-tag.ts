import { CondockError, type LayoutVersion } from '@condock/protocol';
import { formatFileName } from '../../conda/file-name.ts';
import { readInfoTar } from '../../conda/info-tar.ts';
import { readIndex as readIndexJson } from '../../conda/insides.ts';
import type { ArchiveFormat } from '../../conda/types.ts';
import { identifyArtifact, readPackageArtifact } from '../../layout/package-artifact.ts';
import { parseJsonObject } from '../../layout/repodata/stable-json.ts';
import type { PackageArtifact } from '../../layout/types.ts';
import type { RegistryClient } from '../../oci/registry-client.ts';
import type { Descriptor, Digest, Manifest, Repository } from '../../oci/types.ts';
import type { BlobStore } from '../../store/blob-store.ts';
import type { TransferOptions, Transfers } from '../transfer/transfers.ts';

export interface ScanParts {
  registry: RegistryClient;
  store: BlobStore;
  transfers: Transfers;
}

/** One archive that a registry holds, as its manifest and its index layer say. */
export interface StoredPackage {
  subdir: string;
  fileName: string;
  repository: Repository;
  tag: string;
  archive: { digest: Digest; size: number; md5: string | undefined };
  /** info/index.json */
  index: Record<string, unknown>;
  /** The layer with the rest of the info directory. */
  info: Descriptor | undefined;
}

/** How tags are read. */
export interface Reading {
  options: { layout: LayoutVersion; subdir: string; request: TransferOptions };
  parts: ScanParts;
}

/** An index.json has some kilobytes. */
const INDEX_BYTES = 4 * 1024 * 1024;

/** An info layer is kilobytes. */
const INFO_LAYER_BYTES = 64 * 1024 * 1024;

/**
 * What a tag of a package repository holds: an archive, or two of one build; nothing where the tag is gone; `other-layout` for a package
 * of the other layout. Small layers go through the store. Throws `invalid-package` for what says nowhere what it is.
 */
export async function readTag(
  repository: Repository,
  tag: string,
  reading: Reading,
): Promise<StoredPackage[] | 'other-layout'> {
  const { options, parts } = reading;
  const manifest = await parts.registry.getManifest(repository, tag, options.request);
  if (manifest === undefined) return [];
  const artifact = readPackageArtifact(manifest.document as Manifest);
  // The two layouts can share a repository (v1's make is v0's cmake): the annotations tell whose it is.
  if (artifact.layout !== options.layout) return 'other-layout';
  const index = await readIndex(artifact, repository, reading);
  const identity = identifyArtifact(artifact, index);
  if (identity === undefined) throw unreadable('says neither in annotations nor in its index layer what it is');
  return Object.entries(artifact.archives).map(([format, layer]) => ({
    subdir: options.subdir,
    fileName: formatFileName(identity, format as ArchiveFormat),
    repository,
    tag,
    archive: { digest: layer.digest, size: layer.size, md5: layer.annotations?.['org.conda.md5'] },
    index,
    info: artifact.info,
  }));
}

/** info/index.json out of its own layer; early writers left that out, and then out of the info layer. */
async function readIndex(
  { index, info }: PackageArtifact,
  repository: Repository,
  reading: Reading,
): Promise<Record<string, unknown>> {
  if (index !== undefined)
    return parseJsonObject(await readLayer(index, INDEX_BYTES, repository, reading), 'The index layer');
  if (info === undefined) throw unreadable('has neither index nor info layer');
  const infoTar = await readLayer(info, INFO_LAYER_BYTES, repository, reading);
  return readIndexJson(await readInfoTar(infoTar));
}

async function readLayer(
  { digest, size }: Descriptor,
  limit: number,
  repository: Repository,
  { options, parts }: Reading,
): Promise<Uint8Array> {
  if (size > limit) throw unreadable(`has a layer of ${size} bytes for what is kilobytes`);
  await parts.transfers.fetch({ digest, size, repositories: [repository] }, options.request);
  const bytes = parts.store.readSmall(digest, limit);
  if (bytes === undefined) throw unreadable('has a layer that the store lost at once');
  return bytes;
}

function unreadable(why: string): CondockError {
  return new CondockError('invalid-package', `The manifest ${why}.`, {
    hint: 'Publish the package again with "condock publish".',
  });
}
