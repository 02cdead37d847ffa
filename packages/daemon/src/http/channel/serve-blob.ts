import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Digest } from '../../oci/types.ts';
import type { BlobStore } from '../../store/blob-store.ts';
import { parseByteRange } from '../registry/byte-range.ts';

export interface BlobFacts {
  digest: Digest;
  size: number;
  contentType: string;
}

/** Whether the client has this very representation (If-None-Match, RFC 9110 §13.1.2). */
export function isCurrent(request: IncomingMessage, etag: string): boolean {
  const tags = request.headers['if-none-match']?.split(',').map((tag) => tag.trim().replace(/^W\//, '')) ?? [];
  return tags.includes(etag) || tags.includes('*');
}

/** Headers of a whole blob; `undefined` where the client's copy is current and was told so (304), or the range was wrong (416). */
function begin(
  request: IncomingMessage,
  response: ServerResponse,
  { digest, size, contentType }: BlobFacts,
): { start: number; end: number } | undefined {
  const etag = `"${digest}"`;
  response.setHeader('ETag', etag);
  response.setHeader('Accept-Ranges', 'bytes');
  if (isCurrent(request, etag)) {
    response.writeHead(304).end();
    return undefined;
  }
  response.setHeader('Content-Type', contentType);
  const ifRange = request.headers['if-range'];
  const range = ifRange === undefined || ifRange === etag ? parseByteRange(request.headers.range, size) : 'whole';
  if (range === 'unsatisfiable') {
    response.writeHead(416, { 'Content-Range': `bytes */${size}` }).end();
    return undefined;
  }
  if (range === 'whole') {
    response.writeHead(200, { 'Content-Length': size });
    return { start: 0, end: size - 1 };
  }
  response.writeHead(206, {
    'Content-Length': range.end - range.start + 1,
    'Content-Range': `bytes ${range.start}-${range.end}/${size}`,
  });
  return range;
}

/** Answers with a blob that the store has; Range, If-Range and If-None-Match as RFC 9110 says. */
export async function serveStored(
  request: IncomingMessage,
  response: ServerResponse,
  facts: BlobFacts,
  store: BlobStore,
): Promise<void> {
  const part = begin(request, response, facts);
  if (part === undefined) return;
  if (request.method === 'HEAD' || facts.size === 0) {
    response.end();
    return;
  }
  using _lease = store.lease([facts.digest]);
  await send(response, store.read(facts.digest, part));
  response.end();
}

/** Pieces that are on their way to the client while the next is read: disk and network work at the same time. */
const AHEAD = 3;

async function send(response: ServerResponse, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const left = new Promise<void>((resolve) => response.once('close', resolve));
  const writing: Promise<void>[] = [];
  for await (const chunk of chunks) {
    if (response.destroyed) return;
    writing.push(new Promise((resolve) => response.write(chunk, () => resolve())));
    if (writing.length >= AHEAD) await Promise.race([writing.shift(), left]);
  }
}

/** What one reader may be behind a transfer before it is left to read from the store. */
const BUFFERED_BYTES = 8 * 1024 * 1024;

/** Brings the blob into the store, telling of its bytes as they come. */
export type Fetch = (onChunk: (offset: number, chunk: Uint8Array) => void) => Promise<unknown>;

/**
 * Answers with a blob while it comes from upstream. Its last bytes are held back until the whole has been verified, so that no client
 * ever gets a complete file with wrong bytes. A client that is slow, came late or asked for a part is served from the store
 * once the blob is there; it never slows the transfer.
 */
export async function serveWhileFetching(
  request: IncomingMessage,
  response: ServerResponse,
  facts: BlobFacts,
  fetch: Fetch,
  store: BlobStore,
): Promise<void> {
  if (request.method === 'HEAD' || request.headers.range !== undefined) {
    if (request.method !== 'HEAD') await fetch(() => undefined);
    await (request.method === 'HEAD'
      ? headOnly(request, response, facts)
      : serveStored(request, response, facts, store));
    return;
  }
  let sent = 0;
  let live = true;
  let tainted = false as boolean;
  const held = Math.min(facts.size, 64 * 1024);
  const onChunk = (offset: number, chunk: Uint8Array): void => {
    // The transfer began again, from another mirror maybe: what the client got may be of a copy that was wrong.
    if (offset < sent) tainted = true;
    if (!live || offset !== sent || response.destroyed) return;
    const until = Math.min(chunk.length, facts.size - held - sent);
    if (until <= 0) return;
    if (sent === 0 && begin(request, response, facts) === undefined) {
      live = false;
      return;
    }
    sent += until;
    response.write(Buffer.from(chunk.subarray(0, until)));
    // A slow reader gets the rest from the store.
    live = response.writableLength <= BUFFERED_BYTES;
  };
  await fetch(onChunk);
  if (response.writableEnded) return;
  if (sent === 0) {
    await serveStored(request, response, facts, store);
    return;
  }
  if (tainted) {
    response.destroy();
    return;
  }
  await send(response, store.read(facts.digest, { start: sent, end: facts.size - 1 }));
  response.end();
}

function headOnly(request: IncomingMessage, response: ServerResponse, facts: BlobFacts): Promise<void> {
  if (begin(request, response, facts) !== undefined) response.end();
  return Promise.resolve();
}
