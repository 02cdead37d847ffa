import { CondockError, type ResultOf } from '@condock/protocol';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { identifyArtifact, readPackageArtifact } from '../../layout/package-artifact.ts';
import { repositoryOf } from '../../layout/channel.ts';
import type { BuiltArtifact, OciChannel } from '../../layout/types.ts';
import type { RegistryClient, UploadSource } from '../../oci/registry-client.ts';
import { type Descriptor, type Manifest, MEDIA_TYPES, type Repository } from '../../oci/types.ts';
import type { TransferOptions } from '../transfer/transfers.ts';
import type { LocalPackage } from './local-package.ts';

export type PublishedPackage = ResultOf<'publish/run'>[number];
export type MovedBlob = PublishedPackage['blobs'][number];

export interface PushOptions {
  /** Replace an existing build by other bytes. */
  force: boolean;
  dryRun: boolean;
  /** Repository names on the same host that may hold the blobs. */
  mountFrom: readonly string[];
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
  const existing = await checkExisting(local, built, repository, registry, options);
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

async function checkExisting(
  local: LocalPackage,
  built: BuiltArtifact,
  repository: Repository,
  registry: RegistryClient,
  options: PushOptions,
): Promise<'none' | 'same' | 'replaced'> {
  const present = await registry.getManifest(repository, built.encoded.tag, options.request);
  if (present === undefined) return 'none';
  if (present.digest === built.digest) return 'same';
  const where = `oci://${repository.host}/${repository.name}:${built.encoded.tag}`;
  const artifact = readPackageArtifact(present.document as Manifest);
  const other = identifyArtifact(artifact);
  const { name, version, build } = local.fileName;
  if (other !== undefined && (other.name !== name || other.version !== version || other.build !== build)) {
    throw new CondockError(
      'conflict',
      `${where} already holds another package: ${other.name} ${other.version} ${other.build}.`,
      {
        hint: 'The two names share one reference in this layout. Use another channel path, or layout v1.',
        data: { host: repository.host, reference: where },
      },
    );
  }
  const archive = artifact.archives[local.fileName.format];
  // The same archive under a manifest that another tool wrote: nothing of value is replaced.
  if (archive?.digest === local.digest || options.force) return 'replaced';
  throw new CondockError(
    'already-exists',
    `${where} already exists with other bytes (${archive?.digest ?? present.digest}).`,
    {
      hint: 'Give the build another build number, or replace it on purpose with --force.',
      data: { host: repository.host, reference: where },
    },
  );
}

async function wouldMove(
  blob: Descriptor,
  repository: Repository,
  registry: RegistryClient,
  options: PushOptions,
): Promise<MovedBlob> {
  const present = await registry.headBlob(repository, blob.digest, options.request);
  return { digest: blob.digest, size: blob.size, moved: present === undefined ? 'uploaded' : 'present' };
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
