import { basename } from 'node:path';
import { CondockError } from '@condock/protocol';
import { parseFileName } from '../conda/file-name.ts';
import { infoContents, type InfoFiles } from '../conda/info-files.ts';
import type { ArchiveFormat, PackageIdentity } from '../conda/types.ts';
import { sha256Digest } from '../oci/digest.ts';
import type { Descriptor, Digest } from '../oci/types.ts';
import { buildInfoTar } from './info-tar.ts';
import { INDEX_MEDIA_TYPE, INFO_MEDIA_TYPE, PACKAGE_MEDIA_TYPES } from './media-types.ts';
import { buildPackageManifest, EMPTY_CONFIG, type PackageBlobs } from './package-manifest.ts';
import type { BuiltArtifact, LayoutVersion } from './types.ts';

export interface BuildArtifactOptions {
  archive: {
    /** Its last segment says the format. */
    path: string;
    digest: Digest;
    /** Bytes. */
    size: number;
    /** Hex; part of a v0 manifest, and so of its digest: without it v0 is refused. */
    md5?: string;
  };
  /** The info directory as the archive has it; links within it are followed, others left out. */
  infoFiles: InfoFiles;
  /** Bytes of info/index.json as they stand; default: those among `infoFiles`. */
  indexJson?: Uint8Array;
  identity: PackageIdentity;
  layout: LayoutVersion;
}

/**
 * Makes the manifest and the small blobs of a package. Both layouts get the same blobs, so that a channel in the other
 * layout costs one manifest. Throws `illegal-name` where the layout can't name the package, `invalid-package` without an
 * info/index.json.
 */
export async function buildArtifact(options: BuildArtifactOptions): Promise<BuiltArtifact> {
  const { archive, identity, layout } = options;
  const { files } = infoContents(options.infoFiles);
  const indexBytes = options.indexJson ?? files.find(([name]) => name === 'index.json')?.[1];
  if (indexBytes === undefined) {
    throw new CondockError('invalid-package', `${archive.path} has no info/index.json.`, {
      hint: 'It is no conda package, or it was damaged.',
    });
  }
  const infoBytes = await buildInfoTar(files);
  const format: ArchiveFormat = parseFileName(basename(archive.path)).format;
  const blobs: PackageBlobs = {
    archive: { mediaType: PACKAGE_MEDIA_TYPES[format], digest: archive.digest, size: archive.size },
    info: describe(INFO_MEDIA_TYPE, infoBytes),
    index: describe(INDEX_MEDIA_TYPE, indexBytes),
  };
  const { encoded, manifest, bytes, digest } = buildPackageManifest({
    layout,
    identity,
    format,
    blobs,
    ...(archive.md5 === undefined ? {} : { md5: archive.md5 }),
  });
  return {
    layout,
    encoded,
    manifest: bytes,
    digest,
    config: { descriptor: manifest.config, bytes: EMPTY_CONFIG.slice() },
    archive: blobs.archive,
    info: { descriptor: blobs.info, bytes: infoBytes },
    index: { descriptor: blobs.index, bytes: indexBytes },
  };
}

const describe = (mediaType: string, bytes: Uint8Array): Descriptor => ({
  mediaType,
  digest: sha256Digest(bytes),
  size: bytes.length,
});
