import { CondockError, type EnvironmentListing, type EnvironmentPackage } from '@condock/protocol';
import pLimit from 'p-limit';
import type { EnvironmentFile } from '../../conda/environments/types.ts';
import type { RequestOptions } from '../../oci/registry-client.ts';
import type { CallContext } from '../engine-host.ts';
import { Progress } from '../packages/progress.ts';
import type { AnswerCache } from '../resolve/answer-cache.ts';
import type { ChannelMap } from '../resolve/channel-map.ts';
import { authorizeAhead } from '../resolve/authorize-ahead.ts';
import { type Answer, checkLocally, checkPackage, type CheckParts } from '../resolve/check-package.ts';
import { type PlannedPackage, planPackage } from '../resolve/planned-package.ts';

export interface ShowParts extends CheckParts {
  map: ChannelMap;
  answers: AnswerCache;
}

export interface ShowOptions {
  /** False: only what the store knows; nothing is dialled. */
  check: boolean;
  request: RequestOptions & { signal: AbortSignal };
}

/** Registry questions under way at once. */
const AT_ONCE = 64;

/** Every package of an environment with its reference and one honest state. */
export async function showEnvironment(
  file: EnvironmentFile,
  parts: ShowParts,
  options: ShowOptions,
  context: CallContext,
): Promise<EnvironmentListing> {
  const planned = file.environments.map((e) => e.packages.map((entry) => planPackage(entry, parts.map)));
  const answers = await answerAll(planned.flat(), parts, options, context);
  return {
    path: file.path,
    kind: file.kind,
    warnings: file.warnings,
    environments: file.environments.map((environment, at) => ({
      name: environment.name,
      platform: environment.platform,
      packages: (planned[at] ?? []).map((p) => describe(p, answers.get(p))),
    })),
  };
}

async function answerAll(
  planned: readonly PlannedPackage[],
  parts: ShowParts,
  options: ShowOptions,
  context: CallContext,
): Promise<Map<PlannedPackage, Answer>> {
  const answers = new Map<PlannedPackage, Answer>();
  const open: PlannedPackage[] = [];
  for (const one of planned) {
    const known =
      checkLocally(one, parts.store) ?? (options.check ? parts.answers.get(one, options.request.identity) : undefined);
    if (known === undefined) open.push(one);
    else answers.set(one, known);
  }
  if (!options.check || open.length === 0) return answers;
  const progress = new Progress(context.progress, 'Ask registries', { packages: open.length, bytes: 0 });
  const limit = pLimit(AT_ONCE);
  try {
    await authorizeAhead(open, parts.registry, options.request);
    await Promise.all(
      open.map((one) =>
        limit(async () => {
          options.request.signal.throwIfAborted();
          const answer = await checkPackage(one, parts, options.request);
          parts.answers.set(one, options.request.identity, answer);
          answers.set(one, answer);
          progress.addPackage();
        }),
      ),
    );
  } finally {
    progress.end();
  }
  return answers;
}

function describe(planned: PlannedPackage, answer: Answer | undefined): EnvironmentPackage {
  const { entry } = planned;
  const origin = answer?.origin ?? planned.origins[0] ?? null;
  // One literal: there are thousands of these, and copying members one by one costs more than all the rest.
  const described: EnvironmentPackage = {
    name: entry.name,
    version: entry.version,
    build: entry.build,
    subdir: entry.subdir,
    kind: entry.kind,
    fileName: entry.fileName,
    channel: entry.channel,
    url: entry.url,
    sha256: entry.sha256,
    md5: entry.md5,
    size: answer?.size ?? entry.size,
    license: entry.license,
    reference: origin?.reference ?? null,
    layout: origin?.layout ?? null,
    state: answer?.state ?? 'unchecked',
    digest: answer?.digest ?? planned.digest ?? null,
    source: answer?.source ?? null,
  };
  if (answer?.error !== undefined) described.error = answer.error.toJSON();
  return described;
}

/** The packages to prefetch: one per archive, though several environments may list it. */
export function plannedPackages(file: EnvironmentFile, map: ChannelMap): PlannedPackage[] {
  const seen = new Map<string, PlannedPackage>();
  for (const entry of file.environments.flatMap((e) => e.packages)) {
    const key =
      entry.sha256 ?? entry.url ?? `${entry.kind}:${entry.subdir}/${entry.name}-${entry.version}-${entry.build}`;
    if (!seen.has(key)) seen.set(key, planPackage(entry, map));
  }
  if (seen.size === 0 && file.environments.length === 0) {
    throw new CondockError('invalid-environment', `${file.path} names no packages.`, {
      hint: file.warnings[0] ?? 'It needs a lock or an installed prefix.',
    });
  }
  return [...seen.values()];
}
