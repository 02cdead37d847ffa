import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** The closed set of distribution-spec v1.1, "Error codes", and docker's word for what no code describes. */
export type RegistryErrorCode =
  | 'BLOB_UNKNOWN'
  | 'BLOB_UPLOAD_INVALID'
  | 'BLOB_UPLOAD_UNKNOWN'
  | 'DIGEST_INVALID'
  | 'MANIFEST_BLOB_UNKNOWN'
  | 'MANIFEST_INVALID'
  | 'MANIFEST_UNKNOWN'
  | 'NAME_INVALID'
  | 'NAME_UNKNOWN'
  | 'SIZE_INVALID'
  | 'UNAUTHORIZED'
  | 'DENIED'
  | 'UNSUPPORTED'
  | 'UNKNOWN';

/** What a handler answers; written to the wire in one place. */
export interface Reply {
  status: number;
  headers?: OutgoingHttpHeaders;
  /** A stream is opened only where a body is sent at all; its Content-Length must stand in `headers`. */
  body?: Uint8Array | (() => Readable);
}

export function emptyReply(status: number, headers: OutgoingHttpHeaders = {}): Reply {
  return { status, headers: { ...headers, ...(status === 204 || status === 304 ? {} : { 'content-length': 0 }) } };
}

export function jsonReply(
  document: unknown,
  headers: OutgoingHttpHeaders = {},
  status = 200,
  mediaType = 'application/json',
): Reply {
  const body = Buffer.from(JSON.stringify(document));
  return { status, headers: { ...headers, 'content-type': mediaType, 'content-length': body.length }, body };
}

export function errorReply(
  status: number,
  code: RegistryErrorCode,
  message: string,
  options: { detail?: unknown; headers?: OutgoingHttpHeaders } = {},
): Reply {
  const error = { code, message, ...(options.detail === undefined ? {} : { detail: options.detail }) };
  return jsonReply({ errors: [error] }, options.headers, status);
}

/** Sends a reply; rejects where the line broke or the body's source failed (the line is then cut, so nobody takes it for whole). */
export async function sendReply(reply: Reply, request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.writeHead(reply.status, { 'docker-distribution-api-version': 'registry/2.0', ...reply.headers });
  if (reply.body === undefined || request.method === 'HEAD') response.end();
  else if (typeof reply.body === 'function') await pipeline(reply.body(), response);
  else response.end(reply.body);
}
