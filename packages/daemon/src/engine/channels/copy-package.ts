import { CondockError, type LayoutVersion, type ResultOf } from '@condock/protocol';
import type { PackageFileName } from '../../conda/types.ts';
import { repositoryOf } from '../../layout/channel.ts';
import { encodeReference } from '../../layout/codec.ts';
import { readPackageArtifact } from '../../layout/package-artifact.ts';
import type { JsonObject } from '../../layout/repodata/types.ts';
import type { OciChannel, PackageArtifact } from '../../layout/types.ts';
import type { FetchedManifest, RegistryClient } from '../../oci/registry-client.ts';
import type { Descriptor, Digest, Manifest, Repository } from '../../oci/types.ts';
import type { BlobStore } from '../../store/blob-store.ts';
import { checkOccupant, isSame } from '../publish/occupant.ts';
import { heldPackage } from '../resolve/held-package.ts';
import type { Patience } from '../publish/patience.ts';
import type { Transfers } from '../transfer/transfers.ts';
import { archiveOf, formatsAtTarget, manifestAtTarget } from './copied-manifest.ts';
import { copyBlob } from './copy-blob.ts';
import { copyReferrers } from './copy-referrers.ts';
import type { UpdateOptions, UpdateParts } from './document-update.ts';

export interface CopyOptions {
  from: OciChannel;
  to: OciChannel;
  fromLayout: LayoutVersion;
  layout: LayoutVersion;
  subdirs: readonly string[];
  /** SUBDIR/FILENAME; undefined: everything that the repodata lists. */
  packages: readonly string[] | undefined;
  force: boolean;
  dryRun: boolean;
  request: UpdateOptions;
}

export type CopyParts = UpdateParts & { store: BlobStore; transfers: Transfers };

export type CopyResult = ResultOf<'channel/copy'>;

/** A package that is to be copied, as the source's repodata lists it. */
export interface Item {
  subdir: string;
  name: PackageFileName;
  record: JsonObject;
}

/** What one call of `copyChannel` has done so far. */
export interface Copying {
  patience: Patience;
  result: CopyResult;
  onBytes: (n: number) => void;
  /** References that were written by this call, and with which manifest. */
  taken: Map<string, { digest: Digest; fileName: string }>;
}

/** A package at the source, as its manifest says. */
export interface Source {
  repository: Repository;
  artifact: PackageArtifact;
  manifest: FetchedManifest;
}

/** What a package is, what is attached to it, and its tag, last; `written` is false where the target had the same already. */
export async function copyPackage(
  item: Item,
  options: CopyOptions,
  parts: CopyParts,
  copying: Copying,
): Promise<{ written: boolean; source: Source }> {
  const { registry } = parts;
  const { request } = options;
  const source = await readSource(item, options, registry);
  const built = manifestAtTarget(item, source, options);
  const target = repositoryOf(options.to, item.subdir, built.component);
  const reference = `${target.name}:${built.tag}`;
  refuseSecond(reference, built.digest, copying);
  const newcomer = {
    name: item.name,
    archive: archiveOf(item, source.artifact).digest,
    manifest: built.digest,
    formats: formatsAtTarget(item, source.artifact, options),
  };
  const there = await checkOccupant(newcomer, target, built.tag, registry, { force: options.force, request });
  const copy = (blob: Descriptor): Promise<void> => copyBlob(blob, source.repository, target, options, parts, copying);
  if (there !== 'same') for (const blob of built.blobs) await copy(blob);
  copying.taken.set(reference, { digest: built.digest, fileName: item.name.fileName });
  if (options.dryRun) return { written: there !== 'same', source };
  const put = (tagOrDigest: string): Promise<unknown> =>
    registry.putManifest(target, tagOrDigest, built.bytes, built.mediaType, request);
  if (there !== 'same') await put(built.digest);
  const subject = { mediaType: built.mediaType, digest: built.digest, size: built.bytes.length };
  const attachedTo = { repository: source.repository, digest: source.manifest.digest };
  await copyReferrers(attachedTo, { repository: target, subject }, copy, { registry, request });
  if (there !== 'same') await put(built.tag);
  return { written: there !== 'same', source };
}

async function readSource(item: Item, options: CopyOptions, registry: RegistryClient): Promise<Source> {
  const { from: channel, fromLayout: layout, request } = options;
  const {
    reference,
    repository: name,
    tag,
  } = encodeReference({
    channel,
    subdir: item.subdir,
    identity: item.name,
    layout,
  });
  const repository: Repository = { host: channel.host, name };
  const manifest = await registry.getManifest(repository, tag, request);
  const data = { host: channel.host, reference };
  if (manifest === undefined) throw new CondockError('absent', `${reference} is listed, but not there.`, { data });
  const artifact = readPackageArtifact(manifest.document as Manifest);
  const hex = archiveOf(item, artifact).digest.slice('sha256:'.length);
  const { sha256 } = item.record;
  if (typeof sha256 === 'string' && sha256 !== hex) {
    throw new CondockError(
      'digest-mismatch',
      `${reference} holds other bytes (${hex}) than its repodata says (${sha256}).`,
      { hint: 'Rebuild the repodata of the source with "condock channel index".', data },
    );
  }
  const identity = typeof sha256 === 'string' ? undefined : await heldPackage(artifact, repository, registry, request);
  if (identity !== undefined && !isSame(identity, item.name)) {
    throw new CondockError('absent', `${reference} holds another package than ${item.name.fileName}.`, { data });
  }
  return { repository, artifact, manifest };
}

/** Both formats of a build go under one tag: where they are manifests of their own at the target, the second is refused. */
function refuseSecond(reference: string, digest: Digest, { taken }: Copying): void {
  const first = taken.get(reference);
  if (first === undefined || first.digest === digest) return;
  throw new CondockError('conflict', `${first.fileName} is the same build, and a tag holds one archive.`, {
    hint: 'The .conda is what the target keeps.',
  });
}
