import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CondockError} from '@condock/protocol';
import { toCondockError } from '@condock/protocol';
import type { TransferOptions, Transfers } from '../../engine/transfer/transfers.ts';
import { encodeReference } from '../../layout/codec.ts';
import { decompress, zstdCompress } from '../../layout/compression.ts';
import { readPackageArtifact } from '../../layout/package-artifact.ts';
import { readRepodataArtifact } from '../../layout/repodata/artifact.ts';
import { LATEST_TAG, metadataRepository } from '../../layout/repodata/names.ts';
import type { Descriptor, Manifest, Repository } from '../../oci/types.ts';
import { sha256Digest } from '../../oci/digest.ts';
import type { BlobStore } from '../../store/blob-store.ts';
import type { KnownManifest, ManifestSource } from './manifest-source.ts';
import type { ChannelRequest } from './request-path.ts';
import { serveStored, serveWhileFetching } from './serve-blob.ts';
import type { Upstream, Upstreams } from './upstreams.ts';

export interface FileParts {
  store: BlobStore;
  transfers: Transfers;
  manifests: ManifestSource;
}

/** Plain metadata is compressed or decompressed in memory where a registry has only the other form. */
const DOCUMENT_BYTES = 512 * 1024 * 1024;

type MetadataRequest = Extract<ChannelRequest, { kind: 'metadata' }>;
type PackageRequest = Extract<ChannelRequest, { kind: 'package' }>;

/**
 * Answers with one file of a channel from the first registry that has it. What none has: the client is sent to the https channel that the
 * registries mirror, if there is one; else 404, which is what lets clients go on to their next channel.
 */
export async function serveFile(
  asked: ChannelRequest,
  upstreams: Upstreams,
  request: IncomingMessage,
  response: ServerResponse,
  parts: FileParts,
  options: TransferOptions,
): Promise<void> {
  let failure: CondockError | undefined;
  for (const upstream of upstreams.registries) {
    try {
      const served =
        asked.kind === 'metadata'
          ? await serveMetadata(asked, upstream, request, response, parts, options)
          : await servePackage(asked, upstream, request, response, parts, options);
      if (served) return;
    } catch (error) {
      if (response.headersSent || options.signal?.aborted === true) throw error;
      failure ??= toCondockError(error);
    }
  }
  if (upstreams.https !== undefined) {
    const path = [
      asked.subdir,
      asked.kind === 'metadata' ? `${asked.document}.json${asked.compressed ? '.zst' : ''}` : asked.file.fileName,
    ];
    response.writeHead(307, { Location: `${upstreams.https}/${path.filter(Boolean).join('/')}` }).end();
    return;
  }
  if (failure !== undefined && failure.code !== 'absent') throw failure;
  response.writeHead(404, { 'Content-Type': 'text/plain' }).end('No registry of this channel has that file.\n');
}

async function serveMetadata(
  asked: MetadataRequest,
  upstream: Upstream,
  request: IncomingMessage,
  response: ServerResponse,
  parts: FileParts,
  options: TransferOptions,
): Promise<boolean> {
  const repository = metadataRepository(upstream.channel, asked.subdir, upstream.layout, asked.document);
  const known = await parts.manifests.get(repository, LATEST_TAG, options);
  if (known === undefined) return false;
  const { copies, best } = readRepodataArtifact(known.manifest.document as Manifest);
  tellOrigin(response, known, upstream);
  response.setHeader('Cache-Control', 'max-age=30');
  const exact = copies[asked.compressed ? 'zst' : 'plain'];
  if (exact !== undefined) {
    await serveBlob(
      exact,
      asked.compressed ? 'application/zstd' : 'application/json',
      repository,
      request,
      response,
      parts,
      options,
    );
    return true;
  }
  // The other form is made here, and kept by its own digest.
  await parts.transfers.fetch(
    { digest: best.descriptor.digest, size: best.descriptor.size, repositories: [repository] },
    options,
  );
  const stored = parts.store.readSmall(best.descriptor.digest, DOCUMENT_BYTES);
  if (stored === undefined) return false;
  const plain = await decompress(stored, best.compression, DOCUMENT_BYTES);
  const bytes = asked.compressed ? await zstdCompress(plain, { level: 3 }) : plain;
  serveBytes(bytes, asked.compressed ? 'application/zstd' : 'application/json', request, response);
  return true;
}

function serveBytes(bytes: Uint8Array, contentType: string, request: IncomingMessage, response: ServerResponse): void {
  const etag = `"${sha256Digest(bytes)}"`;
  response.setHeader('ETag', etag);
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304).end();
    return;
  }
  response.writeHead(200, { 'Content-Type': contentType, 'Content-Length': bytes.length });
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

async function servePackage(
  asked: PackageRequest,
  upstream: Upstream,
  request: IncomingMessage,
  response: ServerResponse,
  parts: FileParts,
  options: TransferOptions,
): Promise<boolean> {
  const encoded = encodeReference({
    channel: upstream.channel,
    subdir: asked.subdir,
    identity: asked.file,
    layout: upstream.layout,
  });
  const repository: Repository = { host: upstream.channel.host, name: encoded.repository };
  const known = await parts.manifests.get(repository, encoded.tag, options);
  const archive =
    known === undefined
      ? undefined
      : readPackageArtifact(known.manifest.document as Manifest).archives[asked.file.format];
  if (known === undefined || archive === undefined) return false;
  tellOrigin(response, known, upstream);
  await serveBlob(archive, 'application/octet-stream', repository, request, response, parts, options);
  return true;
}

async function serveBlob(
  blob: Descriptor,
  contentType: string,
  repository: Repository,
  request: IncomingMessage,
  response: ServerResponse,
  parts: FileParts,
  options: TransferOptions,
): Promise<void> {
  const facts = { digest: blob.digest, size: blob.size, contentType };
  if (parts.store.has(blob.digest) !== undefined) {
    parts.store.touch(blob.digest);
    await serveStored(request, response, facts, parts.store);
    return;
  }
  const fetch = (onChunk: (offset: number, chunk: Uint8Array) => void): Promise<unknown> =>
    parts.transfers.fetch(
      { digest: blob.digest, size: blob.size, repositories: [repository] },
      { ...options, onChunk },
    );
  await serveWhileFetching(request, response, facts, fetch, parts.store);
}

/** Which mirror served, and whether it could be asked; people look for this when something is odd. */
function tellOrigin(response: ServerResponse, known: KnownManifest, upstream: Upstream): void {
  response.setHeader('X-Condock-Upstream', `oci://${upstream.channel.host}/${upstream.channel.path}`);
  if (known.stale) response.setHeader('X-Condock-Offline', 'true');
}
