import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { CondockError, type ResultOf } from '@condock/protocol';
import { referrersTag } from '../../layout/tags.ts';
import { sha256Digest } from '../../oci/digest.ts';
import { encodeManifest } from '../../oci/manifest.ts';
import { parseReference } from '../../oci/reference.ts';
import type { RegistryClient, RequestOptions } from '../../oci/registry-client.ts';
import { type Descriptor, type ImageIndex, type Manifest, MEDIA_TYPES, type Repository } from '../../oci/types.ts';
import { SETTLE_MS, type UpdateOptions, type UpdateParts } from './document-update.ts';

export interface AttachOptions {
  reference: string;
  file: string;
  mediaType: string;
  artifactType: string;
  annotations: Record<string, string>;
  request: UpdateOptions;
}

const EMPTY = new TextEncoder().encode('{}');
/** Attestations and SBOMs are text of some kilobytes; what is larger is no attachment. */
const FILE_BYTES = 256 * 1024 * 1024;

/**
 * Attaches a file to a manifest as a referrer (distribution-spec v1.1). Where the registry keeps no referrers list itself, the
 * fallback tag is read, extended and written; entries that others put there stay. That tag cannot be changed atomically,
 * so it is read again when nobody who had not seen our entry can be about to write it any more, and written again if that got lost.
 */
export async function attach(options: AttachOptions, parts: UpdateParts): Promise<ResultOf<'channel/attach'>> {
  const { registry } = parts;
  const { repository, subject } = await findSubject(options.reference, registry, options.request);
  const layer = await uploadFile(options, repository, registry);
  const config: Descriptor = { mediaType: MEDIA_TYPES.emptyConfig, digest: sha256Digest(EMPTY), size: EMPTY.length };
  await registry.uploadBlob(
    repository,
    { digest: config.digest, size: config.size, open: (offset) => only(EMPTY.subarray(offset)) },
    options.request,
  );
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.manifest,
    artifactType: options.artifactType,
    config,
    layers: [layer],
    subject,
    ...(Object.keys(options.annotations).length === 0 ? {} : { annotations: options.annotations }),
  };
  const bytes = encodeManifest(manifest);
  const digest = sha256Digest(bytes);
  const { subjectHandled } = await registry.putManifest(
    repository,
    digest,
    bytes,
    MEDIA_TYPES.manifest,
    options.request,
  );
  if (!subjectHandled) {
    const entry: Descriptor = {
      mediaType: MEDIA_TYPES.manifest,
      digest,
      size: bytes.length,
      artifactType: options.artifactType,
      ...(manifest.annotations === undefined ? {} : { annotations: manifest.annotations }),
    };
    await keepInFallbackTag(repository, subject, entry, parts, options.request);
  }
  return { digest, subject: subject.digest, via: subjectHandled ? 'referrers-api' : 'fallback-tag' };
}

async function findSubject(
  text: string,
  registry: RegistryClient,
  request: RequestOptions,
): Promise<{ repository: Repository; subject: Descriptor }> {
  const { host, name, tag, digest } = parseReference(text);
  const repository: Repository = { host, name };
  const manifest = await registry.getManifest(repository, digest ?? tag ?? 'latest', request);
  if (manifest === undefined) {
    throw new CondockError('absent', `${text} does not exist, or is private.`, {
      hint: `If it is private, sign in with "condock login ${host}".`,
      data: { host },
    });
  }
  return {
    repository,
    subject: { mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.bytes.length },
  };
}

async function uploadFile(
  options: AttachOptions,
  repository: Repository,
  registry: RegistryClient,
): Promise<Descriptor> {
  const { file, mediaType, request } = options;
  const found = await stat(file).catch(() => undefined);
  if (found?.isFile() !== true)
    throw new CondockError('not-found', `There is no file ${file}.`, { hint: 'Check the path.' });
  if (found.size > FILE_BYTES) {
    throw new CondockError('too-large', `${file} has ${found.size} bytes; at most ${FILE_BYTES} can be attached.`, {
      hint: 'Publish it on its own, and attach a note that names it.',
    });
  }
  const digest = sha256Digest(await readFile(file));
  const open = (offset: number) => createReadStream(file, { start: offset }) as AsyncIterable<Uint8Array>;
  await registry.uploadBlob(repository, { digest, size: found.size, open }, request);
  return { mediaType, digest, size: found.size, annotations: { 'org.opencontainers.image.title': basename(file) } };
}

const FALLBACK_ROUNDS = 10;

/** As `addToFallbackTag`, for good: see `SETTLE_MS`, and that a list is read and written in far less. */
async function keepInFallbackTag(
  repository: Repository,
  subject: Pick<Descriptor, 'digest'>,
  entry: Descriptor,
  { registry, sleep, random, settleMs = SETTLE_MS }: UpdateParts,
  request: AttachOptions['request'],
): Promise<void> {
  for (let round = 0; round < FALLBACK_ROUNDS; round += 1) {
    await addToFallbackTag(repository, subject, entry, registry, request);
    // At random, so that those who lost their entries to one another do not meet again.
    await sleep(settleMs * (1 + random() / 4), request.signal);
    const there = await registry.getManifest(repository, referrersTag(subject.digest), request);
    if ((there?.document as ImageIndex | undefined)?.manifests.some((m) => m.digest === entry.digest) === true) return;
  }
  throw crowded(repository, subject);
}

/** Adds an entry to the list that stands in for the referrers API (distribution-spec v1.1, "Referrers Tag Schema"). */
export async function addToFallbackTag(
  repository: Repository,
  subject: Pick<Descriptor, 'digest'>,
  entry: Descriptor,
  registry: RegistryClient,
  request: RequestOptions,
): Promise<void> {
  const tag = referrersTag(subject.digest);
  for (let round = 0; round < FALLBACK_ROUNDS; round += 1) {
    const present = await registry.getManifest(repository, tag, request);
    const index = present?.document as ImageIndex | undefined;
    const manifests = index?.manifests ?? [];
    if (manifests.some((m) => m.digest === entry.digest)) return;
    const next: ImageIndex = {
      ...index,
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.index,
      manifests: [...manifests, entry],
    };
    await registry.putManifest(repository, tag, encodeManifest(next), MEDIA_TYPES.index, request);
  }
  throw crowded(repository, subject);
}

function crowded({ host }: Repository, { digest }: Pick<Descriptor, 'digest'>): CondockError {
  return new CondockError('conflict', `The referrers of ${digest} are changed by others all the time.`, {
    hint: 'Try again later.',
    data: { host },
  });
}

async function* only(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield await Promise.resolve(bytes);
}

export async function listReferrers(
  reference: string,
  artifactType: string | undefined,
  registry: RegistryClient,
  request: RequestOptions,
): Promise<ResultOf<'channel/referrers'>> {
  const { repository, subject } = await findSubject(reference, registry, request);
  const found = await registry.listReferrers(repository, subject.digest, {
    ...request,
    ...(artifactType === undefined ? {} : { artifactType }),
  });
  return {
    subject: subject.digest,
    referrers: found
      // A registry may ignore the filter (distribution-spec v1.1, "Listing Referrers").
      .filter((r) => artifactType === undefined || r.artifactType === artifactType)
      .map((r) => ({
        digest: r.digest,
        mediaType: r.mediaType,
        artifactType: r.artifactType ?? null,
        size: r.size,
        annotations: r.annotations ?? {},
      })),
  };
}
