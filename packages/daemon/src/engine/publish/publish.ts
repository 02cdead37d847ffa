import { CondockError, isCancellation, type LayoutVersion, toCondockError } from '@condock/protocol';
import pLimit from 'p-limit';
import { buildArtifact } from '../../layout/build-artifact.ts';
import { formatOciChannel, parseOciChannel, repositoryOf } from '../../layout/channel.ts';
import type { BuiltArtifact, OciChannel } from '../../layout/types.ts';
import type { RegistryClient, RequestOptions } from '../../oci/registry-client.ts';
import { plural } from '../../system/text.ts';
import type { CallContext } from '../engine-host.ts';
import { Progress } from '../packages/progress.ts';
import type { ChannelIndex, IndexAddition } from './channel-index.ts';
import { type LocalPackage, openLocalPackage } from './local-package.ts';
import { createPatience, type Patience } from './patience.ts';
import { type PublishedPackage, pushArtifact } from './push-artifact.ts';
import { inTurnByBuild } from './in-turn-by-build.ts';

export interface PublishOptions {
  files: readonly string[];
  /** oci://HOST/CHANNEL */
  to: string;
  layouts: readonly LayoutVersion[];
  dryRun: boolean;
  index: boolean;
  force: boolean;
  subdir?: string | undefined;
  label?: string | undefined;
  /** Repositories or channels on the same host that may hold the blobs. */
  mountFrom: readonly string[];
  request: RequestOptions & { signal: AbortSignal };
}

export interface PublishParts {
  registry: RegistryClient;
  channelIndex: ChannelIndex;
}

/**
 * Packages under way at once: registries count writes more strictly than reads. When so many in a row found the registry silent, the
 * others are not tried.
 */
const AT_ONCE = 8;

/**
 * Publishes archives: each file's blobs, manifest and tag, and when all are there the channel's metadata, last. A file that
 * fails is reported in its own row; what the metadata then lists is exactly what was pushed.
 */
export async function publish(
  options: PublishOptions,
  parts: PublishParts,
  context: CallContext,
): Promise<PublishedPackage[]> {
  const channel = channelOf(options);
  const progress = new Progress(
    context.progress,
    `Publish ${plural(options.files.length, 'package')} to ${formatOciChannel(channel)}`,
    {
      packages: options.files.length,
      bytes: 0,
    },
  );
  const limit = pLimit(AT_ONCE);
  const taken: Taken = { references: new Map(), planned: new Set(), patience: createPatience(AT_ONCE) };
  const publishOne = (file: string): Promise<Outcome> =>
    publishFile(file, channel, options, parts, taken, (n) => progress.addBytes(n)).finally(() =>
      progress.addPackage(file),
    );
  try {
    const outcomes = await inTurnByBuild(options.files, (file, before) =>
      limit(() => before.then(() => publishOne(file))),
    );
    options.request.signal.throwIfAborted();
    const rows = outcomes.flatMap((o) => o.rows);
    if (options.index && !options.dryRun) await updateIndex(outcomes, channel, options, parts, rows);
    return rows;
  } finally {
    progress.end();
  }
}

function channelOf(options: PublishOptions): OciChannel {
  const channel = parseOciChannel(options.to);
  // `main` is the channel itself; the draft CEP asks that it be left out.
  if (options.label === undefined || options.label === 'main') return channel;
  return parseOciChannel(`${formatOciChannel(channel)}/label/${options.label}`);
}

interface Outcome {
  rows: PublishedPackage[];
  additions: IndexAddition[];
}

/** What one call has written so far, or would have. */
interface Taken {
  /** References, and the file that each holds now. */
  references: Map<string, LocalPackage>;
  planned: Set<string>;
  patience: Patience;
}

