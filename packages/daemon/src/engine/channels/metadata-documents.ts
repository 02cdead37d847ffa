import { CondockError } from '@condock/protocol';
import { decompress } from '../../layout/compression.ts';
import type { MetadataKind } from '../../layout/metadata-names.ts';
import { buildRepodataArtifact, type BuiltRepodata, readRepodataArtifact } from '../../layout/repodata/artifact.ts';
import { LATEST_TAG, metadataRepository } from '../../layout/repodata/names.ts';
import type { JsonObject } from '../../layout/repodata/types.ts';
import type { LayoutVersion, OciChannel } from '../../layout/types.ts';
import type { RegistryClient, RequestOptions } from '../../oci/registry-client.ts';
import { type Digest, type Manifest, MEDIA_TYPES, type Repository } from '../../oci/types.ts';
import { readBlob } from '../transfer/read-blob.ts';

/** One document of a channel's metadata, and where it stands. */
export interface DocumentPlace {
  repository: Repository;
  layout: LayoutVersion;
  kind: MetadataKind;
}

export function placeOf(channel: OciChannel, subdir: string, layout: LayoutVersion, kind: MetadataKind): DocumentPlace {
  return { repository: metadataRepository(channel, subdir, layout, kind), layout, kind };
}

/** conda-forge's largest repodata has 0.4 GB; a document beyond this is no channel's. */
const DOCUMENT_BYTES = 1024 * 1024 * 1024;

export interface ReadDocument {
  /** Of the manifest. */
  digest: Digest;
  json: JsonObject;
}

/** The current copy of a document; undefined where the channel has none yet. */
export async function readDocument(
  place: DocumentPlace,
  registry: RegistryClient,
  options: RequestOptions,
): Promise<ReadDocument | undefined> {
  const fetched = await registry.getManifest(place.repository, LATEST_TAG, options);
  if (fetched === undefined) return undefined;
  const { best } = readRepodataArtifact(fetched.document as Manifest);
  const compressed = await readBlob(place.repository, best.descriptor, registry, options);
  const where = `oci://${place.repository.host}/${place.repository.name}`;
  if (compressed === undefined) {
    throw new CondockError(
      'registry-error',
      `${where} names a document (${best.descriptor.digest}) that the registry does not have.`,
      {
        hint: 'Rebuild the metadata with "condock channel index".',
        data: { host: place.repository.host },
      },
    );
  }
  const plain = await decompress(compressed, best.compression, DOCUMENT_BYTES);
  return { digest: fetched.digest, json: parse(plain, where) };
}

function parse(bytes: Uint8Array, where: string): JsonObject {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  } catch {
    // Said below.
  }
  throw new CondockError('invalid-package', `${where} is not a JSON document.`, {
    hint: 'Rebuild the metadata with "condock channel index".',
  });
}

/** Pushes everything of a new copy but the tag `latest`: blobs, the manifest by digest, and under its history tag. */
export async function pushDocument(
  place: DocumentPlace,
  json: JsonObject,
  history: string,
  registry: RegistryClient,
  options: RequestOptions,
): Promise<BuiltRepodata> {
  const built = await buildRepodataArtifact({ layout: place.layout, kind: place.kind, json });
  for (const { descriptor, bytes } of [...built.layers, built.config]) {
    const open = (offset: number): AsyncIterable<Uint8Array> => once(bytes.subarray(offset));
    await registry.uploadBlob(place.repository, { digest: descriptor.digest, size: bytes.length, open }, options);
  }
  await registry.putManifest(place.repository, built.digest, built.manifest, MEDIA_TYPES.manifest, options);
  await registry.putManifest(place.repository, history, built.manifest, MEDIA_TYPES.manifest, options);
  return built;
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield await Promise.resolve(bytes);
}

/** Makes a pushed copy the current one. */
export async function moveLatest(
  place: DocumentPlace,
  built: BuiltRepodata,
  registry: RegistryClient,
  options: RequestOptions,
): Promise<void> {
  await registry.putManifest(place.repository, LATEST_TAG, built.manifest, MEDIA_TYPES.manifest, options);
}

/** The digest that `latest` names right now. */
export async function latestDigest(
  place: DocumentPlace,
  registry: RegistryClient,
  options: RequestOptions,
): Promise<Digest | undefined> {
  return (await registry.getManifest(place.repository, LATEST_TAG, options))?.digest;
}
