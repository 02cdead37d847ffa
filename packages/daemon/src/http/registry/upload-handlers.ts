import { illegalDigest } from './blob-handlers.ts';
import { parseUploadRange } from './byte-range.ts';
import { contentLength, type Exchange } from './exchange.ts';
import { type ContentDigest, isRepositoryName, parseContentDigest } from './names.ts';
import { emptyReply, errorReply, type Reply } from './reply.ts';
import type { UploadBody, UploadSession } from './upload-sessions.ts';

/** distribution-spec v1.1: begins a session, mounts a blob, or takes a whole blob in one request. */
export async function postUpload(exchange: Exchange, name: string): Promise<Reply> {
  const { query, store, uploads } = exchange;
  const mount = query.get('mount');
  if (mount !== null) {
    const digest = parseContentDigest(mount);
    if (digest === undefined) return illegalDigest(mount);
    const from = query.get('from') ?? undefined;
    const legal = from === undefined || isRepositoryName(from);
    if (legal && (await store.mountBlob(name, digest, from))) return blobCreated(name, digest);
    // Not found: an ordinary session, so that the client can go on without asking again.
    const session = await uploads.begin(name);
    return sessionReply(202, name, session.id, session.offset);
  }
  const algorithm = query.get('digest-algorithm');
  if (algorithm !== null && algorithm !== 'sha256' && algorithm !== 'sha512')
    return errorReply(400, 'DIGEST_INVALID', `Digests by ${algorithm} are not served here; sha256 and sha512 are.`);
  const wanted = query.get('digest');
  const digest = wanted === null ? undefined : parseContentDigest(wanted);
  if (wanted !== null && digest === undefined) return illegalDigest(wanted);
  const session = await uploads.begin(name);
  return digest === undefined
    ? sessionReply(202, name, session.id, session.offset)
    : await close(exchange, name, session, digest);
}

/** The offset of a session. */
export async function getUpload({ uploads }: Exchange, name: string, id: string): Promise<Reply> {
  const offset = await uploads.offset(name, id);
  return offset === undefined ? uploadUnknown(name, id) : sessionReply(204, name, id, offset);
}

/** A part of a blob: with Content-Range exactly the next one, without it whatever comes. */
export async function patchUpload(exchange: Exchange, name: string, id: string): Promise<Reply> {
  const session = await exchange.uploads.claim(name, id);
  if (session === undefined) return uploadUnknown(name, id);
  return (await receive(exchange, name, session)) ?? sessionReply(202, name, id, session.offset);
}

/** The end of a session, perhaps with the last part. */
export async function putUpload(exchange: Exchange, name: string, id: string): Promise<Reply> {
  const wanted = exchange.query.get('digest') ?? '';
  const digest = parseContentDigest(wanted);
  if (digest === undefined) return illegalDigest(wanted);
  const session = await exchange.uploads.claim(name, id);
  return session === undefined ? uploadUnknown(name, id) : await close(exchange, name, session, digest);
}

export async function deleteUpload({ uploads }: Exchange, name: string, id: string): Promise<Reply> {
  return (await uploads.end(name, id)) ? emptyReply(204) : uploadUnknown(name, id);
}

async function close(exchange: Exchange, name: string, session: UploadSession, digest: ContentDigest): Promise<Reply> {
  const refusal = await receive(exchange, name, session);
  if (refusal !== undefined) return refusal;
  const path = await session.finish(digest);
  if (path === undefined)
    return errorReply(400, 'DIGEST_INVALID', `The bytes that were uploaded are not those of ${digest.text}.`);
  await exchange.store.addBlob(name, digest, path);
  return blobCreated(name, digest);
}

/** Appends the request's body; a reply where it was refused. */
async function receive({ request }: Exchange, name: string, session: UploadSession): Promise<Reply | undefined> {
  const header = request.headers['content-range'];
  const length = contentLength(request);
  let expected = length;
  if (header !== undefined) {
    const range = parseUploadRange(header);
    if (range === undefined)
      return errorReply(400, 'BLOB_UPLOAD_INVALID', `Content-Range "${header}" is not <first>-<last>.`);
    if (range.start !== session.offset) return outOfOrder(name, session, header);
    expected = range.end - range.start + 1;
    if (length !== undefined && length !== expected) return sizeInvalid(expected, length);
  }
  const body: UploadBody = { chunks: request, cut: () => void request.destroy() };
  return (await session.append(body, expected)) ? undefined : sizeInvalid(expected ?? 0, undefined);
}

function outOfOrder(name: string, session: UploadSession, header: string): Reply {
  const message = `The upload has ${String(session.offset)} bytes; ${header} does not begin there.`;
  return errorReply(416, 'BLOB_UPLOAD_INVALID', message, { headers: sessionHeaders(name, session.id, session.offset) });
}

function sizeInvalid(expected: number, length: number | undefined): Reply {
  const came = length === undefined ? 'another number of' : String(length);
  return errorReply(400, 'SIZE_INVALID', `${String(expected)} bytes were announced and ${came} came.`);
}

function uploadUnknown(name: string, id: string): Reply {
  return errorReply(404, 'BLOB_UPLOAD_UNKNOWN', `${name} has no upload session ${id}.`);
}

function sessionHeaders(name: string, id: string, offset: number): Record<string, string> {
  return {
    location: `/v2/${name}/blobs/uploads/${id}`,
    // An empty session has no last byte; every registry says 0-0 then, and clients know it.
    range: `0-${String(Math.max(0, offset - 1))}`,
    'docker-upload-uuid': id,
  };
}

function sessionReply(status: number, name: string, id: string, offset: number): Reply {
  return emptyReply(status, sessionHeaders(name, id, offset));
}

function blobCreated(name: string, digest: ContentDigest): Reply {
  const location = `/v2/${name}/blobs/${digest.text}`;
  return emptyReply(201, { location, 'docker-content-digest': digest.text });
}
