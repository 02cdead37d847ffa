import { CondockError } from '@condock/protocol';
import type { ArchiveFormat, PackageIdentity } from '../conda/types.ts';
import { sha256Digest } from '../oci/digest.ts';
import { encodeManifest } from '../oci/manifest.ts';
import { type Descriptor, type Digest, type Manifest, MEDIA_TYPES } from '../oci/types.ts';
import { codecOf } from './codec.ts';
import { ANNOTATIONS, PACKAGE_MEDIA_TYPES, UNKNOWN_CONFIG_MEDIA_TYPE, V1_SCHEMA } from './media-types.ts';
import type { EncodedName, LayoutVersion } from './types.ts';

/** `{}`: the configuration blob of every artifact that Condock writes. */
export const EMPTY_CONFIG: Uint8Array = new TextEncoder().encode('{}');

/** What a package manifest points at. Only media type, digest and size count; annotations are made anew. */
export interface PackageBlobs {
  archive: Descriptor;
  info: Descriptor;
  index: Descriptor;
}

export interface PackageManifestOptions {
  layout: LayoutVersion;
  identity: PackageIdentity;
  format: ArchiveFormat;
  blobs: PackageBlobs;
  /** Hex MD5 of the archive; needed by v0. */
  md5?: string;
}

export interface BuiltManifest {
  encoded: EncodedName;
  manifest: Manifest;
  bytes: Uint8Array;
  digest: Digest;
}

/**
 * The manifest of a package whose blobs are known: what publishing writes last, and all that converting a package to the
 * other layout takes. Holds nothing that depends on when and where it is made. v0: titles, `org.conda.md5` and the
 * configuration as the mirror writes them. v1: three layers and the draft's four annotations; titles too (the draft
 * leaves them open), because oras and the mirror's tools pull by title. Throws `illegal-name`; `usage` for v0 without MD5.
 */
export function buildPackageManifest(options: PackageManifestOptions): BuiltManifest {
  const { layout, identity, format, blobs } = options;
  const encoded = codecOf(layout).encodeName(identity);
  const stem = `${identity.name}-${identity.version}-${identity.build}`;
  const archive = layer(blobs.archive, { ...md5Annotation(options), [ANNOTATIONS.title]: `${stem}.${format}` });
  const info = layer(blobs.info, { [ANNOTATIONS.title]: `${stem}/info.tar.gz` });
  const index = layer(blobs.index, { [ANNOTATIONS.title]: `${stem}/info/index.json` });
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.manifest,
    ...(layout === 'v1' ? { artifactType: PACKAGE_MEDIA_TYPES[format] } : {}),
    config: emptyConfig(layout),
    layers: [archive, info, index],
    ...(layout === 'v1' ? { annotations: v1Annotations(identity) } : {}),
  };
  const bytes = encodeManifest(manifest);
  return { encoded, manifest, bytes, digest: sha256Digest(bytes) };
}

/** Descriptor of the `{}` configuration; both layouts share its blob. */
export const emptyConfig = (layout: LayoutVersion): Descriptor => ({
  mediaType: layout === 'v0' ? UNKNOWN_CONFIG_MEDIA_TYPE : MEDIA_TYPES.emptyConfig,
  digest: sha256Digest(EMPTY_CONFIG),
  size: EMPTY_CONFIG.length,
});

const layer = ({ mediaType, digest, size }: Descriptor, annotations: Record<string, string>): Descriptor => ({
  mediaType,
  digest,
  size,
  annotations,
});

const v1Annotations = ({ name, version, build }: PackageIdentity): Record<string, string> => ({
  [ANNOTATIONS.schema]: V1_SCHEMA,
  [ANNOTATIONS.build]: build,
  [ANNOTATIONS.name]: name,
  [ANNOTATIONS.version]: version,
});

function md5Annotation({ layout, md5, identity }: PackageManifestOptions): Record<string, string> {
  if (layout === 'v1') return {};
  if (md5 !== undefined && /^[0-9a-f]{32}$/.test(md5)) return { [ANNOTATIONS.md5]: md5 };
  throw new CondockError('usage', `The v0 manifest of ${identity.name} needs the archive's MD5 in hex digits.`, {
    hint: 'Hash the archive; without the annotation the same package would get another digest.',
  });
}