async function publishFile(
  file: string,
  channel: OciChannel,
  options: PublishOptions,
  parts: PublishParts,
  taken: Taken,
  onBytes: (bytes: number) => void,
): Promise<Outcome> {
  const outcome: Outcome = { rows: [], additions: [] };
  let local: LocalPackage;
  try {
    options.request.signal.throwIfAborted();
    local = await openLocalPackage(file, { subdir: options.subdir, signal: options.request.signal });
  } catch (error) {
    rethrowCancellation(error, options);
    for (const layout of options.layouts) outcome.rows.push(failedRow(file, layout, error));
    return outcome;
  }
  const written: string[] = [];
  for (const layout of options.layouts) {
    let reference: string | null = null;
    try {
      taken.patience.check();
      const built = await buildArtifact({
        archive: { path: local.path, digest: local.digest, size: local.size, md5: local.md5 },
        infoFiles: local.infoFiles,
        identity: local.fileName,
        layout,
      });
      const repository = repositoryOf(channel, local.subdir, built.encoded.component);
      reference = `oci://${repository.host}/${repository.name}:${built.encoded.tag}`;
      refuseSecond(reference, local, taken);
      const mountFrom = [...written, ...options.mountFrom.map((from) => mountSource(from, channel, local, built))];
      // One token for all that is to be read and written there, rather than one for each.
      await parts.registry.authorize?.([repository], options.dryRun ? 'pull' : 'push', options.request);
      const blobs = await pushArtifact(local, built, channel, parts.registry, {
        force: options.force,
        dryRun: options.dryRun,
        mountFrom: mountFrom.filter((name) => name !== repository.name),
        planned: taken.planned,
        request: { ...options.request, onBytes },
      });
      written.push(repository.name);
      taken.references.set(reference, local);
      const { warnings } = local;
      outcome.rows.push({
        file,
        reference,
        manifestDigest: built.digest,
        layout,
        blobs,
        ...(warnings.length === 0 ? {} : { warnings }),
      });
      outcome.additions.push({ layout, local });
      taken.patience.answered();
    } catch (error) {
      rethrowCancellation(error, options);
      taken.patience.failed(error);
      outcome.rows.push({ ...failedRow(file, layout, error), reference });
    }
  }
  return outcome;
}

/** A tag holds one archive: of two different ones for it in one call the second is refused, forced or not. */
function refuseSecond(reference: string, local: LocalPackage, taken: Taken): void {
  const first = taken.references.get(reference);
  if (first === undefined || first.digest === local.digest) return;
  throw new CondockError('conflict', `${first.path} is the same build, and was published as ${reference}.`, {
    hint: 'A reference holds one archive: name one of the two files.',
    data: { reference },
  });
}

/** A channel as the source of a mount names the repository that holds the same package there. */
function mountSource(from: string, target: OciChannel, local: LocalPackage, built: BuiltArtifact): string {
  if (!from.startsWith('oci://')) return from;
  const channel = parseOciChannel(from);
  if (channel.host !== target.host) {
    throw new CondockError(
      'usage',
      `${from} is on another host than ${formatOciChannel(target)}: a registry mounts only its own blobs.`,
      {
        hint: 'Use "condock channel copy" between hosts.',
      },
    );
  }
  return repositoryOf(channel, local.subdir, built.encoded.component).name;
}

async function updateIndex(
  outcomes: readonly Outcome[],
  channel: OciChannel,
  options: PublishOptions,
  parts: PublishParts,
  rows: PublishedPackage[],
): Promise<void> {
  const additions = outcomes.flatMap((o) => o.additions);
  if (additions.length === 0) return;
  const failures = await parts.channelIndex.add(channel, additions, { ...options.request, restore: options.force });
  for (const [{ layout, local }, failure] of failures) {
    // Clients find a package through repodata only: a package that is not listed was not published.
    for (const row of rows)
      if (row.layout === layout && row.file === local.path && row.error === undefined) row.error = failure.toJSON();
  }
}

function failedRow(file: string, layout: LayoutVersion, error: unknown): PublishedPackage {
  return { file, reference: null, manifestDigest: null, layout, blobs: [], error: toCondockError(error).toJSON() };
}

function rethrowCancellation(error: unknown, options: PublishOptions): void {
  if (options.request.signal.aborted || isCancellation(error)) throw error;
}
