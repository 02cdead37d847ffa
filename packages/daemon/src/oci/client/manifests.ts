import { CondockError } from '@condock/protocol';
import { isDigest, sha256Digest } from '../digest.ts';
import { MAX_MANIFEST_BYTES, parseManifest } from '../manifest.ts';
import type { FetchedManifest, RegistryClient, RequestOptions } from '../registry-client.ts';
import { connectionError, registryMessages } from '../failures.ts';
import { discard, readBounded, readShort } from '../transport/body.ts';
import type { Clock } from '../transport/clock.ts';
import { backoff } from '../transport/retry.ts';
import { type Digest, MEDIA_TYPES, type Repository } from '../types.ts';
import type { Answer, Call, Exchange } from './exchange.ts';
import { deleteNeed, pullNeed, pushNeed, whereTag } from './needs.ts';

type Manifests = Pick<RegistryClient, 'headManifest' | 'getManifest' | 'putManifest' | 'deleteManifest'>;

/** Distribution-spec v1.1, "Error Codes": of the manifest's blobs one is not in the repository. */
const BLOB_UNKNOWN = new Set(['MANIFEST_BLOB_UNKNOWN', 'BLOB_UNKNOWN']);

const ACCEPT = [
  MEDIA_TYPES.manifest,
  MEDIA_TYPES.index,
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
].join(', ');

/** Puts of one manifest, the first included, while the registry says that it misses a blob. */
const MAX_PUTS = 5;

/** HEAD, GET, PUT and DELETE of manifests (distribution-spec v1.1, "Pulling manifests", "Pushing Manifests"). */
export function createManifests(exchange: Exchange, clock: Clock): Manifests {
  /**
   * Blobs are pushed before their manifest. A registry that does not know one all the same may be seeing another publisher's upload
   * of it (docker-registry rewrites the blob's link in place), or be a replica that is late: both pass.
   */
  const put = async (call: Call): Promise<Answer> => {
    for (let puts = 1; ; puts += 1) {
      const answer = await exchange.send(call);
      if (answer.status < 400 || answer.status >= 500 || puts === MAX_PUTS) return answer;
      const text = answer.text ?? (await readShort(answer.body));
      if (!registryMessages(text).some(({ code }) => BLOB_UNKNOWN.has(code))) return { ...answer, text };
      await clock
        .sleep(
          backoff(puts, () => clock.random()),
          call.options.signal,
        )
        .catch((error: unknown) => {
          throw connectionError(call, error, call.options.signal);
        });
    }
  };

  const callFor = (
    method: Call['method'],
    verb: string,
    repository: Repository,
    tagOrDigest: string,
    options: RequestOptions,
  ): Call => ({
    host: repository.host,
    doing: `${verb} ${whereTag(repository, tagOrDigest)}`,
    method,
    target: `/v2/${repository.name}/manifests/${encodeURIComponent(tagOrDigest).replace('%3A', ':')}`,
    headers: { accept: ACCEPT },
    need: method === 'DELETE' ? deleteNeed(repository) : method === 'PUT' ? pushNeed(repository) : pullNeed(repository),
    options,
  });

  return {
    headManifest: async (repository, tagOrDigest, options = {}) => {
      const call = callFor('HEAD', 'ask for', repository, tagOrDigest, options);
      const answer = await exchange.send(call);
      if (answer.status === 404) {
        discard(answer.body);
        return undefined;
      }
      if (answer.status !== 200) throw await exchange.failure(call, answer);
      discard(answer.body);
      const length = answer.headers['content-length'];
      return { digest: digestHeader(answer), size: length === undefined ? undefined : Number(length) };
    },

    getManifest: async (repository, tagOrDigest, options = {}) => {
      const call = callFor('GET', 'read the manifest', repository, tagOrDigest, options);
      const answer = await exchange.send(call);
      if (answer.status === 404) {
        discard(answer.body);
        return undefined;
      }
      if (answer.status !== 200) throw await exchange.failure(call, answer);
      return readManifest(call, answer, tagOrDigest);
    },

    putManifest: async (repository, tagOrDigest, bytes, mediaType, options = {}) => {
      const call = callFor('PUT', 'push the manifest', repository, tagOrDigest, options);
      const headers = { 'content-type': mediaType };
      const answer = await put({ ...call, headers, body: bytes });
      if (answer.status < 200 || answer.status > 204) throw await exchange.failure(call, answer);
      discard(answer.body);
      const digest = sha256Digest(bytes);
      const said = digestHeader(answer);
      if (said !== undefined && said !== digest) {
        throw new CondockError(
          'digest-mismatch',
          `${repository.host} stored other bytes (${said}) than it was sent (${digest}).`,
          {
            hint: 'Something on the way to the registry rewrites manifests.',
            data: { host: repository.host },
          },
        );
      }
      return { digest, subjectHandled: answer.headers['oci-subject'] !== undefined };
    },

    deleteManifest: async (repository, tagOrDigest, options = {}) => {
      const call = callFor('DELETE', 'delete', repository, tagOrDigest, options);
      const answer = await exchange.send(call);
      if (answer.status === 404) {
        discard(answer.body);
        return false;
      }
      if (answer.status < 200 || answer.status > 204) throw await exchange.failure(call, answer);
      discard(answer.body);
      return true;
    },
  };
}

async function readManifest(call: Call, answer: Answer, tagOrDigest: string): Promise<FetchedManifest> {
  let bytes: Buffer | undefined;
  try {
    bytes = await readBounded(answer.body, MAX_MANIFEST_BYTES);
  } catch (error) {
    throw connectionError(call, error, call.options.signal);
  }
  if (bytes === undefined) {
    throw new CondockError('too-large', `Could not ${call.doing}: it has more than ${MAX_MANIFEST_BYTES} bytes.`, {
      hint: 'This is no manifest of a package.',
      data: { host: call.host },
    });
  }
  const digest = sha256Digest(bytes);
  const expected = isDigest(tagOrDigest) ? tagOrDigest : digestHeader(answer);
  if (expected !== undefined && expected !== digest) {
    throw new CondockError('digest-mismatch', `Could not ${call.doing}: its bytes are ${digest}, not ${expected}.`, {
      hint: 'The registry, or a proxy on the way, changed the manifest.',
      data: { host: call.host, credentialSource: answer.credentialSource },
    });
  }
  const document = parseManifest(bytes);
  const type = answer.headers['content-type']?.split(';')[0]?.trim();
  const fallback = 'manifests' in document ? MEDIA_TYPES.index : MEDIA_TYPES.manifest;
  return { digest, mediaType: document.mediaType ?? type ?? fallback, bytes, document };
}

/** Other algorithms than SHA-256 are not ours to check. */
function digestHeader({ headers }: Answer): Digest | undefined {
  const value = headers['docker-content-digest'];
  return typeof value === 'string' && isDigest(value) ? value : undefined;
}
