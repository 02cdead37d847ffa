import { CondockError } from '@condock/protocol';
import { encodeReference } from '../../layout/codec.ts';
import { buildPackageManifest } from '../../layout/package-manifest.ts';
import type { PackageArtifact } from '../../layout/types.ts';
import { sha256Digest } from '../../oci/digest.ts';
import type { Descriptor, Digest } from '../../oci/types.ts';
import type { CopyOptions, Item } from './copy-package.ts';

export interface TargetManifest {
  component: string;
  tag: string;
  digest: Digest;
  bytes: Uint8Array;
  blobs: Descriptor[];
}

/** In the same layout the manifest is copied byte for byte; into the other one it is written anew over the same blobs. */
export function manifestAtTarget(
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
