import { CondockError, type PackageState, toCondockError } from '@condock/protocol';
import { readPackageArtifact } from '../../layout/package-artifact.ts';
import type { FetchedManifest, RegistryClient, RequestOptions } from '../../oci/registry-client.ts';
import type { Digest, Manifest } from '../../oci/types.ts';
import type { BlobStore } from '../../store/blob-store.ts';
import { type Origin, type PlannedPackage, stateOf } from './planned-package.ts';
import { tellsMore } from './telling.ts';

/** What is true of one package right now, and who said so. */
export interface Answer {
  state: PackageState;
  digest: Digest | null;
  size: number | null;
  origin: Origin | null;
  /** The mirror, or `store`. */
  source: string | null;
  error?: CondockError;
}

export interface CheckParts {
  registry: RegistryClient;
  store: BlobStore;
}

/** What the store alone can say; undefined where a registry has to be asked. */
export function checkLocally(planned: PlannedPackage, store: BlobStore): Answer | undefined {
  const origin = planned.origins[0] ?? null;
  if (planned.digest !== undefined) {
    const size = store.has(planned.digest);
    if (size !== undefined) return { state: 'cached', digest: planned.digest, size, origin, source: 'store' };
  }
  if (planned.problem === undefined) return undefined;
  const { state, error } = planned.problem;
  return { state, digest: planned.digest ?? null, size: null, origin, source: null, error };
}

/**
 * Asks the origins in turn, by digest first: a lock or record gives the archive's SHA-256, which is the blob's digest.
 * Then the manifest, which also fills pull-through caches. The answer of the first origin that has the package counts;
 * else the most telling one (a mismatch tells more than an absence, an absence more than silence).
 */
export async function checkPackage(
  planned: PlannedPackage,
  parts: CheckParts,
  options: RequestOptions,
): Promise<Answer> {
  const local = checkLocally(planned, parts.store);
  if (local !== undefined) return local;
  let best: Answer | undefined;
  for (const origin of planned.origins) {
    options.signal?.throwIfAborted();
    const answer = await askOrigin(planned, origin, parts, options);
    if (answer.state === 'available') return answer;
    if (best === undefined || tellsMore(answer.state, best.state)) best = answer;
  }
  if (best === undefined) throw new Error('a package without problem has at least one origin');
  return best;
}

async function askOrigin(
  planned: PlannedPackage,
  origin: Origin,
  parts: CheckParts,
  options: RequestOptions,
): Promise<Answer> {
  const base = { digest: planned.digest ?? null, size: null, origin, source: origin.source };
  try {
    if (planned.digest !== undefined) {
      const blob = await parts.registry.headBlob(origin.repository, planned.digest, options);
      if (blob !== undefined) return { ...base, state: 'available', size: blob.size ?? planned.entry.size };
    }
    const manifest = await parts.registry.getManifest(origin.repository, origin.tag, options);
    const judged = judgeManifest(planned, origin, manifest);
    return { ...base, ...judged };
  } catch (error) {
    if (options.signal?.aborted === true) throw error;
    const failure = toCondockError(error);
    return { ...base, state: stateOf(failure), error: failure };
  }
}

/** What a tag's manifest says about a package that could not be had by its digest alone. */
export function judgeManifest(
  planned: PlannedPackage,
  origin: Origin,
  fetched: FetchedManifest | undefined,
): { state: PackageState; digest: Digest | null; size: number | null; error?: CondockError } {
  const { entry, digest, format } = planned;
  const wanted = digest ?? null;
  const where = { host: origin.repository.host, reference: origin.reference };
  if (fetched === undefined) {
    const error = new CondockError('absent', `${origin.reference} does not exist, or is private.`, {
      hint: `If it is private, sign in with "condock login ${origin.repository.host}".`,
      data: where,
    });
    return { state: 'absent', digest: wanted, size: null, error };
  }
  const artifact = readPackageArtifact(fetched.document as Manifest);
  const archive = format === undefined ? undefined : artifact.archives[format];
  if (archive === undefined) {
    const held = Object.keys(artifact.archives).join(' and ') || 'no archive';
    const error = new CondockError('other-format', `${origin.reference} holds ${held}, not .${format ?? 'conda'}.`, {
      hint: `Lock ${entry.name} to the archive format that the channel holds.`,
      data: where,
    });
    return { state: 'other-format', digest: wanted, size: null, error };
  }
  if (digest === undefined) {
    const error = new CondockError(
      'unknown-digest',
      `The input gives no SHA-256 for ${entry.name}, so ${origin.reference} can't be proved to be it.`,
      {
        hint: 'Lock the environment again with a tool that writes SHA-256 hashes.',
        data: where,
      },
    );
    return { state: 'unknown-digest', digest: archive.digest, size: archive.size, error };
  }
  if (archive.digest !== digest) {
    const error = new CondockError(
      'digest-mismatch',
      `${origin.reference} holds other bytes (${archive.digest}) than the environment asks for (${digest}).`,
      {
        hint: 'The build was replaced after the lock was made, or the mirror is wrong: lock again, or report it to the channel.',
        data: where,
      },
    );
    return { state: 'digest-mismatch', digest, size: null, error };
  }
  return { state: 'available', digest, size: archive.size };
}
