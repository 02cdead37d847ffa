import { CondockError, isCancellation, toCondockError } from '@condock/protocol';
import type { BlobBody, RequestOptions } from '../../oci/registry-client.ts';
import type { Repository } from '../../oci/types.ts';
import type { Ingest } from '../../store/blob-store.ts';
import type { BlobRequest, TransferParts } from './transfers.ts';

/** Up to here a blob is gathered in memory and written in one go: cheaper than a file that grows. */
export const SMALL_BLOB_BYTES = 1024 * 1024;

/** Cuts in mid-body that one download survives, so long as each try brings something new. */
const TRIES = 5;

export type DownloadOptions = RequestOptions & {
  signal: AbortSignal;
  onBytes: (bytes: number) => void;
  onChunk: (offset: number, chunk: Uint8Array) => void;
};

/**
 * One blob from one repository into the store, verified. Bytes that came over the network, or undefined where the
 * repository does not have it. Throws `digest-mismatch` for wrong bytes; what a cut line left behind is kept for resuming.
 */
export async function downloadBlob(
  repository: Repository,
  request: BlobRequest,
  parts: TransferParts,
  options: DownloadOptions,
): Promise<number | undefined> {
  if (request.size !== undefined && request.size <= SMALL_BLOB_BYTES)
    return downloadSmall(repository, request, parts, options);
  const first = await downloadLarge(repository, request, parts, options);
  // What an earlier process left here may have been bad: then the fault is ours, and the whole is fetched once more.
  return first === 'bad-remainder'
    ? ((await downloadLarge(repository, request, parts, options)) as number | undefined)
    : first;
}

async function downloadLarge(
  repository: Repository,
  request: BlobRequest,
  parts: TransferParts,
  options: DownloadOptions,
): Promise<number | undefined | 'bad-remainder'> {
  const ingest = await beginIngest(request, parts, options.signal);
  if (ingest === undefined) return 0;
  const resumed = ingest.offset > 0;
  let settled = false;
  try {
    const bytes = await fill(ingest, repository, request, parts, options);
    if (bytes === undefined) {
      // Another repository may have it: what an earlier try brought stays.
      await ingest.suspend();
      settled = true;
      return undefined;
    }
    settled = true;
    await ingest.commit();
    return bytes;
  } catch (error) {
    if (settled && resumed && toCondockError(error).code === 'digest-mismatch') return 'bad-remainder';
    throw error;
  } finally {
    if (!settled) await ingest.suspend();
  }
}

async function downloadSmall(
  repository: Repository,
  request: BlobRequest,
  parts: TransferParts,
  options: DownloadOptions,
): Promise<number | undefined> {
  for (let tries = 1; ; tries += 1) {
    const body = await parts.registry.getBlob(repository, request.digest, options);
    if (body === undefined) return undefined;
    const chunks: Uint8Array[] = [];
    let received = 0;
    try {
      for await (const chunk of body.chunks) {
        received += chunk.length;
        options.onBytes(chunk.length);
        if (received > SMALL_BLOB_BYTES) throw tooLong(repository, request);
        options.onChunk(received - chunk.length, chunk);
        chunks.push(chunk);
      }
    } catch (error) {
      options.onBytes(-received);
      if (!mayRetry(error, tries, options)) throw error;
      await parts.sleep(pause(tries), options.signal);
      continue;
    }
    parts.store.putSmall(
      chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks),
      request.digest,
    );
    return received;
  }
}

/** Another process may be bringing the same blob: then wait for its end rather than fetch twice. */
async function beginIngest(
  request: BlobRequest,
  parts: TransferParts,
  signal: AbortSignal,
): Promise<Ingest | undefined> {
  for (let waited = 50; ; waited = Math.min(waited * 2, 500)) {
    try {
      return await parts.store.begin(request.digest, request.size);
    } catch (error) {
      if (toCondockError(error).code !== 'conflict') throw error;
    }
    await parts.sleep(waited, signal);
    if (parts.store.has(request.digest) !== undefined) return undefined;
  }
}

async function fill(
  ingest: Ingest,
  repository: Repository,
  request: BlobRequest,
  parts: TransferParts,
  options: DownloadOptions,
): Promise<number | undefined> {
  let at = ingest.offset;
  let received = 0;
  if (request.size !== undefined && at === request.size) return 0;
  for (let tries = 1; ; tries += 1) {
    const before = at;
    const body = await parts.registry.getBlob(repository, request.digest, {
      ...options,
      ...(at > 0 ? { offset: at } : {}),
    });
    if (body === undefined) return undefined;
    if (body.offset !== at) {
      if (body.offset !== 0) throw oddRange(repository, request, body);
      ingest.restart();
      options.onBytes(-Math.min(at, received));
      at = 0;
    }
    try {
      for await (const chunk of body.chunks) {
        at += chunk.length;
        received += chunk.length;
        if (request.size !== undefined && at > request.size) throw tooLong(repository, request);
        const writing = ingest.write(chunk);
        options.onBytes(chunk.length);
        options.onChunk(at - chunk.length, chunk);
        if (writing !== undefined) await writing;
      }
      if (body.size === undefined || at >= body.size) return received;
      throw new CondockError(
        'unreachable',
        `${repository.host} ended ${request.digest} after ${at} of ${body.size} bytes.`,
        {
          data: { host: repository.host },
        },
      );
    } catch (error) {
      if (at > before) tries = 1;
      if (!mayRetry(error, tries, options)) throw error;
      await parts.sleep(pause(tries), options.signal);
    }
  }
}

function mayRetry(error: unknown, tries: number, options: DownloadOptions): boolean {
  if (options.signal.aborted || isCancellation(error) || tries >= TRIES) return false;
  const { code } = toCondockError(error);
  return code === 'unreachable' || code === 'timeout';
}

const pause = (tries: number): number => 100 * 2 ** tries;

function tooLong(repository: Repository, request: BlobRequest): CondockError {
  return new CondockError(
    'digest-mismatch',
    `${repository.host} sends more bytes for ${request.digest} than it has (${request.size ?? '?'}).`,
    {
      hint: 'The registry or something on the way to it is wrong; try another mirror.',
      data: { host: repository.host },
    },
  );
}

function oddRange(repository: Repository, request: BlobRequest, body: BlobBody): CondockError {
  return new CondockError(
    'registry-error',
    `${repository.host} answered ${request.digest} from byte ${body.offset}, which nobody asked for.`,
    {
      data: { host: repository.host },
    },
  );
}
