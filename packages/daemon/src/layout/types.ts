import type { LayoutVersion } from '@condock/protocol';
import type { ArchiveFormat, PackageIdentity } from '../conda/types.ts';
import type { Descriptor, Digest, Manifest } from '../oci/types.ts';

export type { LayoutVersion };

/** `oci://<host>/<path>[/label/<label>]`; the base below which subdirs stand. */
export interface OciChannel {
  host: string;
  /** Channel path, with `label/<label>` at its end where there is one. */
  path: string;
}

/** Where a layout puts one package. */
export interface EncodedName {
  /** Below the subdir: one path component. */
  component: string;
  tag: string;
  /** Both are hashes; the spelling is in the annotations. */
  hashed: boolean;
}

/** What a component and tag say about the package. A hint: the manifest decides. */
export type DecodedName =
  | { hashed: false; identity: PackageIdentity }
  /** Only the manifest's annotations say what it is. */
  | { hashed: true };

/** What a package artifact holds, read by media type alone. */
export interface PackageArtifact {
  layout: LayoutVersion;
  manifest: Manifest;
  /** By format: v0 repositories of old hold one, the draft v1 at most one. */
  archives: Partial<Record<ArchiveFormat, Descriptor>>;
  info: Descriptor | undefined;
  index: Descriptor | undefined;
  /** From the annotations of v1; v0 has none (ask the index layer). */
  identity: PackageIdentity | undefined;
}

/** A package artifact ready to be pushed. Byte for byte the same for the same archive, on any day and machine. */
export interface BuiltArtifact {
  layout: LayoutVersion;
  encoded: EncodedName;
  manifest: Uint8Array;
  digest: Digest;
  config: { descriptor: Descriptor; bytes: Uint8Array };
  archive: Descriptor;
  info: { descriptor: Descriptor; bytes: Uint8Array };
  index: { descriptor: Descriptor; bytes: Uint8Array };
}
