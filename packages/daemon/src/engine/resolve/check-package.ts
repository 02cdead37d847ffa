import { type CondockError, type PackageState, toCondockError } from '@condock/protocol';
import type { RegistryClient, RequestOptions } from '../../oci/registry-client.ts';
import type { Digest } from '../../oci/types.ts';
import type { BlobStore } from '../../store/blob-store.ts';
import { askManifest } from './ask-manifest.ts';
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
    const { state, digest, size, error } = await askManifest(planned, origin, parts.registry, options);
    return { ...base, state, digest, size, ...(error === undefined ? {} : { error }) };
  } catch (error) {
    if (options.signal?.aborted === true) throw error;
    const failure = toCondockError(error);
    return { ...base, state: stateOf(failure), error: failure };
  }
}
