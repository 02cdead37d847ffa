import type { discover } from '../../conda/environments/discover.ts';
import type { EnvironmentFile } from '../../conda/environments/types.ts';
import { type ShowParts, showEnvironment } from './show-environment.ts';
import type { EngineMethods } from '../engine-methods.ts';
import type { ListingPages } from './listing-pages.ts';
import type { EnvironmentWatches } from './environment-watches.ts';
import { requestOptions } from '../request-options.ts';
import type { ChannelMap } from '../resolve/channel-map.ts';

export interface EnvironmentParts extends Omit<ShowParts, 'map'> {
  pages: ListingPages;
  watches: EnvironmentWatches;
  read: (path: string, options: { environment?: string; platform?: string }) => EnvironmentFile;
  /** Configuration is read anew per request: an edited mirror counts at once. */
  mapFor: (path: string) => ChannelMap;
  /** What in Condock's own configuration does nothing: who wonders why a channel is not known sees it with the listing. */
  configWarnings: () => readonly string[];
  discover: (options: {
    folders: readonly string[];
    machine: boolean;
    /** The caller's, where it sent any. */
    variables: Readonly<Record<string, string>> | undefined;
  }) => ReturnType<typeof discover>;
}

type EnvironmentMethods = Pick<EngineMethods, `env/${string}` & keyof EngineMethods>;

export function environmentMethods(parts: EnvironmentParts): EnvironmentMethods {
  return {
    'env/discover': ({ folders, machine, variables }) =>
      Promise.resolve(parts.discover({ folders: folders ?? [], machine: machine ?? folders === undefined, variables })),
    'env/show': async ({ path, environment, platform, check, cursor, identity }, context) => {
      if (cursor !== undefined) return parts.pages.next(cursor, context.connection);
      const read = parts.read(path, narrowed(environment, platform));
      const file = { ...read, warnings: [...read.warnings, ...parts.configWarnings()] };
      const request = requestOptions(identity, context);
      const listing = await showEnvironment(
        file,
        { ...parts, map: parts.mapFor(path) },
        { check: check ?? true, request },
        context,
      );
      return parts.pages.first(listing, context.connection);
    },
    'env/watch': async ({ path }, { connection }) => {
      await parts.watches.add(path, connection);
      return {};
    },
    'env/unwatch': async ({ path }, { connection }) => {
      await parts.watches.remove(path, connection);
      return {};
    },
  };
}

export function narrowed(
  environment: string | undefined,
  platform: string | undefined,
): { environment?: string; platform?: string } {
  return { ...(environment === undefined ? {} : { environment }), ...(platform === undefined ? {} : { platform }) };
}
