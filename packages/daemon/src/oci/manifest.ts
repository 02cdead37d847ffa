import { CondockError } from '@condock/protocol';
import { isDigest } from './digest.ts';
import type { Descriptor, ImageIndex, Manifest } from './types.ts';

/** What registries should accept at least (distribution-spec v1.1, "Pushing Manifests"); conda's have some kilobytes. */
export const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;

/**
 * Reads an image manifest or an image index. Unknown members, any config type and a missing mediaType are normal; what is
 * relied on (descriptors) is checked. Throws `registry-error` for what is neither, `too-large` above 4 MiB.
 */
export function parseManifest(bytes: Uint8Array): Manifest | ImageIndex {
  if (bytes.length > MAX_MANIFEST_BYTES) {
    throw new CondockError(
      'too-large',
      `The manifest has ${bytes.length} bytes; at most ${MAX_MANIFEST_BYTES} are read.`,
    );
  }
  let document: unknown;
  try {
    document = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    throw malformed('it is not JSON');
  }
  if (!isObject(document)) throw malformed('it is not a JSON object');
  if (document.schemaVersion !== 2) throw malformed('its schemaVersion is not 2');
  if (document.subject !== undefined) checkDescriptor(document.subject, 'subject');
  if (Array.isArray(document.manifests)) {
    for (const one of document.manifests) checkDescriptor(one, 'manifests');
    return document as unknown as ImageIndex;
  }
  checkDescriptor(document.config, 'config');
  if (!Array.isArray(document.layers)) throw malformed('it has neither layers nor manifests');
  for (const layer of document.layers) checkDescriptor(layer, 'layers');
  if (document.annotations !== undefined && !isStrings(document.annotations))
    throw malformed('its annotations are not strings');
  return document as unknown as Manifest;
}

/** The bytes of a manifest: members in the order of the specification, so that equal manifests have equal digests. */
export function encodeManifest(manifest: Manifest | ImageIndex): Uint8Array {
  const { schemaVersion, mediaType, artifactType, subject, annotations } = manifest;
  const parts =
    'layers' in manifest
      ? { config: ordered(manifest.config), layers: manifest.layers.map(ordered) }
      : { manifests: manifest.manifests.map(ordered) };
  const document = {
    schemaVersion,
    mediaType,
    artifactType,
    ...parts,
    subject: subject === undefined ? undefined : ordered(subject),
    annotations: sorted(annotations),
  };
  return new TextEncoder().encode(JSON.stringify(document));
}

/** Members that Condock does not know go through: an index that others wrote is extended, not rewritten. */
function ordered(descriptor: Descriptor): Record<string, unknown> {
  const { mediaType, digest, size, annotations, artifactType, ...others } = descriptor;
  return { mediaType, digest, size, annotations: sorted(annotations), artifactType, ...others };
}

const sorted = (record: Record<string, string> | undefined): Record<string, string> | undefined =>
  record === undefined ? undefined : Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));

function checkDescriptor(value: unknown, where: string): void {
  const sound =
    isObject(value) &&
    typeof value.mediaType === 'string' &&
    typeof value.digest === 'string' &&
    isDigest(value.digest) &&
    typeof value.size === 'number' &&
    Number.isSafeInteger(value.size) &&
    value.size >= 0 &&
    (value.annotations === undefined || isStrings(value.annotations));
  if (!sound) throw malformed(`a descriptor in ${where} is not whole (mediaType, SHA-256 digest and size)`);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isStrings = (value: unknown): value is Record<string, string> =>
  isObject(value) && Object.values(value).every((v) => typeof v === 'string');

function malformed(why: string): CondockError {
  return new CondockError('registry-error', `The manifest can't be read: ${why}.`, {
    hint: 'The reference may name something other than an OCI artifact.',
  });
}
