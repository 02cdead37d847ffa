import { CondockError } from '@condock/protocol';
import type { Need } from '../auth/scopes.ts';
import type { RequestOptions } from '../registry-client.ts';
import { discard } from '../transport/body.ts';
import type { Digest, Repository } from '../types.ts';
import type { Answer, Call, Exchange } from './exchange.ts';
import { cancelNeed, pushNeed, where } from './needs.ts';

/** A registry may hash and copy gigabytes before it answers. */
const COMMIT_MS = 600_000;

export interface UploadTarget {
  repository: Repository;
  /** For error messages. */
  doing: string;
  options: RequestOptions;
}

export type Started = { mounted: true } | { mounted: false; location: URL };

/** The single requests of an upload (distribution-spec v1.1, "Pushing blobs"). */
export interface UploadRequests {
  start(target: UploadTarget, mount?: { digest: Digest; from: string }): Promise<Started>;
  /** PATCH, PUT with content, or PUT of the end. */
  send(
    target: UploadTarget,
    location: URL,
    request: Pick<Call, 'method' | 'headers' | 'stream' | 'body'>,
  ): Promise<Answer>;
  /** How many bytes arrived; undefined where the session is gone or can't say. */
  offset(target: UploadTarget, location: URL): Promise<{ offset: number; location: URL } | undefined>;
  cancel(target: UploadTarget, location: URL): Promise<void>;
  failure(target: UploadTarget, answer: Answer): Promise<Error>;
  next(target: UploadTarget, answer: Answer): URL | undefined;
}

export function createUploadRequests(exchange: Exchange): UploadRequests {
  const callOf = (
    { repository, doing, options }: UploadTarget,
    rest: Pick<Call, 'method' | 'target'>,
    need?: Need,
  ): Call => ({
    host: repository.host,
    doing,
    need: need ?? pushNeed(repository),
    options,
    ...rest,
  });

  const next = (target: UploadTarget, answer: Answer): URL | undefined =>
    exchange.locationOf(callOf(target, { method: 'GET', target: answer.url }), answer);

  const start: UploadRequests['start'] = async (target, mount) => {
    const path = `/v2/${target.repository.name}/blobs/uploads/`;
    const query = mount === undefined ? '' : `?mount=${mount.digest}&from=${encodeURIComponent(mount.from)}`;
    const call = callOf(
      target,
      { method: 'POST', target: `${path}${query}` },
      pushNeed(target.repository, mount?.from),
    );
    const answer = await exchange.send({ ...call, headers: { 'content-length': '0' } });
    if (answer.status === 201 && mount !== undefined) {
      discard(answer.body);
      return { mounted: true };
    }
    if (answer.status !== 202) {
      const failure = await exchange.failure(call, answer);
      // No right to read the other repository, or no mounts at all: then an ordinary upload.
      if (mount !== undefined && answer.status !== 413 && answer.status < 500) return start(target);
      throw failure;
    }
    discard(answer.body);
    const location = next(target, answer);
    if (location === undefined) throw noLocation(target);
    return { mounted: false, location };
  };

  return {
    start,
    next,
    send: (target, location, request) =>
      exchange.send({
        ...callOf(target, { method: request.method, target: location }),
        ...request,
        headersMs: COMMIT_MS,
      }),
    offset: async (target, location) => {
      const call = callOf(target, { method: 'GET', target: location });
      const answer = await exchange.send(call);
      discard(answer.body);
      if (answer.status !== 204 && answer.status !== 202 && answer.status !== 200) return undefined;
      const last = /^(?:bytes=)?0-(\d+)$/.exec(answer.headers.range ?? '')?.[1];
      // docker-registry says `0-0` for one byte and for none: a new session costs less than a guess.
      if (last === undefined || last === '0') return undefined;
      return { offset: Number(last) + 1, location: next(target, answer) ?? location };
    },
    cancel: async (target, location) => {
      try {
        const answer = await exchange.send(
          callOf(target, { method: 'DELETE', target: location }, cancelNeed(target.repository)),
        );
        discard(answer.body);
      } catch {
        // The registry sweeps old sessions by itself.
      }
    },
    failure: (target, answer) => exchange.failure(callOf(target, { method: 'PUT', target: answer.url }), answer),
  };
}

/** `digest` joins a query that is there already (the location is the registry's, to be used as it is). */
export function withDigest(location: URL, digest: Digest): URL {
  const url = new URL(location);
  // Not `searchParams`: it would write the registry's own state anew.
  url.search = `${url.search === '' ? '?' : `${url.search}&`}digest=${digest}`;
  return url;
}

function noLocation({ repository, doing }: UploadTarget): CondockError {
  return new CondockError('registry-error', `Could not ${doing}: ${repository.host} does not say where to send it.`, {
    hint: `Check that ${where(repository)} is in a registry that takes uploads.`,
    data: { host: repository.host },
  });
}
