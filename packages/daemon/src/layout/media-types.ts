import type { ArchiveFormat } from '../conda/types.ts';

/** Media types of package artifacts; the same in both layouts. */
export const PACKAGE_MEDIA_TYPES: Record<ArchiveFormat, string> = {
  'tar.bz2': 'application/vnd.conda.package.v1',
  conda: 'application/vnd.conda.package.v2',
};
/** Gzip-compressed tar of the info directory. */
export const INFO_MEDIA_TYPE = 'application/vnd.conda.info.v1.tar+gzip';
/** info/index.json as it is. */
export const INDEX_MEDIA_TYPE = 'application/vnd.conda.info.index.v1+json';
/** What the mirror's writers call the empty configuration. */
export const UNKNOWN_CONFIG_MEDIA_TYPE = 'application/vnd.unknown.config.v1+json';

/** Annotation keys: OCI's own, the mirror's, and those of the draft of layout v1. */
export const ANNOTATIONS = {
  title: 'org.opencontainers.image.title',
  /** v0, on the package layer: hex MD5 of the archive. Forbidden in v1. */
  md5: 'org.conda.md5',
  /** v1: `1`. What tells v1 from v0. */
  schema: 'org.conda.oci.schema',
  name: 'org.conda.package.name',
  version: 'org.conda.package.version',
  build: 'org.conda.package.build',
} as const;

export const V1_SCHEMA = '1';
