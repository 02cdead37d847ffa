import { CondockError } from '@condock/protocol';
import { sha256Digest } from '../../oci/digest.ts';
import { encodeManifest } from '../../oci/manifest.ts';
import { type Descriptor, type Digest, type Manifest, MEDIA_TYPES } from '../../oci/types.ts';
import { type Compression, zstdCompress } from '../compression.ts';
import { ANNOTATIONS, V1_SCHEMA } from '../media-types.ts';
import type { MetadataKind } from '../metadata-names.ts';
import { layoutOfManifest } from '../package-artifact.ts';
import { EMPTY_CONFIG, emptyConfig } from '../package-manifest.ts';
import type { LayoutVersion } from '../types.ts';
import { formOf, type MetadataForm, metadataMediaType, parseMetadataMediaType } from './media-types.ts';
import { encodeStableJson } from './stable-json.ts';
import type { JsonObject } from './types.ts';

export interface BuildRepodataOptions {
  layout: LayoutVersion;
  kind: MetadataKind;
  json: JsonObject;
  /** A zstd copy made before; default: made here. `false`: none. */
  compressed?: Uint8Array | false;
}

/** A metadata artifact ready to be pushed. The plain layer and everything about it depends on the document alone. */
export interface BuiltRepodata {
  layout: LayoutVersion;
  manifest: Uint8Array;
  digest: Digest;
  config: { descriptor: Descriptor; bytes: Uint8Array };
  layers: { descriptor: Descriptor; bytes: Uint8Array }[];
}

/**
 * Makes the artifact of one metadata document: a plain layer, then a zstd copy (never for channeldata, which has no
 * compressed form). v1 carries the schema annotation and nothing else.
 */
export async function buildRepodataArtifact(options: BuildRepodataOptions): Promise<BuiltRepodata> {
  const { layout, kind, json } = options;
  const form = formOf(kind);
  const version = versionOf(form, json);
  const describe = (bytes: Uint8Array, compression: Compression) => ({
    descriptor: {
      mediaType: metadataMediaType(form, version, compression),
      digest: sha256Digest(bytes),
      size: bytes.length,
      // The mirror gives both layers one title, so that a generic pull writes one over the other.
      annotations: { [ANNOTATIONS.title]: `${kind}.json${compression === 'plain' ? '' : '.zst'}` },
    },
    bytes,
  });
  const plain = encodeStableJson(json);
  const layers = [describe(plain, 'plain')];
  if (form !== 'channeldata' && options.compressed !== false) {
    layers.push(describe(options.compressed ?? (await zstdCompress(plain)), 'zst'));
  }
  const config = emptyConfig(layout);
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.manifest,
    ...(layout === 'v1' ? { artifactType: metadataMediaType(form, version, 'plain') } : {}),
    config,
    layers: layers.map((layer) => layer.descriptor),
    ...(layout === 'v1' ? { annotations: { [ANNOTATIONS.schema]: V1_SCHEMA } } : {}),
  };
  const bytes = encodeManifest(manifest);
  return {
    layout,
    manifest: bytes,
    digest: sha256Digest(bytes),
    config: { descriptor: config, bytes: EMPTY_CONFIG.slice() },
    layers,
  };
}

export interface RepodataArtifact {
  layout: LayoutVersion;
  form: MetadataForm;
  /** Of the form, from the media type: 2 for repodata with base URLs (CEP 15). */
  version: number;
  /** Every copy of the document that the artifact has, by compression. */
  copies: Partial<Record<Compression, Descriptor>>;
  /** The copy to fetch: the smallest that can be expected. */
  best: { compression: Compression; descriptor: Descriptor };
}

const PREFERENCE: readonly Compression[] = ['zst', 'gzip', 'bz2', 'plain'];

/**
 * Finds the copies of a metadata document by media type alone; titles are the same for all in the mirror's artifacts.
 * Throws `invalid-package` where there is none.
 */
export function readRepodataArtifact(manifest: Manifest): RepodataArtifact {
  const layers: unknown = manifest.layers;
  const known = Array.isArray(layers) ? manifest.layers : [];
  let first: { form: MetadataForm; version: number } | undefined;
  const copies: Partial<Record<Compression, Descriptor>> = {};
  for (const layer of known) {
    const parsed = parseMetadataMediaType(layer.mediaType);
    if (parsed === undefined) continue;
    first ??= parsed;
    if (parsed.form === first.form && parsed.version === first.version) copies[parsed.compression] ??= layer;
  }
  for (const compression of PREFERENCE) {
    const descriptor = copies[compression];
    if (descriptor === undefined || first === undefined) continue;
    const { form, version } = first;
    return { layout: layoutOfManifest(manifest), form, version, copies, best: { compression, descriptor } };
  }
  const found = known.map((layer) => layer.mediaType).join(', ');
  throw new CondockError(
    'invalid-package',
    `The manifest holds no channel metadata${found === '' ? '' : `, but ${found}`}.`,
    {
      hint: 'The channel may be of the other layout, or its metadata were written by another tool.',
    },
  );
}

const versionOf = (form: MetadataForm, json: JsonObject): number =>
  form === 'repodata' && json.repodata_version === 2 ? 2 : 1;
