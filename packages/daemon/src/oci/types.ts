/** `sha256:` and 64 lower-case hex digits. Made only by `parseDigest` and `sha256Digest` (oci/digest.ts). */
export type Digest = `sha256:${string}`;

/** OCI image-spec v1.1, descriptor.md. */
export interface Descriptor {
  mediaType: string;
  digest: Digest;
  /** Bytes. */
  size: number;
  annotations?: Record<string, string>;
  artifactType?: string;
}

/** OCI image-spec v1.1, manifest.md. Members that Condock does not know are kept out of this view, never out of the bytes. */
export interface Manifest {
  schemaVersion: 2;
  mediaType?: string;
  artifactType?: string;
  config: Descriptor;
  layers: Descriptor[];
  subject?: Descriptor;
  annotations?: Record<string, string>;
}

/** OCI image-spec v1.1, image-index.md. */
export interface ImageIndex {
  schemaVersion: 2;
  mediaType?: string;
  artifactType?: string;
  manifests: Descriptor[];
  subject?: Descriptor;
  annotations?: Record<string, string>;
}

export const MEDIA_TYPES = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
  emptyConfig: 'application/vnd.oci.empty.v1+json',
} as const;

/** One repository of one registry. `host` keeps its port: `127.0.0.1:5000`, `ghcr.io`, `[::1]:5000`. */
export interface Repository {
  host: string;
  /** Path below /v2/, no slash at either end; matches the OCI repository-name expression. */
  name: string;
}

/** `oci://host/name[:tag][@digest]`; at least one of tag and digest. */
export interface Reference extends Repository {
  tag?: string;
  digest?: Digest;
}
