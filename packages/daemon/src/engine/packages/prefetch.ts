import { CondockError, type LayerRole, type PackageState, toCondockError } from '@condock/protocol';
import pLimit from 'p-limit';
import { readPackageArtifact } from '../../layout/package-artifact.ts';
import type { RegistryClient, RequestOptions } from '../../oci/registry-client.ts';
import type { Descriptor, Manifest } from '../../oci/types.ts';
import type { BlobStore } from '../../store/blob-store.ts';
import { plural } from '../../system/text.ts';
import type { CallContext } from '../engine-host.ts';
import { authorizeAhead } from '../resolve/authorize-ahead.ts';
import { askManifest } from '../resolve/ask-manifest.ts';
import { type Origin, type PlannedPackage, stateOf } from '../resolve/planned-package.ts';
import { moreTelling } from '../resolve/telling.ts';
import type { Transfers } from '../transfer/transfers.ts';
import { keepManifest } from './keep-manifest.ts';
import { Progress } from './progress.ts';

export interface PrefetchParts {
  registry: RegistryClient;
  store: BlobStore;
  transfers: Transfers;
  /** Milliseconds of a clock that only goes forward. */
  now: () => number;
}

export interface PrefetchOptions {
  layers: readonly LayerRole[];
  request: RequestOptions & { signal: AbortSignal };
}

export interface PrefetchReport {
  requested: number;
  fetched: number;
  cached: number;
  failed: { name: string; state: PackageState; error: CondockError }[];
  bytes: number;
  seconds: number;
}

/** Packages under way at once; what the network does with them is the client's budget. */
const AT_ONCE = 64;

/**
 * Brings the wanted layers of exactly these packages into the store. By digest where only the archive is wanted: one request
 * for a package. A package that fails is reported and holds up no other; only cancellation ends the whole.
 */
export async function prefetch(
  packages: readonly PlannedPackage[],
  parts: PrefetchParts,
  options: PrefetchOptions,
  context: CallContext,
): Promise<PrefetchReport> {
  const started = parts.now();
  const report: PrefetchReport = {
    requested: packages.length,
    fetched: 0,
    cached: 0,
    failed: [],
    bytes: 0,
    seconds: 0,
  };
  // Leased before it is looked for: what is here then stays, and the store need not be asked again.
  using _lease = parts.store.lease(packages.flatMap((p) => (p.digest === undefined ? [] : [p.digest])));
  const missing = new Set(packages.filter((p) => p.digest === undefined || parts.store.has(p.digest) === undefined));
  const progress = new Progress(context.progress, `Prefetch ${plural(packages.length, 'package')}`, {
    packages: packages.length,
    bytes: [...missing].reduce((sum, p) => sum + (p.problem === undefined ? (p.entry.size ?? 0) : 0), 0),
  });
  const limit = pLimit(AT_ONCE);
  const isCancelled = (): boolean => options.request.signal.aborted;
  try {
    await authorizeAhead([...missing], parts.registry, options.request);
    await Promise.all(
      packages.map((planned) =>
        limit(async () => {
          if (isCancelled()) return;
          try {
            const bytes = await prefetchOne(planned, !missing.has(planned), parts, options, (n) =>
              progress.addBytes(n),
            );
            report.bytes += bytes.network;
            if (bytes.fetched) report.fetched += 1;
            else report.cached += 1;
          } catch (error) {
            if (isCancelled()) return;
            const failure = toCondockError(error);
            report.failed.push({ name: nameOf(planned), state: stateOf(failure), error: failure });
          }
          progress.addPackage();
        }),
      ),
    );
    options.request.signal.throwIfAborted();
    parts.store.publishRefs();
  } finally {
    progress.end();
  }
  report.seconds = (parts.now() - started) / 1000;
  return report;
}

function nameOf(planned: PlannedPackage): string {
  return (
    planned.entry.fileName ?? [planned.entry.name, planned.entry.version, planned.entry.build].filter(Boolean).join('-')
  );
}

interface OneResult {
  fetched: boolean;
  network: number;
}

