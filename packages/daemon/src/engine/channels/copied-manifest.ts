import { CondockError } from '@condock/protocol';
import type { ArchiveFormat } from '../../conda/types.ts';
import { encodeReference } from '../../layout/codec.ts';
import { buildPackageManifest } from '../../layout/package-manifest.ts';
import { type Descriptor, type Digest, MEDIA_TYPES } from '../../oci/types.ts';
import type { PackageArtifact } from '../../layout/types.ts';
import type { CopyOptions, Item, Source } from './copy-package.ts';

export interface TargetManifest {
  component: string;
  tag: string;
  digest: Digest;
  mediaType: string;
  bytes: Uint8Array;
  blobs: Descriptor[];
}

/** In the same layout the manifest is copied byte for byte; into the other one it is written anew over the same blobs. */
export function manifestAtTarget(item: Item, { artifact, manifest }: Source, options: CopyOptions): TargetManifest {
  const { info, index } = artifact;
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
      digest: manifest.digest,
      mediaType: manifest.mediaType,
      bytes: manifest.bytes,
      blobs: [...artifact.manifest.layers, artifact.manifest.config],
    };
  }
  if (info === undefined || index === undefined) {
    throw new CondockError(
      'unsupported-format',
      `${item.name.fileName} has no info or index layer, which layout ${options.layout} requires.`,
      {
        hint: 'Publish the archive anew with "condock publish".',
      },
    );
  }
  const archive = archiveOf(item, artifact);
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
    mediaType: MEDIA_TYPES.manifest,
    bytes: built.bytes,
    blobs: [archive, info, index, built.manifest.config],
  };
}

/** Which archives the manifest at the target holds: all that the source's does, where it is copied byte for byte. */
export const formatsAtTarget = (
  { name }: Pick<Item, 'name'>,
  { archives }: PackageArtifact,
  { layout, fromLayout }: Pick<CopyOptions, 'layout' | 'fromLayout'>,
): ArchiveFormat[] => (layout === fromLayout ? (Object.keys(archives) as ArchiveFormat[]) : [name.format]);

/** The archive of an item in its manifest. Throws `other-format` where that holds the other one. */
export function archiveOf({ name }: Pick<Item, 'name'>, artifact: PackageArtifact): Descriptor {
  const archive = artifact.archives[name.format];
  if (archive !== undefined) return archive;
  throw new CondockError(
    'other-format',
    `The source does not hold ${name.fileName}, but the other format of the build.`,
    {
      hint: 'Its repodata lists both, and a tag holds one archive.',
    },
  );
}
