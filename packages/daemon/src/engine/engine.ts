import { setMaxListeners } from 'node:events';
import {
  type NotificationName,
  type NotificationParams,
  type ParamsOf,
  type ResultOf,
  toCondockError,
} from '@condock/protocol';
import { belongsTo } from '../credentials/index.ts';
import type { Digest } from '../oci/types.ts';
import type { RegistryClient } from '../oci/registry-client.ts';
import type { BlobStore } from '../store/blob-store.ts';
import { cacheMethods } from './cache/cache-methods.ts';
import { channelMethods, type ChannelParts } from './channels/channel-methods.ts';
import type { CallContext, EngineHost, EngineMethodName, NotificationListener } from './engine-host.ts';
import type { EngineMethods } from './engine-methods.ts';
import { environmentMethods, type EnvironmentParts } from './environments/environment-methods.ts';
import { EnvironmentWatches, type Watch } from './environments/environment-watches.ts';
import { ListingPages } from './environments/listing-pages.ts';
import { plannedPackages } from './environments/show-environment.ts';
import { packageMethods } from './packages/package-methods.ts';
import { digestsOfReference } from './packages/reference-digests.ts';
import type { ChannelIndex } from './publish/channel-index.ts';
import { referenceMethods } from './references/reference-methods.ts';
import { AnswerCache } from './resolve/answer-cache.ts';
import type { ChannelMap } from './resolve/channel-map.ts';
import { withScopedIdentity } from './sessions/scope-identity.ts';
import { sessionMethods, type SessionParts } from './sessions/session-methods.ts';
import type { Transfers } from './transfer/transfers.ts';

export interface EngineParts {
  registry: RegistryClient;
  store: BlobStore;
  transfers: Transfers;
  channelIndex: ChannelIndex;
  sessions: SessionParts;
  channels: Omit<ChannelParts, 'transfers' | 'notify'>;
  read: EnvironmentParts['read'];
  discover: EnvironmentParts['discover'];
  /** The mirrors that hold for a path (a project has its own), or for this user where it is undefined. */
  mapFor: (path: string | undefined) => ChannelMap;
  configWarnings: EnvironmentParts['configWarnings'];
  watch: Watch;
  /** Milliseconds of a clock that only goes forward. */
  now: () => number;
  random: () => string;
  /** Called last; what was made for the engine ends with it. */
  dispose: () => Promise<void>;
}

export interface Engine extends EngineHost {
  /** Tells every client. */
  notify: <N extends NotificationName>(name: N, params: NotificationParams<N>) => void;
}

/** The engine as a plain library: no socket, no process, no editor. */
export function createEngine(parts: EngineParts): Engine {
  const { store, transfers, now, random } = parts;
  const listeners = new Set<NotificationListener>();
  const notify = <N extends NotificationName>(name: N, params: NotificationParams<N>, connection?: string): void => {
    for (const listener of listeners) listener(name, params, connection);
  };
  const answers = new AnswerCache(now);
  const pages = new ListingPages({ now, random });
  const watches = new EnvironmentWatches(parts.watch, (path, connection) =>
    notify('env/didChange', { path }, connection),
  );
  const packagesOf = (path: string) => Promise.resolve(plannedPackages(parts.read(path, {}), parts.mapFor(path)));
  const digestsOf = (reference: string): readonly Digest[] => digestsOfReference(reference, store);
  const methods: EngineMethods = {
    ...environmentMethods({ ...parts, answers, pages, watches }),
    ...packageMethods({ ...parts, answers }),
    ...referenceMethods(parts.mapFor),
    ...cacheMethods({ store, packagesOf, digestsOf }),
    ...sessionMethods({
      ...parts.sessions,
      changed: () => {
        answers.clear();
        notify('session/didChange', {});
      },
    }),
    ...channelMethods({ ...parts.channels, transfers, notify }),
  };
  return {
    notify,
    call: async (method, params, context) => {
      // Every package under way listens to it; that is no leak.
      setMaxListeners(0, context.signal);
      try {
        return await invoke(methods, method, withScopedIdentity(method, params, context.connection), context);
      } catch (error) {
        throw toCondockError(error);
      }
    },
    onNotification: (listener) => {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    connectionClosed: (connection) => {
      parts.sessions.credentials.connectionClosed(connection);
      pages.connectionClosed(connection);
      parts.registry.forgetIdentities?.((identity) => belongsTo(identity, connection));
      void watches.connectionClosed(connection).catch(() => undefined);
    },
    [Symbol.asyncDispose]: async () => {
      await watches[Symbol.asyncDispose]();
      await parts.dispose();
    },
  };
}

function invoke<M extends EngineMethodName>(
  methods: EngineMethods,
  method: M,
  params: ParamsOf<M>,
  context: CallContext,
): Promise<ResultOf<M>> {
  // The table pairs each name with its function; TypeScript can't follow that through a generic key.
  const run = methods[method] as unknown as (p: ParamsOf<M>, c: CallContext) => Promise<ResultOf<M>>;
  return run(params, context);
}
