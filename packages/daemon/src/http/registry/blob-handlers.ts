import { parseByteRange } from './byte-range.ts';
import { type Exchange, matchesEtag } from './exchange.ts';
import { type ContentDigest, parseContentDigest } from './names.ts';
import { emptyReply, errorReply, type Reply } from './reply.ts';

export function illegalDigest(text: string): Reply {
  return errorReply(400, 'DIGEST_INVALID', `${text} is no sha256 or sha512 digest.`);
}

export function blobUnknown(name: string, digest: ContentDigest): Reply {
  return errorReply(404, 'BLOB_UNKNOWN', `${name} has no blob ${digest.text}.`);
}

/** distribution-spec v1.1, "Pulling blobs", with RFC 9110 ranges and conditions. */
export async function getBlob({ request, store }: Exchange, name: string, reference: string): Promise<Reply> {
  const digest = parseContentDigest(reference);
  if (digest === undefined) return illegalDigest(reference);
  if (!(await store.repositories.hasBlob(name, digest))) return blobUnknown(name, digest);
  const size = await store.content.size(digest);
  if (size === undefined) return blobUnknown(name, digest);

  const etag = `"${digest.text}"`;
  const headers = {
    'accept-ranges': 'bytes',
    'cache-control': 'max-age=31536000, immutable',
    'docker-content-digest': digest.text,
    etag,
  };
  if (matchesEtag(request.headers['if-none-match'], etag)) return emptyReply(304, headers);
  const sameVersion = request.headers['if-range'] === undefined || request.headers['if-range'] === etag;
  const asked = request.method === 'GET' && sameVersion ? request.headers.range : undefined;
  const range = parseByteRange(asked, size);
  if (range === 'unsatisfiable') {
    const message = `The blob has ${String(size)} bytes; the range ${asked ?? ''} lies outside.`;
    return errorReply(416, 'SIZE_INVALID', message, { headers: { 'content-range': `bytes */${String(size)}` } });
  }
  const body = { ...headers, 'content-type': 'application/octet-stream' };
  if (range === 'whole') {
    return { status: 200, headers: { ...body, 'content-length': size }, body: () => store.content.open(digest) };
  }
  return {
    status: 206,
    headers: {
      ...body,
      'content-length': range.end - range.start + 1,
      'content-range': `bytes ${String(range.start)}-${String(range.end)}/${String(size)}`,
    },
    body: () => store.content.open(digest, range),
  };
}

/** distribution-spec v1.1, "Deleting blobs". Other repositories keep theirs. */
export async function deleteBlob({ store }: Exchange, name: string, reference: string): Promise<Reply> {
  const digest = parseContentDigest(reference);
  if (digest === undefined) return illegalDigest(reference);
  return (await store.removeBlob(name, digest)) ? emptyReply(202) : blobUnknown(name, digest);
}
