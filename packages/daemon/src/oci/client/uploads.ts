import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { CondockError, isCancellation, toCondockError } from '@condock/protocol';
import type { RegistryClient, UploadOptions, UploadResult, UploadSource } from '../registry-client.ts';
import type { Clock } from '../transport/clock.ts';
import { discard } from '../transport/body.ts';
import type { TransportLogger } from '../transport/events.ts';
import { backoff, isTransientStatus, MAX_TRIES } from '../transport/retry.ts';
import type { Digest, Repository } from '../types.ts';
import type { Answer, Exchange } from './exchange.ts';
import { where } from './needs.ts';
import { shareUploads } from './shared-uploads.ts';
import { createSending, type Sending } from './upload-source.ts';
import { createUploadRequests, type UploadTarget, withDigest } from './upload-session.ts';

/** Up to here a blob of known digest goes in one PUT: two requests, and little to lose by a cut. */
const MONOLITHIC_BYTES = 4 * 1024 * 1024;

export interface UploadParts {
  exchange: Exchange;
  blobs: Pick<RegistryClient, 'headBlob'>;
  clock: Clock;
  log: TransportLogger;
}

/** An answer that may be different once the line, the token or the registry has recovered. */
const isCut = ({ status }: Answer): boolean => status === 401 || status === 416 || isTransientStatus(status);

/**
 * Uploads of blobs: present, mounted, or sent in one stream that is hashed on its way. A cut line is resumed in the same session
 * from where the registry says it is; a lost session begins anew. Gives up after five tries that brought nothing new.
 */
export function createUploads({ exchange, blobs, clock, log }: UploadParts): Pick<RegistryClient, 'uploadBlob'> {
  const requests = createUploadRequests(exchange);

  const uploadBlob = async (
    repository: Repository,
    source: UploadSource,
    options: UploadOptions = {},
  ): Promise<UploadResult> => {
    const { mountFrom = [], skipCheck = false, onProgress = () => undefined, ...request } = options;
    const { digest, size } = source;
    const target: UploadTarget = {
      repository,
      doing: `upload ${digest ?? 'a blob'} to ${where(repository)}`,
      options: request,
    };
    if (digest !== undefined && !skipCheck && (await blobs.headBlob(repository, digest, request)) !== undefined) {
      return { digest, size, moved: 'present' };
    }
    const from = digest === undefined ? undefined : await mountSource(repository, digest, mountFrom, request);
    const started = await requests.start(
      target,
      digest === undefined || from === undefined ? undefined : { digest, from },
    );
    if (started.mounted) return { digest: digest ?? missing(), size, moved: 'mounted' };
    const sending = createSending(source, onProgress);
    await transfer(target, source, sending, started.location);
    return { digest: sending.digest(), size, moved: 'uploaded' };
  };

  /** Of several candidates the first that has the blob: a failed mount would leave an open session behind. */
  const mountSource = async (
    { host, name }: Repository,
    digest: Digest,
    candidates: readonly string[],
    request: UploadTarget['options'],
  ): Promise<string | undefined> => {
    const others = candidates.filter((c) => c !== name);
    if (others.length < 2) return others[0];
    for (const candidate of others.slice(0, 8)) {
      try {
        if ((await blobs.headBlob({ host, name: candidate }, digest, request)) !== undefined) return candidate;
      } catch (error) {
        if (isCancellation(error)) throw error;
      }
    }
    return undefined;
  };

  const transfer = async (target: UploadTarget, source: UploadSource, sending: Sending, first: URL): Promise<void> => {
    let location: URL | undefined = first;
    let offset = 0;
    let furthest = 0;
    for (let tries = 1; ; tries += 1) {
      let failure: Error;
      try {
        location ??= await restart(target);
        const answer = await sendFrom(target, source, sending, location, offset);
        if (answer === undefined) return;
        failure = await requests.failure(target, answer);
        if (!isCut(answer)) throw new Final(failure);
      } catch (error) {
        if (error instanceof Final) throw error.failure;
        failure = error instanceof Error ? error : new Error(String(error));
        if (!isBrokenLine(failure)) throw failure;
      }
      if (sending.sent() > furthest) tries = 1;
      furthest = Math.max(furthest, sending.sent());
      if (tries >= MAX_TRIES) throw failure;
      await clock.sleep(
        backoff(tries, () => clock.random()),
        target.options.signal,
      );
      if (await isThere(target, source.digest)) return void sending.sent();
      const state: Awaited<ReturnType<typeof requests.offset>> =
        location === undefined ? undefined : await requests.offset(target, location);
      location = state?.location;
      offset = state === undefined || state.offset > source.size ? 0 : state.offset;
      if (offset === 0) location = undefined;
      log({ event: 'upload-resumed', host: target.repository.host, offset });
    }
  };

  const restart = async (target: UploadTarget): Promise<URL> => {
    const started = await requests.start(target);
    if (started.mounted) throw new CondockError('internal', 'A blob was mounted without being asked for.');
    return started.location;
  };

  /** Undefined: the blob is there, whole. Else what the registry answered instead. */
  const sendFrom = async (
    target: UploadTarget,
    source: UploadSource,
    sending: Sending,
    location: URL,
    offset: number,
  ): Promise<Answer | undefined> => {
    const length = source.size - offset;
    const headers = { 'content-type': 'application/octet-stream', 'content-length': String(length) };
    const whole = source.digest !== undefined && offset === 0 && source.size <= MONOLITHIC_BYTES;
    if (whole && source.digest !== undefined) {
      const to = withDigest(location, source.digest);
      return committed(await requests.send(target, to, { method: 'PUT', headers, stream: () => sending.stream(0) }));
    }
    let at = location;
    if (length > 0) {
      const answer = await requests.send(target, location, {
        method: 'PATCH',
        headers: { ...headers, 'content-range': `${offset}-${source.size - 1}` },
        stream: () => sending.stream(offset),
      });
      if (answer.status !== 202 && answer.status !== 201 && answer.status !== 204) return answer;
      discard(answer.body);
      at = requests.next(target, answer) ?? location;
    } else if (source.size === 0) {
      await drain(sending.stream(0));
    }
    const end = { method: 'PUT', headers: { 'content-length': '0' } } as const;
    return committed(await requests.send(target, withDigest(at, sending.digest()), end));
  };

  const committed = (answer: Answer): Answer | undefined => {
    if (answer.status !== 201 && answer.status !== 204 && answer.status !== 202) return answer;
    discard(answer.body);
    return undefined;
  };

  /** The end of an upload may have arrived though its answer did not. */
  const isThere = async (target: UploadTarget, digest: Digest | undefined): Promise<boolean> =>
    digest !== undefined && (await blobs.headBlob(target.repository, digest, target.options)) !== undefined;

  return { uploadBlob: shareUploads(uploadBlob) };
}

/** A source without content is read all the same: it has to say that it is empty. */
async function drain(stream: Readable): Promise<void> {
  stream.resume();
  await finished(stream);
}

/** A failure that no further try mends. */
class Final extends Error {
  readonly failure: Error;
  constructor(failure: Error) {
    super(failure.message);
    this.failure = failure;
  }
}

function isBrokenLine(error: Error): boolean {
  const { code } = toCondockError(error);
  return code === 'unreachable' || code === 'timeout';
}

function missing(): never {
  throw new CondockError('internal', 'A blob without a digest can not have been mounted.');
}
