import { randomBytes } from 'node:crypto';
import { parseByteRange } from '../../../packages/daemon/src/http/registry/byte-range.ts';
import type { Certificate } from './certificate.ts';
import { startHttpHost } from './http-host.ts';
import type { MisbehavingRegistry } from './start.ts';
import type { Answer, Behaviour, SeenRequest } from './types.ts';

export interface StorageHostOptions {
  /** Default 127.0.0.2: another host than the registry's. */
  address?: string;
  certificate?: Certificate;
  /** Requests for which each signed URL is good; default any number. Then 403, with the words of object storage. */
  uses?: number;
  /** Cuts, stalls and the rest, as for a registry; requests are of kind `other`. */
  behaviours?: readonly Behaviour[];
}

export interface StorageHost
  extends Pick<MisbehavingRegistry, 'host' | 'url' | 'requests' | 'bytesSeen' | 'leaksOf' | 'stop'>, AsyncDisposable {
  /** A URL by which these bytes can be fetched until it expires. */
  sign(bytes: Buffer): string;
  /** Makes every URL that was signed so far worthless. */
  expireAll(): void;
}

/** Object storage behind a registry: signed URLs, ranges, no registry API; refuses requests that bring credentials (as S3 does). */
export async function startStorageHost(options: StorageHostOptions = {}): Promise<StorageHost> {
  const signed = new Map<string, { bytes: Buffer; left: number }>();
  const server = await startHttpHost({
    address: options.address ?? '127.0.0.2',
    certificate: options.certificate,
    behaviours: options.behaviours ?? [],
    honest: (request) => Promise.resolve(answer(request, signed)),
  });
  return {
    host: server.host,
    url: server.url,
    requests: server.recorder.requests,
    bytesSeen: server.recorder.bytesSeen,
    leaksOf: server.recorder.leaksOf,
    stop: server.stop,
    [Symbol.asyncDispose]: server.stop,
    sign: (bytes) => {
      const signature = randomBytes(16).toString('hex');
      signed.set(signature, { bytes, left: options.uses ?? Infinity });
      return `${server.url}/storage/blob?X-Amz-Expires=300&X-Amz-Signature=${signature}`;
    },
    expireAll: () => signed.clear(),
  };
}

function answer(request: SeenRequest, signed: Map<string, { bytes: Buffer; left: number }>): Answer {
  if (request.headers.authorization !== undefined)
    return xml(400, 'InvalidArgument', 'Only one auth mechanism allowed');
  const entry = signed.get(request.query.get('X-Amz-Signature') ?? '');
  if (entry === undefined || entry.left <= 0) return xml(403, 'AccessDenied', 'Request has expired');
  entry.left -= 1;
  const { bytes } = entry;
  const range = parseByteRange(request.headers.range, bytes.length);
  if (range === 'unsatisfiable') return xml(416, 'InvalidRange', 'The requested range is not satisfiable');
  const headers = { 'content-type': 'application/octet-stream', 'accept-ranges': 'bytes' };
  if (range === 'whole') return { status: 200, headers, body: bytes };
  const { start, end } = range;
  return {
    status: 206,
    headers: { ...headers, 'content-range': `bytes ${String(start)}-${String(end)}/${String(bytes.length)}` },
    body: bytes.subarray(start, end + 1),
  };
}

function xml(status: number, code: string, message: string): Answer {
  const body = Buffer.from(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`);
  return { status, headers: { 'content-type': 'application/xml' }, body };
}
