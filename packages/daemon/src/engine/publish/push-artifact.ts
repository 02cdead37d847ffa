import type { ResultOf } from '@condock/protocol';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { repositoryOf } from '../../layout/channel.ts';
import type { BuiltArtifact, OciChannel } from '../../layout/types.ts';
import type { RegistryClient, UploadSource } from '../../oci/registry-client.ts';
import { type Descriptor, MEDIA_TYPES, type Repository } from '../../oci/types.ts';
import type { TransferOptions } from '../transfer/transfers.ts';
import type { LocalPackage } from './local-package.ts';
import { checkOccupant } from './occupant.ts';

export type PublishedPackage = ResultOf<'publish/run'>[number];
export type MovedBlob = PublishedPackage['blobs'][number];

export interface PushOptions {
  /** Replace an existing build by other bytes. */
  force: boolean;
  dryRun: boolean;
  /** Repository names on the same host that may hold the blobs. */
  mountFrom: readonly string[];
  /** What a dry run has found would move so far, as `REPOSITORY@DIGEST`: there it counts as done. */
  planned: Set<string>;
  request: TransferOptions;
}

/**
 * Pushes one package in one layout: blobs (asked for, mounted, else uploaded), the manifest by digest, then the tag. What is
 * there already is left alone; a tag that names other bytes is refused unless forced, one that names another package always.
 */
export async function pushArtifact(
  local: LocalPackage,
  built: BuiltArtifact,
  channel: OciChannel,
  registry: RegistryClient,
  options: PushOptions,
): Promise<MovedBlob[]> {
  const repository = repositoryOf(channel, local.subdir, built.encoded.component);
  const newcomer = {
    name: local.fileName,
    archive: local.digest,
    manifest: built.digest,
    formats: [local.fileName.format],
  };
  const existing = await checkOccupant(newcomer, repository, built.encoded.tag, registry, options);
  const blobs = blobsOf(local, built);
  const moved: MovedBlob[] = [];
  for (const blob of blobs) {
    if (existing === 'same')
      moved.push({ digest: blob.descriptor.digest, size: blob.descriptor.size, moved: 'present' });
    else
      moved.push(
        options.dryRun
          ? await wouldMove(blob.descriptor, repository, registry, options)
          : await push(blob, repository, registry, options),
      );
  }
  if (existing === 'same' || options.dryRun) return moved;
  await registry.putManifest(repository, built.digest, built.manifest, MEDIA_TYPES.manifest, options.request);
  await registry.putManifest(repository, built.encoded.tag, built.manifest, MEDIA_TYPES.manifest, options.request);
  return moved;
}

interface Blob {
  descriptor: Descriptor;
  open: UploadSource['open'];
}

function blobsOf(local: LocalPackage, built: BuiltArtifact): Blob[] {
  const inMemory = (part: { descriptor: Descriptor; bytes: Uint8Array }): Blob => ({
    descriptor: part.descriptor,
    open: (offset) => Readable.from([part.bytes.subarray(offset)]) as AsyncIterable<Uint8Array>,
  });
  const archive: Blob = {
    descriptor: built.archive,
    open: (offset) =>
      createReadStream(local.path, { start: offset, highWaterMark: 1024 * 1024 }) as AsyncIterable<Uint8Array>,
  };
  return [archive, inMemory(built.info), inMemory(built.index), inMemory(built.config)];
}

async function wouldMove(
  blob: Descriptor,
  repository: Repository,
  registry: RegistryClient,
  options: PushOptions,
): Promise<MovedBlob> {
  const { digest, size } = blob;
  const isAt = async (name: string): Promise<boolean> =>
    options.planned.has(`${name}@${digest}`) ||
    (await registry.headBlob({ host: repository.host, name }, digest, options.request)) !== undefined;
  if (await isAt(repository.name)) return { digest, size, moved: 'present' };
  options.planned.add(`${repository.name}@${digest}`);
  for (const name of options.mountFrom) if (await isAt(name)) return { digest, size, moved: 'mounted' };
  return { digest, size, moved: 'uploaded' };
}

async function push(
  blob: Blob,
  repository: Repository,
  registry: RegistryClient,
  options: PushOptions,
): Promise<MovedBlob> {
  const { digest, size } = blob.descriptor;
  const { onBytes, ...request } = options.request;
  let sent = 0;
  const result = await registry.uploadBlob(
    repository,
    { digest, size, open: blob.open },
    {
      ...request,
      mountFrom: options.mountFrom,
      onProgress: (now) => {
        onBytes?.(now - sent);
        sent = now;
      },
    },
  );
  // What was mounted or present need not be waited for: it counts as done.
  if (result.moved !== 'uploaded') onBytes?.(size - sent);
  return { digest, size, moved: result.moved };
}
