import { CondockError, type LayoutVersion, type ResultOf } from '@condock/protocol';
import type { PackageFileName } from '../../conda/types.ts';
import { repositoryOf } from '../../layout/channel.ts';
import { encodeReference } from '../../layout/codec.ts';
import { readPackageArtifact } from '../../layout/package-artifact.ts';
import type { JsonObject } from '../../layout/repodata/types.ts';
import type { OciChannel, PackageArtifact } from '../../layout/types.ts';
import type { RegistryClient, RequestOptions } from '../../oci/registry-client.ts';
import { type Descriptor, type Digest, type Manifest, MEDIA_TYPES, type Repository } from '../../oci/types.ts';
import type { BlobStore } from '../../store/blob-store.ts';
import type { Transfers } from '../transfer/transfers.ts';
import { manifestAtTarget } from './copied-manifest.ts';
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

/** A package at the source, as its manifest says. */
export interface Source {
  repository: Repository;
  artifact: PackageArtifact;
  bytes: Uint8Array;
  digest: Digest;
}

/** What a package is, what is attached to it, and its tag, last; `written` is false where the target had the same already. */
export async function copyPackage(
  item: Item,
  options: CopyOptions,
  parts: CopyParts,
  result: CopyResult,
  onBytes: (n: number) => void,
): Promise<{ written: boolean; source: Source }> {
  const { registry } = parts;
  const source = await readSource(item, options, registry);
  const built = manifestAtTarget(item, source.artifact, source.bytes, options);
  const target = repositoryOf(options.to, item.subdir, built.component);
  const present = await registry.getManifest(target, built.tag, options.request);
  const same = present?.digest === built.digest;
  if (present !== undefined && !same && !options.force)
    refuseOther(item, source.artifact, present.document as Manifest, target, built.tag);
  if (options.dryRun) return { written: !same, source };
  const copy = (blob: Descriptor): Promise<void> =>
    copyBlob(blob, source.repository, target, options, parts, result, onBytes);
  if (!same) {
    for (const blob of built.blobs) await copy(blob);
    await registry.putManifest(target, built.digest, built.bytes, MEDIA_TYPES.manifest, options.request);
  }
  const subject = { mediaType: MEDIA_TYPES.manifest, digest: built.digest, size: built.bytes.length };
  await copyReferrers({ repository: source.repository, digest: source.digest }, { repository: target, subject }, copy, {
    registry,
    request: options.request,
  });
  if (!same) await registry.putManifest(target, built.tag, built.bytes, MEDIA_TYPES.manifest, options.request);
  return { written: !same, source };
}

async function readSource(item: Item, options: CopyOptions, registry: RegistryClient): Promise<Source> {
  const encoded = encodeReference({
    channel: options.from,
    subdir: item.subdir,
    identity: item.name,
    layout: options.fromLayout,
  });
  const repository: Repository = { host: options.from.host, name: encoded.repository };
  const fetched = await registry.getManifest(repository, encoded.tag, options.request);
  if (fetched === undefined) {
    throw new CondockError('absent', `${encoded.reference} is listed, but not there.`, {
      data: { host: repository.host },
    });
  }
  const artifact = readPackageArtifact(fetched.document as Manifest);
  if (artifact.archives[item.name.format] === undefined) {
    throw new CondockError(
      'other-format',
      `${encoded.reference} does not hold ${item.name.fileName}, but the other format.`,
      { data: { host: repository.host } },
    );
  }
  return { repository, artifact, bytes: fetched.bytes, digest: fetched.digest };
}

function refuseOther(item: Item, ours: PackageArtifact, theirs: Manifest, target: Repository, tag: string): void {
  const there = readPackageArtifact(theirs).archives[item.name.format]?.digest;
  if (there === ours.archives[item.name.format]?.digest) return;
  throw new CondockError(
    'already-exists',
    `oci://${target.host}/${target.name}:${tag} already exists with other bytes (${there ?? 'the other format'}).`,
    {
      hint: 'Replace it on purpose with --force.',
      data: { host: target.host },
    },
  );
}

async function copyBlob(
  blob: Descriptor,
  from: Repository,
  to: Repository,
  options: CopyOptions,
  parts: CopyParts,
  result: CopyResult,
  onBytes: (n: number) => void,
): Promise<void> {
  const { registry, transfers } = parts;
  const request: RequestOptions = options.request;
  if (from.host !== to.host && (await registry.headBlob(to, blob.digest, request)) !== undefined) {
    result.blobs.present += 1;
    return;
  }
  if (from.host !== to.host)
    await transfers.fetch({ digest: blob.digest, size: blob.size, repositories: [from] }, { ...request, onBytes });
  const open = (offset: number): AsyncIterable<Uint8Array> => blobFrom(blob, from, offset, options, parts);
  const moved = await registry.uploadBlob(
    to,
    { digest: blob.digest, size: blob.size, open },
    { ...request, ...(from.host === to.host ? { mountFrom: [from.name] } : {}) },
  );
  result.blobs[moved.moved] += 1;
  if (moved.moved === 'uploaded') result.bytes += blob.size;
}

/** Where a registry refuses to mount, the bytes come through the store after all. */
async function* blobFrom(
  blob: Descriptor,
  from: Repository,
  offset: number,
  options: CopyOptions,
  parts: CopyParts,
): AsyncIterable<Uint8Array> {
  await parts.transfers.fetch({ digest: blob.digest, size: blob.size, repositories: [from] }, options.request);
  if (offset < blob.size) yield* parts.store.read(blob.digest, { start: offset, end: blob.size - 1 });
}
