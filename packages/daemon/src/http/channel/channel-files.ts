import type { IncomingMessage, ServerResponse } from 'node:http';
import { type CondockError, toCondockError } from '@condock/protocol';
import type { TransferOptions, Transfers } from '../../engine/transfer/transfers.ts';
import { encodeReference } from '../../layout/codec.ts';
import { decompress, zstdCompress } from '../../layout/compression.ts';
import { readPackageArtifact } from '../../layout/package-artifact.ts';
import { readRepodataArtifact } from '../../layout/repodata/artifact.ts';
import { LATEST_TAG, metadataRepository } from '../../layout/repodata/names.ts';
import type { Descriptor, Digest, Manifest, Repository } from '../../oci/types.ts';
import { sha256Digest } from '../../oci/digest.ts';
import type { BlobStore } from '../../store/blob-store.ts';
import type { ListedDigests } from './listed-digests.ts';
import { isSilence, type ManifestSource } from './manifest-source.ts';
import type { ChannelRequest } from './request-path.ts';
import { isCurrent, serveStored, serveWhileFetching } from './serve-blob.ts';
import type { Upstream, Upstreams } from './upstreams.ts';

export interface FileParts {
  store: BlobStore;
  transfers: Transfers;
  manifests: ManifestSource;
  listed: ListedDigests;
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
  for (const [at, upstream] of upstreams.registries.entries()) {
    try {
      const served =
        asked.kind === 'metadata'
          ? await serveMetadata(asked, upstream, request, response, parts, options)
          : await servePackage(
              asked,
              [upstream, ...upstreams.registries.slice(at + 1)],
              request,
              response,
              parts,
              options,
            );
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
  const isHere = (digest: Digest): boolean => parts.store.has(digest) !== undefined;
  tellOrigin(response, known.stale, upstream);
  response.setHeader('Cache-Control', 'max-age=30');
  const exact = copies[asked.compressed ? 'zst' : 'plain'];
  // Offline, another client may have fetched the one form, and this one asks for the other.
  const source = known.stale ? (storedCopy(copies, isHere) ?? best) : best;
  if (exact !== undefined && (!known.stale || isHere(exact.digest) || !isHere(source.descriptor.digest))) {
    await serveBlob(
      exact,
      asked.compressed ? 'application/zstd' : 'application/json',
      [repository],
      request,
      response,
      parts,
      options,
    );
    return true;
  }
  // The other form is made here, and kept by its own digest.
  await parts.transfers.fetch(
    { digest: source.descriptor.digest, size: source.descriptor.size, repositories: [repository] },
    options,
  );
  const stored = parts.store.readSmall(source.descriptor.digest, DOCUMENT_BYTES);
  if (stored === undefined) return false;
  const plain = await decompress(stored, source.compression, DOCUMENT_BYTES);
  const bytes = asked.compressed ? await zstdCompress(plain, { level: 3 }) : plain;
  serveBytes(bytes, asked.compressed ? 'application/zstd' : 'application/json', request, response);
  return true;
}

type Copies = ReturnType<typeof readRepodataArtifact>['copies'];

function storedCopy(
  copies: Copies,
  isHere: (digest: Digest) => boolean,
): { compression: keyof Copies; descriptor: Descriptor } | undefined {
  for (const [compression, descriptor] of Object.entries(copies))
    if (isHere(descriptor.digest)) return { compression: compression as keyof Copies, descriptor };
  return undefined;
}

function serveBytes(bytes: Uint8Array, contentType: string, request: IncomingMessage, response: ServerResponse): void {
  const etag = `"${sha256Digest(bytes)}"`;
  response.setHeader('ETag', etag);
  if (isCurrent(request, etag)) {
    response.writeHead(304).end();
    return;
  }
  response.writeHead(200, { 'Content-Type': contentType, 'Content-Length': bytes.length });
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

/** From the first of the upstreams; the others are where a transfer goes on that breaks off there. */
async function servePackage(
  asked: PackageRequest,
  [upstream, ...others]: [Upstream, ...Upstream[]],
  request: IncomingMessage,
  response: ServerResponse,
  parts: FileParts,
  options: TransferOptions,
): Promise<boolean> {
  const { repository, tag } = placeAt(upstream, asked);
  const found = await findArchive(asked, upstream, repository, tag, parts, options);
  if (found === undefined) return false;
  tellOrigin(response, found.stale, upstream);
  const repositories = [repository, ...others.flatMap((other) => optional(() => placeAt(other, asked).repository))];
  await serveBlob(found.archive, 'application/octet-stream', repositories, request, response, parts, options);
  return true;
}

function placeAt(upstream: Upstream, { subdir, file }: PackageRequest): { repository: Repository; tag: string } {
  const encoded = encodeReference({ channel: upstream.channel, subdir, identity: file, layout: upstream.layout });
  return { repository: { host: upstream.channel.host, name: encoded.repository }, tag: encoded.tag };
}

/** Nothing where a name can't be written in another mirror's layout. */
function optional<T>(make: () => T): T[] {
  try {
    return [make()];
  } catch {
    return [];
  }
}

async function findArchive(
  asked: PackageRequest,
  upstream: Upstream,
  repository: Repository,
  tag: string,
  { manifests, listed, store }: FileParts,
  options: TransferOptions,
): Promise<{ archive: Pick<Descriptor, 'digest' | 'size'>; stale: boolean } | undefined> {
  try {
    const known = await manifests.get(repository, tag, options);
    if (known === undefined) return undefined;
    const artifact = readPackageArtifact(known.manifest.document as Manifest);
    // Where both layouts share a channel path, a reference may lead to a package of the other (v1's make is v0's cmake).
    if (artifact.layout !== upstream.layout) return undefined;
    const archive = artifact.archives[asked.file.format];
    return archive === undefined ? undefined : { archive, stale: known.stale };
  } catch (error) {
    if (!isSilence(error)) throw error;
    const digest = await listed.find(upstream, asked.subdir, asked.file.fileName);
    const size = digest === undefined ? undefined : store.has(digest);
    if (digest === undefined || size === undefined) throw error;
    return { archive: { digest, size }, stale: true };
  }
}

async function serveBlob(
  blob: Pick<Descriptor, 'digest' | 'size'>,
  contentType: string,
  repositories: readonly Repository[],
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
    parts.transfers.fetch({ digest: blob.digest, size: blob.size, repositories }, { ...options, onChunk });
  await serveWhileFetching(request, response, facts, fetch, parts.store);
}

/** Which mirror served, and whether it could be asked; people look for this when something is odd. */
function tellOrigin(response: ServerResponse, stale: boolean, upstream: Upstream): void {
  response.setHeader('X-Condock-Upstream', `oci://${upstream.channel.host}/${upstream.channel.path}`);
  if (stale) response.setHeader('X-Condock-Offline', 'true');
}
