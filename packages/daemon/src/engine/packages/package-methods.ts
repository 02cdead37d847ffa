import { CondockError, type LayerRole } from '@condock/protocol';
import type { EnvironmentFile } from '../../conda/environments/types.ts';
import { listFiles } from '../../conda/insides.ts';
import type { RegistryClient } from '../../oci/registry-client.ts';
import type { BlobStore } from '../../store/blob-store.ts';
import type { EngineMethods } from '../engine-methods.ts';
import { narrowed } from '../environments/environment-methods.ts';
import { plannedPackages } from '../environments/show-environment.ts';
import { pageOf } from '../pages.ts';
import type { ChannelIndex } from '../publish/channel-index.ts';
import { publish } from '../publish/publish.ts';
import type { AnswerCache } from '../resolve/answer-cache.ts';
import type { ChannelMap } from '../resolve/channel-map.ts';
import type { PlannedPackage } from '../resolve/planned-package.ts';
import { requestOptions } from '../request-options.ts';
import type { Transfers } from '../transfer/transfers.ts';
import { inspectPackage, openPackage } from './inspect.ts';
import { planReference } from './plan-reference.ts';
import { prefetch } from './prefetch.ts';

export interface PackageParts {
  registry: RegistryClient;
  store: BlobStore;
  transfers: Transfers;
  answers: AnswerCache;
  channelIndex: ChannelIndex;
  read: (path: string, options: { environment?: string; platform?: string }) => EnvironmentFile;
  mapFor: (path: string | undefined) => ChannelMap;
  now: () => number;
}

type PackageMethods = Pick<
  EngineMethods,
  ('package/inspect' | 'package/files' | 'prefetch/run' | 'publish/run') & keyof EngineMethods
>;

const DEFAULT_LAYERS: readonly LayerRole[] = ['package'];

export function packageMethods(parts: PackageParts): PackageMethods {
  return {
    'package/inspect': async ({ target, identity }, context) =>
      inspectPackage(target, { ...parts, map: parts.mapFor(undefined) }, requestOptions(identity, context)),

    'package/files': async ({ target, cursor, identity }, context) => {
      const opened = await openPackage(
        target,
        { ...parts, map: parts.mapFor(undefined) },
        requestOptions(identity, context),
      );
      const { items, ...rest } = pageOf(listFiles(opened.infoFiles), cursor);
      return { files: items, ...rest };
    },

    'prefetch/run': async (params, context) => {
      const options = requestOptions(params.identity, context);
      const planned: PlannedPackage[] = [];
      let environments: { name: string; platform: string | null }[] | undefined;
      if (params.path !== undefined) {
        const file = parts.read(params.path, narrowed(params.environment, params.platform));
        planned.push(...plannedPackages(file, parts.mapFor(params.path)));
        environments = file.environments.map(({ name, platform }) => ({ name, platform }));
      }
      const map = parts.mapFor(undefined);
      for (const text of params.references ?? []) planned.push(await planReference(text, map, parts.registry, options));
      if (params.path === undefined && params.references === undefined) {
        throw new CondockError('usage', 'There is nothing to prefetch.', {
          hint: 'Name an environment or references.',
        });
      }
      const background = params.priority === 'background' ? { priority: params.priority } : {};
      const layers = params.layers ?? DEFAULT_LAYERS;
      const report = await prefetch(planned, parts, { layers, request: { ...options, ...background } }, context);
      return {
        ...report,
        failed: report.failed.map((f) => ({ ...f, error: f.error.toJSON() })),
        ...(environments === undefined ? {} : { environments }),
      };
    },

    'publish/run': async (params, context) => {
      const rows = await publish(
        {
          files: params.files,
          to: params.to,
          layouts: params.layout === 'both' ? ['v0', 'v1'] : [params.layout ?? 'v0'],
          dryRun: params.dryRun ?? false,
          index: params.index ?? true,
          force: params.force ?? false,
          subdir: params.subdir,
          label: params.label,
          mountFrom: params.mountFrom ?? [],
          request: requestOptions(params.identity, context),
        },
        parts,
        context,
      );
      // What was absent a moment ago may be there now.
      if (params.dryRun !== true) parts.answers.clear();
      return rows;
    },
  };
}
