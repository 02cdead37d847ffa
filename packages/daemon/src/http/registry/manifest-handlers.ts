import { illegalDigest } from './blob-handlers.ts';
import { hashOf } from './content-files.ts';
import { contentLength, type Exchange, matchesEtag, type RegistryRequest } from './exchange.ts';
import { readManifest } from './manifest-document.ts';
import { type ContentDigest, isTag, parseContentDigest } from './names.ts';
import { emptyReply, errorReply, type Reply } from './reply.ts';
import type { RegistryStore } from './registry-store.ts';

/** What distribution-spec v1.1 expects every registry to take ("at least 4 megabytes"), and no more. */
export const MANIFEST_LIMIT = 4 * 1024 * 1024;

/** One representation only, so Accept changes nothing: a client that can't read it is told its type. */
export async function getManifest({ request, store }: Exchange, name: string, reference: string): Promise<Reply> {
  if (reference.includes(':') && parseContentDigest(reference) === undefined) return illegalDigest(reference);
  const digest = await resolve(store, name, reference);
  const mediaType = digest && (await store.repositories.manifest(name, digest));
  const size = digest && (await store.content.size(digest));
  if (digest === undefined || mediaType === undefined || size === undefined)
    return await manifestUnknown(store, name, reference);
  const headers = { 'docker-content-digest': digest.text, etag: `"${digest.text}"` };
  if (matchesEtag(request.headers['if-none-match'], headers.etag)) return emptyReply(304, headers);
  return {
    status: 200,
    headers: { ...headers, 'content-type': mediaType, 'content-length': size },
    body: () => store.content.open(digest),
  };
}

/** By tag, or by digest with any number of `tag` parameters. Honours If-Match and If-None-Match on the (first) tag. */
export async function putManifest(exchange: Exchange, name: string, reference: string): Promise<Reply> {
  const { request, query, store } = exchange;
  const wanted = parseContentDigest(reference);
  if (wanted === undefined && reference.includes(':')) return illegalDigest(reference);
  const tags = wanted === undefined ? [reference] : query.getAll('tag');
  const illegal = tags.find((tag) => !isTag(tag));
  if (illegal !== undefined) return errorReply(400, 'MANIFEST_INVALID', `"${illegal}" is no legal tag.`);

  const bytes = await readBody(request);
  if (bytes === undefined) {
    const limit = `Manifests of more than ${String(MANIFEST_LIMIT)} bytes are not kept here.`;
    return errorReply(413, 'SIZE_INVALID', limit);
  }
  const algorithm = wanted?.algorithm ?? 'sha256';
  const digest: ContentDigest = { algorithm, hex: hashOf(algorithm, bytes), text: '' };
  digest.text = `${algorithm}:${digest.hex}`;
  if (wanted !== undefined && wanted.text !== digest.text)
    return errorReply(400, 'DIGEST_INVALID', `The manifest that was sent is ${digest.text}, not ${wanted.text}.`);
  const facts = readManifest(bytes, request.headers['content-type']);
  if (typeof facts === 'string') return errorReply(400, 'MANIFEST_INVALID', facts);

  const allowed = (current: ContentDigest | undefined): boolean => conditionHolds(request, current);
  const { done, missing } = await store.putManifest(name, { digest, bytes, facts, tags }, allowed);
  if (missing.length > 0) {
    const list = missing.map((m) => m.text);
    const message = `${name} lacks what the manifest names: ${list.join(', ')}.`;
    return errorReply(400, 'MANIFEST_BLOB_UNKNOWN', message, { detail: { digests: list } });
  }
  if (!done) return errorReply(412, 'DENIED', `The tag ${tags[0] ?? ''} has moved, or is not what was asked for.`);
  return emptyReply(201, {
    location: `/v2/${name}/manifests/${reference}`,
    'docker-content-digest': digest.text,
    ...(facts.subject === undefined ? {} : { 'oci-subject': facts.subject.text }),
    ...(wanted === undefined || tags.length === 0 ? {} : { 'oci-tag': tags }),
  });
}

/** A tag: that tag alone. A digest: the manifest with all its tags. */
export async function deleteManifest({ store }: Exchange, name: string, reference: string): Promise<Reply> {
  const digest = parseContentDigest(reference);
  if (digest === undefined && reference.includes(':')) return illegalDigest(reference);
  const removed =
    digest === undefined
      ? isTag(reference) && (await store.removeTag(name, reference))
      : await store.removeManifest(name, digest);
  return removed ? emptyReply(202) : await manifestUnknown(store, name, reference);
}

async function resolve(store: RegistryStore, name: string, reference: string): Promise<ContentDigest | undefined> {
  return (
    parseContentDigest(reference) ?? (isTag(reference) ? await store.repositories.tag(name, reference) : undefined)
  );
}

async function manifestUnknown(store: RegistryStore, name: string, reference: string): Promise<Reply> {
  return (await store.repositories.exists(name))
    ? errorReply(404, 'MANIFEST_UNKNOWN', `${name} has no manifest ${reference}.`)
    : errorReply(404, 'NAME_UNKNOWN', `There is no repository ${name} here.`);
}

function conditionHolds(request: RegistryRequest, current: ContentDigest | undefined): boolean {
  const etag = current === undefined ? undefined : `"${current.text}"`;
  const match = request.headers['if-match'];
  const noneMatch = request.headers['if-none-match'];
  if (match !== undefined && (etag === undefined || !matchesEtag(match, etag))) return false;
  return noneMatch === undefined || etag === undefined || !matchesEtag(noneMatch, etag);
}

/** Undefined where the body is larger than a manifest may be; it is read to its end all the same, so that the answer arrives. */
async function readBody(request: RegistryRequest): Promise<Buffer | undefined> {
  if ((contentLength(request) ?? 0) > MANIFEST_LIMIT) return undefined;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > 16 * MANIFEST_LIMIT) return undefined;
    if (size > MANIFEST_LIMIT) chunks.length = 0;
    else chunks.push(chunk);
  }
  return size > MANIFEST_LIMIT ? undefined : Buffer.concat(chunks);
}