async function prefetchOne(
  planned: PlannedPackage,
  isHere: boolean,
  parts: PrefetchParts,
  options: PrefetchOptions,
  onBytes: (bytes: number) => void,
): Promise<OneResult> {
  const wantsArchive = options.layers.includes('package');
  const result: OneResult = { fetched: false, network: 0 };
  if (wantsArchive && planned.digest !== undefined && isHere && options.layers.length === 1) {
    parts.store.touch(planned.digest);
    return result;
  }
  if (planned.problem !== undefined) throw planned.problem.error;
  const add = (fetched: { from: 'store' | 'network'; bytes: number }): void => {
    if (fetched.from === 'network') result.fetched = true;
    result.network += fetched.bytes;
  };
  if (wantsArchive) add(await fetchArchive(planned, parts, options, onBytes));
  for (const role of options.layers) {
    if (role === 'package') continue;
    add(await fetchLayer(planned, role, parts, options, onBytes));
  }
  return result;
}

async function fetchArchive(
  planned: PlannedPackage,
  parts: PrefetchParts,
  options: PrefetchOptions,
  onBytes: (bytes: number) => void,
) {
  const { digest, entry } = planned;
  let telling: CondockError | undefined;
  const askManifests = async (): Promise<boolean> => {
    for (const origin of planned.origins) {
      try {
        const judged = await askManifest(planned, origin, parts.registry, options.request);
        if (judged.state === 'available') return true;
        if (judged.error !== undefined) telling = moreTelling(telling, judged.error);
      } catch (error) {
        // The next mirror may answer.
        if (options.request.signal.aborted) throw error;
        telling = moreTelling(telling, toCondockError(error));
      }
    }
    return false;
  };
  if (digest === undefined) {
    await askManifests();
    throw telling ?? new Error('without a digest no manifest can prove a package');
  }
  try {
    return await parts.transfers.fetch(
      {
        digest,
        size: entry.size ?? undefined,
        repositories: planned.origins.map((o) => o.repository),
        onAbsent: askManifests,
      },
      { ...options.request, onBytes },
    );
  } catch (error) {
    const failure = toCondockError(error);
    // Whether this machine's store failed is another matter.
    const isAboutMirrors = ['absent', 'unreachable', 'timeout'].includes(failure.code);
    throw telling !== undefined && isAboutMirrors ? moreTelling(telling, failure) : failure;
  }
}

/** The small layers are known by the manifest only, which is kept beside them so that other tools can read the store. */
async function fetchLayer(
  planned: PlannedPackage,
  role: 'info' | 'index',
  parts: PrefetchParts,
  options: PrefetchOptions,
  onBytes: (bytes: number) => void,
) {
  const { origin, manifest, layer } = await findLayer(planned, role, parts, options);
  const fetched = await parts.transfers.fetch(
    { digest: layer.digest, size: layer.size, repositories: [origin.repository] },
    { ...options.request, onBytes },
  );
  await keepManifest(origin, manifest, parts, options.request);
  return fetched;
}

async function findLayer(
  planned: PlannedPackage,
  role: 'info' | 'index',
  parts: PrefetchParts,
  options: PrefetchOptions,
) {
  let failure: CondockError | undefined;
  for (const origin of planned.origins) {
    try {
      const { state, error, manifest } = await askManifest(planned, origin, parts.registry, options.request);
      if (manifest !== undefined && (state === 'available' || state === 'unknown-digest')) {
        const layer: Descriptor | undefined = readPackageArtifact(manifest.document as Manifest)[role];
        if (layer !== undefined) return { origin, manifest, layer };
        failure = moreTelling(failure, missingLayer(origin, role));
      } else if (error !== undefined) failure = moreTelling(failure, error);
    } catch (error) {
      if (options.request.signal.aborted) throw error;
      failure = moreTelling(failure, toCondockError(error));
    }
  }
  throw failure ?? new Error('a package without problem has at least one origin');
}

function missingLayer(origin: Origin, role: string): CondockError {
  return new CondockError('unsupported-format', `${origin.reference} has no ${role} layer.`, {
    hint: 'Prefetch its package layer: the archive holds the same.',
    data: { host: origin.repository.host, reference: origin.reference },
  });
}
