import { CondockError } from '@condock/protocol';
import type { ArchiveFormat, PackageIdentity } from '../conda/types.ts';
import type { Descriptor, Manifest } from '../oci/types.ts';
import { ANNOTATIONS, INDEX_MEDIA_TYPE, INFO_MEDIA_TYPE, PACKAGE_MEDIA_TYPES, V1_SCHEMA } from './media-types.ts';
import type { LayoutVersion, PackageArtifact } from './types.ts';

/** v1 says so in an annotation; everything else is v0 (nothing marks v0). */
export const layoutOfManifest = (manifest: Manifest): LayoutVersion =>
  manifest.annotations?.[ANNOTATIONS.schema] === V1_SCHEMA ? 'v1' : 'v0';

/**
 * Reads a package artifact by media type alone. Layers in any order, unknown layers, any configuration, and missing
 * annotations, info or index layers are all normal: four generations of writers stand in the public registry.
 * Throws `invalid-package` for a manifest without an archive, and for an image index.
 */
export function readPackageArtifact(manifest: Manifest): PackageArtifact {
  // What a registry answers may be an image index, or anything: types promise nothing here.
  const layers: unknown = manifest.layers;
  const known = Array.isArray(layers) ? manifest.layers : [];
  const first = (mediaType: string): Descriptor | undefined => known.find((layer) => layer.mediaType === mediaType);
  const archives: Partial<Record<ArchiveFormat, Descriptor>> = {};
  for (const format of ['conda', 'tar.bz2'] as const) {
    const layer = first(PACKAGE_MEDIA_TYPES[format]);
    if (layer !== undefined) archives[format] = layer;
  }
  if (archives.conda === undefined && archives['tar.bz2'] === undefined) {
    const found = known.map((layer) => layer.mediaType).join(', ');
    throw new CondockError(
      'invalid-package',
      `The manifest holds no conda archive${found === '' ? '' : `, but ${found}`}.`,
      {
        hint: 'The reference names something other than a conda package.',
      },
    );
  }
  return {
    layout: layoutOfManifest(manifest),
    manifest,
    archives,
    info: first(INFO_MEDIA_TYPE),
    index: first(INDEX_MEDIA_TYPE),
    identity: identityOfAnnotations(manifest),
  };
}

/**
 * Which package an artifact holds: by its annotations (v1), else by the JSON document of its index layer. Undefined where
 * neither says; the archive's SHA-256 is then all there is to go by.
 */
export function identifyArtifact(artifact: PackageArtifact, indexJson?: unknown): PackageIdentity | undefined {
  return artifact.identity ?? identityOfIndex(indexJson);
}

/**
 * Holds what an artifact is against what was asked for. Throws `absent`: where the two layouts share a channel path, a
 * reference may lead to another package (v1's make and v0's cmake are both `cmake`).
 */
export function checkIdentity(expected: PackageIdentity, got: PackageIdentity, reference: string): void {
  if (expected.name === got.name && expected.version === got.version && expected.build === got.build) return;
  throw new CondockError('absent', `${reference} holds another package than ${show(expected)}: ${show(got)}.`, {
    hint: 'The two share one reference in this layout; give the other layout to read the channel with, or another channel path.',
    data: { reference, expected: show(expected), got: show(got) },
  });
}

function identityOfAnnotations(manifest: Manifest): PackageIdentity | undefined {
  if (layoutOfManifest(manifest) !== 'v1') return undefined;
  const annotations = manifest.annotations ?? {};
  return asIdentity(annotations[ANNOTATIONS.name], annotations[ANNOTATIONS.version], annotations[ANNOTATIONS.build]);
}

function identityOfIndex(document: unknown): PackageIdentity | undefined {
  if (typeof document !== 'object' || document === null) return undefined;
  const { name, version, build } = document as Record<string, unknown>;
  return asIdentity(name, version, build);
}

function asIdentity(name: unknown, version: unknown, build: unknown): PackageIdentity | undefined {
  const whole = (value: unknown): value is string => typeof value === 'string' && value !== '';
  return whole(name) && whole(version) && whole(build) ? { name, version, build } : undefined;
}

const show = (identity: PackageIdentity): string => `${identity.name}-${identity.version}-${identity.build}`;
