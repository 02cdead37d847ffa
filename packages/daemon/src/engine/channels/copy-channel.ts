import { CondockError, type LayoutVersion, type ResultOf, toCondockError } from '@condock/protocol';
import pLimit from 'p-limit';
import { parseFileName } from '../../conda/file-name.ts';
import { readInfoTar } from '../../conda/info-tar.ts';
import type { PackageFileName } from '../../conda/types.ts';
import { formatOciChannel, repositoryOf } from '../../layout/channel.ts';
import { encodeReference } from '../../layout/codec.ts';
import { readPackageArtifact } from '../../layout/package-artifact.ts';
import { buildPackageManifest } from '../../layout/package-manifest.ts';
import { RECORD_SECTIONS, type JsonObject, type Repodata } from '../../layout/repodata/types.ts';
import type { OciChannel, PackageArtifact } from '../../layout/types.ts';
import { sha256Digest } from '../../oci/digest.ts';
import type { RegistryClient, RequestOptions } from '../../oci/registry-client.ts';
import { type Descriptor, type Digest, type Manifest, MEDIA_TYPES, type Repository } from '../../oci/types.ts';
import type { BlobStore } from '../../store/blob-store.ts';
import { plural } from '../../system/text.ts';
import type { CallContext } from '../engine-host.ts';
import { Progress } from '../packages/progress.ts';
import type { Transfers } from '../transfer/transfers.ts';
import { describeListing } from './channel-index.ts';
import { copyReferrers } from './copy-referrers.ts';
import type { UpdateOptions, UpdateParts } from './document-update.ts';
import { type Listing, listPackages } from './list-packages.ts';
import { placeOf, readDocument } from './metadata-documents.ts';

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

type CopyResult = ResultOf<'channel/copy'>;

interface Item {
  subdir: string;
  name: PackageFileName;
  record: JsonObject;
}

interface CopiedItem extends Item {
  listing: Listing;
}

interface Source {
  repository: Repository;
  artifact: PackageArtifact;
  bytes: Uint8Array;
  digest: Digest;
}

const AT_ONCE = 8;

/** An info layer is kilobytes. */
const INFO_LAYER_BYTES = 64 * 1024 * 1024;

/**
 * Copies packages between channels, hosts and layouts. On one host blobs are mounted, so that nothing moves; between hosts they go
 * through the store, so that what is cached is not fetched again. The target's repodata is updated last, with the records of the source.
 */
export async function copyChannel(options: CopyOptions, parts: CopyParts, context: CallContext): Promise<CopyResult> {
  const items = await listItems(options, parts);
  const result: CopyResult = {
    copied: 0,
    present: 0,
    blobs: { uploaded: 0, mounted: 0, present: 0 },
    bytes: 0,
    failed: [],
  };
  const progress = new Progress(
    context.progress,
    `Copy ${plural(items.length, 'package')} to ${formatOciChannel(options.to)}`,
    {
      packages: items.length,
      bytes: 0,
    },
  );
  const done: CopiedItem[] = [];
  const limit = pLimit(AT_ONCE);
  try {
    await Promise.all(
      items.map((item) =>
        limit(async () => {
          try {
            options.request.signal.throwIfAborted();
            const copied = await copyOne(item, options, parts, result, (n) => progress.addBytes(n));
            if (copied.written) result.copied += 1;
            else result.present += 1;
            if (!options.dryRun)
              done.push({ ...item, listing: await listingAtTarget(item, copied.source, options, parts) });
          } catch (error) {
            if (options.request.signal.aborted) throw error;
            result.failed.push({
              package: `${item.subdir}/${item.name.fileName}`,
              error: toCondockError(error).toJSON(),
            });
          }
          progress.addPackage(item.name.fileName);
        }),
      ),
    );
    const target = { channel: options.to, layout: options.layout, restore: options.force };
    const failures = await listPackages(
      done.map((item) => item.listing),
      target,
      parts,
      options.request,
    );
    for (const { subdir, name, listing } of done) {
      const failure = failures.get(listing);
      if (failure !== undefined) result.failed.push({ package: `${subdir}/${name.fileName}`, error: failure.toJSON() });
    }
    return result;
  } finally {
    progress.end();
  }
}

