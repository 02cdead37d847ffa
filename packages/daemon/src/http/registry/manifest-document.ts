import { type ContentDigest, parseContentDigest } from './names.ts';

/** What a registry must know of a manifest; the bytes themselves are kept as they came. */
export interface ManifestFacts {
  mediaType: string;
  /** As image-spec v1.1 wants it in referrers lists: the manifest's own, else its config's media type. */
  artifactType: string | undefined;
  annotations: Record<string, string> | undefined;
  subject: ContentDigest | undefined;
  /** Content that must be in the repository already. */
  blobs: ContentDigest[];
  manifests: ContentDigest[];
}

type Json = Record<string, unknown>;

const INDEX_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];

/** Facts of an image manifest or index (OCI or docker schema 2), or a sentence that says why it is none. */
export function readManifest(bytes: Uint8Array, contentType: string | undefined): ManifestFacts | string {
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return 'The manifest is not JSON.';
  }
  if (!isObject(document)) return 'The manifest is not a JSON object.';
  if (document.schemaVersion !== 2) return 'The manifest has no schemaVersion 2.';
  const sent = contentType?.split(';')[0]?.trim().toLowerCase();
  const own = typeof document.mediaType === 'string' ? document.mediaType : undefined;
  if (own !== undefined && sent !== undefined && sent !== '' && own.toLowerCase() !== sent)
    return `The manifest calls itself ${own}, the request calls it ${sent}.`;
  const isIndex = Array.isArray(document.manifests);
  const mediaType = own ?? (sent === undefined || sent === '' ? defaultType(isIndex) : sent);
  if (!isIndex && (INDEX_TYPES.includes(mediaType) || !(isObject(document.config) || Array.isArray(document.blobs))))
    return `The manifest is no ${mediaType}: it has neither a config nor a list of manifests.`;

  const blobs: ContentDigest[] = [];
  const manifests: ContentDigest[] = [];
  const layers = document.layers ?? document.blobs ?? [];
  if (!Array.isArray(layers)) return 'The layers of the manifest are not a list.';
  const wanted: [unknown, ContentDigest[]][] = [
    ...(document.config === undefined ? [] : [[document.config, blobs] as [unknown, ContentDigest[]]]),
    ...layers.filter((l) => !isElsewhere(l)).map((l) => [l, blobs] as [unknown, ContentDigest[]]),
    ...(isIndex ? (document.manifests as unknown[]) : []).map((m) => [m, manifests] as [unknown, ContentDigest[]]),
  ];
  for (const [descriptor, list] of wanted) {
    const digest = digestOf(descriptor);
    if (digest === undefined) return 'The manifest has a descriptor without a legal digest.';
    list.push(digest);
  }
  const subject = document.subject === undefined ? undefined : digestOf(document.subject);
  if (document.subject !== undefined && subject === undefined) return 'The subject has no legal digest.';
  return {
    mediaType,
    artifactType: artifactTypeOf(document, isIndex),
    annotations: annotationsOf(document.annotations),
    subject,
    blobs,
    manifests,
  };
}

/** Layers that may not be distributed stay where their URLs say (image-spec v1.1, layer.md). */
function isElsewhere(layer: unknown): boolean {
  if (!isObject(layer)) return false;
  const type = typeof layer.mediaType === 'string' ? layer.mediaType : '';
  return /\.nondistributable\.|\.foreign\./.test(type) || (Array.isArray(layer.urls) && layer.urls.length > 0);
}

function artifactTypeOf(document: Json, isIndex: boolean): string | undefined {
  if (typeof document.artifactType === 'string' && document.artifactType !== '') return document.artifactType;
  const config = document.config;
  return !isIndex && isObject(config) && typeof config.mediaType === 'string' ? config.mediaType : undefined;
}

function annotationsOf(value: unknown): Record<string, string> | undefined {
  if (!isObject(value)) return undefined;
  return Object.fromEntries(Object.entries(value).filter((e): e is [string, string] => typeof e[1] === 'string'));
}

function digestOf(descriptor: unknown): ContentDigest | undefined {
  return isObject(descriptor) && typeof descriptor.digest === 'string'
    ? parseContentDigest(descriptor.digest)
    : undefined;
}

function defaultType(isIndex: boolean): string {
  return isIndex ? 'application/vnd.oci.image.index.v1+json' : 'application/vnd.oci.image.manifest.v1+json';
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
