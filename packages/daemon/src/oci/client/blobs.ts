import { Readable } from 'node:stream';
import { CondockError } from '@condock/protocol';
import type { RegistryClient } from '../registry-client.ts';
import { discard } from '../transport/body.ts';
import type { Digest, Repository } from '../types.ts';
import { bodyChunks } from './blob-body.ts';
import type { Answer, Call, Exchange } from './exchange.ts';
import { deleteNeed, pullNeed, whereTag } from './needs.ts';

type GetBlobOptions = Parameters<RegistryClient['getBlob']>[2];

const path = ({ name }: Repository, digest: Digest): string => `/v2/${name}/blobs/${digest}`;

/** HEAD, GET with Range, and DELETE of blobs (distribution-spec v1.1, "Pulling blobs"). */
export function createBlobs(exchange: Exchange): Pick<RegistryClient, 'headBlob' | 'getBlob' | 'deleteBlob'> {
  const getBlob = async (repository: Repository, digest: Digest, options: GetBlobOptions = {}) => {
    const { offset = 0, end } = options;
    const ranged = offset > 0 || end !== undefined;
    const call: Call = {
      host: repository.host,
      doing: `download ${whereTag(repository, digest)}`,
      method: 'GET',
      target: path(repository, digest),
      // Blobs are what they are: a compressed answer would break offsets and sizes.
      headers: { 'accept-encoding': 'identity', ...(ranged ? { range: `bytes=${offset}-${end ?? ''}` } : {}) },
      need: pullNeed(repository),
      options,
    };
    const answer = await exchange.send(call);
    const { status, headers } = answer;
    if (status === 404) {
      discard(answer.body);
      return undefined;
    }
    if (status === 416 && ranged) {
      discard(answer.body);
      const size = sizeOf(headers['content-range']);
      if (size === offset && end === undefined)
        return { offset, size, chunks: bodyChunks(Readable.from([]), call, options.signal) };
      // The blob is shorter than what the caller has: that can't be right, so all over again.
      const whole = { ...options };
      delete whole.offset;
      delete whole.end;
      return getBlob(repository, digest, whole);
    }
    const chunks = (): AsyncIterable<Uint8Array> => bodyChunks(answer.body, call, options.signal);
    if (status === 206 && ranged) {
      const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers['content-range'] ?? '');
      if (range?.[1] === undefined) {
        answer.body.destroy();
        throw oddAnswer(call, 'a part of it without saying which');
      }
      return { offset: Number(range[1]), size: sizeOf(headers['content-range']), chunks: chunks() };
    }
    if (status !== 200) throw await exchange.failure(call, answer);
    if (headers['content-encoding'] !== undefined && headers['content-encoding'] !== 'identity') {
      answer.body.destroy();
      throw oddAnswer(call, `it compressed (${headers['content-encoding'].slice(0, 40)})`);
    }
    return { offset: 0, size: lengthOf(answer), chunks: chunks() };
  };

  return {
    getBlob,
    headBlob: async (repository, digest, options = {}) => {
      const call: Call = {
        host: repository.host,
        doing: `ask for ${whereTag(repository, digest)}`,
        method: 'HEAD',
        target: path(repository, digest),
        headers: { 'accept-encoding': 'identity' },
        need: pullNeed(repository),
        options,
      };
      const answer = await exchange.send(call);
      if (answer.status !== 200 && answer.status !== 404) throw await exchange.failure(call, answer);
      discard(answer.body);
      return answer.status === 404 ? undefined : { size: lengthOf(answer) };
    },
    deleteBlob: async (repository, digest, options = {}) => {
      const call: Call = {
        host: repository.host,
        doing: `delete ${whereTag(repository, digest)}`,
        method: 'DELETE',
        target: path(repository, digest),
        need: deleteNeed(repository),
        options,
      };
      const answer = await exchange.send(call);
      if (answer.status !== 404 && (answer.status < 200 || answer.status > 204))
        throw await exchange.failure(call, answer);
      discard(answer.body);
      return answer.status !== 404;
    },
  };
}

function lengthOf({ headers }: Answer): number | undefined {
  const length = headers['content-length'];
  return length !== undefined && /^\d+$/.test(length) ? Number(length) : undefined;
}

/** The whole's size out of `bytes 5-9/10` or `bytes *\/10`. */
function sizeOf(contentRange: string | undefined): number | undefined {
  const size = /\/(\d+)$/.exec(contentRange ?? '')?.[1];
  return size === undefined ? undefined : Number(size);
}

function oddAnswer({ host, doing }: Call, what: string): CondockError {
  return new CondockError('registry-error', `Could not ${doing}: ${host} sent ${what}.`, {
    hint: 'A proxy on the way may be changing answers.',
    data: { host },
  });
}