async function listItems(options: CopyOptions, parts: CopyParts): Promise<Item[]> {
  const items: Item[] = [];
  const wanted = options.packages === undefined ? undefined : new Set(options.packages);
  for (const subdir of options.subdirs) {
    const read = await readDocument(
      placeOf(options.from, subdir, options.fromLayout, 'repodata'),
      parts.registry,
      options.request,
    );
    for (const section of RECORD_SECTIONS) {
      for (const [fileName, record] of Object.entries((read?.json as Repodata | undefined)?.[section] ?? {})) {
        if (wanted !== undefined && !wanted.delete(`${subdir}/${fileName}`)) continue;
        items.push({ subdir, name: parseFileName(fileName), record });
      }
    }
  }
  if (wanted !== undefined && wanted.size > 0) {
    throw new CondockError(
      'not-found',
      `The repodata of ${formatOciChannel(options.from)} does not list ${[...wanted].join(', ')}.`,
      {
        hint: 'Write them SUBDIR/FILENAME, as the repodata does; "condock channel index" lists what a registry holds.',
      },
    );
  }
  return items;
}

/** What a package is, what is attached to it, and its tag, last; `written` is false where the target had the same already. */
async function copyOne(
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

/** The source's record, with its hotfixes; what only v1 says of a package comes out of its info layer. */
async function listingAtTarget(item: Item, source: Source, options: CopyOptions, parts: CopyParts): Promise<Listing> {
  const { subdir, name, record } = item;
  const listing: Listing = { subdir, record: { fileName: name.fileName, record } };
  const { info, archives } = source.artifact;
  const archive = archives[name.format];
  if (options.layout === 'v0' || info === undefined || archive === undefined || info.size > INFO_LAYER_BYTES)
    return listing;
  await parts.transfers.fetch(
    { digest: info.digest, size: info.size, repositories: [source.repository] },
    options.request,
  );
  const bytes = parts.store.readSmall(info.digest, INFO_LAYER_BYTES);
  if (bytes === undefined) return listing;
  const facts = { fileName: name.fileName, sha256: archive.digest.slice('sha256:'.length), size: archive.size };
  return { ...describeListing(await readInfoTar(bytes), subdir, facts, name.fileName), record: listing.record };
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

interface TargetManifest {
  component: string;
  tag: string;
  digest: Digest;
  bytes: Uint8Array;
  blobs: Descriptor[];
}

/** In the same layout the manifest is copied byte for byte; into the other one it is written anew over the same blobs. */
function manifestAtTarget(
  item: Item,
  artifact: PackageArtifact,
  bytes: Uint8Array,
  options: CopyOptions,
): TargetManifest {
  const { info, index } = artifact;
  const archive = artifact.archives[item.name.format];
  if (options.layout === options.fromLayout) {
    const { component, tag } = encodeReference({
      channel: options.to,
      subdir: item.subdir,
      identity: item.name,
      layout: options.layout,
    });
    return {
      component,
      tag,
      digest: sha256Digest(bytes),
      bytes,
      blobs: [...artifact.manifest.layers, artifact.manifest.config],
    };
  }
  if (archive === undefined || info === undefined || index === undefined) {
    throw new CondockError(
      'unsupported-format',
      `${item.name.fileName} has no info or index layer, which layout ${options.layout} requires.`,
      {
        hint: 'Publish the archive anew with "condock publish".',
      },
    );
  }
  const md5 =
    archive.annotations?.['org.conda.md5'] ?? (typeof item.record.md5 === 'string' ? item.record.md5 : undefined);
  const plain = ({ mediaType, digest, size }: Descriptor): Descriptor => ({ mediaType, digest, size });
  const built = buildPackageManifest({
    layout: options.layout,
    identity: item.name,
    format: item.name.format,
    blobs: { archive: plain(archive), info: plain(info), index: plain(index) },
    ...(md5 === undefined ? {} : { md5 }),
  });
  return {
    ...built.encoded,
    digest: built.digest,
    bytes: built.bytes,
    blobs: [archive, info, index, built.manifest.config],
  };
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
