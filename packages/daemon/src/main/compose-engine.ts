import { randomUUID } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { asCallerSees, type NotificationName, type NotificationParams, type Places } from '@condock/protocol';
import { discover } from '../conda/environments/discover.ts';
import { createEnvironmentReader } from '../conda/environments/read-environment.ts';
import { watchEnvironment } from '../conda/environments/watch.ts';
import { createCredentials, systemKeychain } from '../credentials/index.ts';
import { createChannelIndex } from '../engine/channels/channel-index.ts';
import { createClientSetup } from '../engine/channels/client-setup.ts';
import type { UpdateParts } from '../engine/channels/document-update.ts';
import { createEngine } from '../engine/engine.ts';
import type { EngineHost } from '../engine/engine-host.ts';
import { Transfers } from '../engine/transfer/transfers.ts';
import { channelElsewhere } from '../http/channel/channel-elsewhere.ts';
import { channelStateFile } from '../http/channel/channel-state.ts';
import { createChannelServer } from '../http/channel/start-channel-server.ts';
import { createRegistryClient } from '../oci/client.ts';
import type { BlobStore } from '../store/blob-store.ts';
import { Debounce } from '../store/debounce.ts';
import { openStore } from '../store/open-store.ts';
import { createConfiguration } from './configuration.ts';
import { lazyStore } from './lazy-store.ts';
import type { LogLine } from './worker-messages.ts';

export interface ComposeOptions {
  places: Places;
  env: Readonly<Record<string, string | undefined>>;
  version: string;
  log: (line: LogLine) => void;
  /** The loopback channel is open, or closed again: the process has to stay, or need not. */
  busyChanged?: (busy: boolean) => void;
  /** Open the store only when something needs it. Default false: it is opened at once, and composing fails where it can't be. */
  lazyStore?: boolean;
  /** False for a process that ends with its one command, which leaves the loopback channel to the daemon. Default true. */
  channel?: boolean;
}

/** Milliseconds in which changes of the store are gathered: a prefetch makes hundreds in a second. */
const STORE_CHANGES = { quiet: 300, atMost: 2000 };

/** An engine of real parts: this user's store, credentials, configuration and registries. */
export function composeEngine(options: ComposeOptions): Promise<EngineHost> {
  const { places, env, version } = options;
  const home = homedir();
  const platform = process.platform;
  const now = (): number => performance.now();
  const warn = (message: string): void => options.log({ level: 'warn', message });
  const configuration = createConfiguration({ places, env, homedir: home, platform, warn });
  const settings = configuration.settings();

  let notify: <N extends NotificationName>(name: N, params: NotificationParams<N>) => void = () => undefined;
  const storeChanged = new Debounce(() => notify('cache/didChange', {}), STORE_CHANGES);
  const root = join(places.cache, 'store');
  const open = (): BlobStore =>
    openStore({ root, quota: settings.quota, log: options.log, onChange: () => storeChanged.request() });
  const store = options.lazyStore === true ? lazyStore(root, open) : open();
  const credentials = createCredentials({
    env,
    homedir: home,
    platform,
    uid: process.getuid?.(),
    configDir: places.config,
    keychain: systemKeychain({ env, now }),
  });
  const registry = createRegistryClient({
    credentials,
    insecureHosts: settings.insecureHosts,
    env,
    userAgent: `condock/${version}`,
    log: ({ event, ...facts }) => options.log({ level: 'info', message: `registry: ${event}`, facts }),
  });
  const sleep = async (milliseconds: number, signal?: AbortSignal): Promise<void> => {
    await delay(milliseconds, undefined, signal === undefined ? {} : { signal });
  };
  const update: UpdateParts = { registry, now: () => new Date(), sleep, random: Math.random };
  const transfers = new Transfers({ registry, store, sleep });
  const channelServer =
    options.channel === false
      ? channelElsewhere()
      : createChannelServer({
          registry,
          store,
          transfers,
          mapFor: configuration.mapFor,
          state: channelStateFile(join(places.cache, 'channel.json')),
          now,
          sleep,
          log: warn,
          busyChanged: options.busyChanged ?? (() => undefined),
        });
  const engine = createEngine({
    registry,
    store,
    transfers,
    channelIndex: createChannelIndex({
      ...update,
      changed: (channel) => {
        channelServer.changed(channel);
        notify('channel/didChange', { channel });
      },
    }),
    sessions: { credentials, registry },
    channels: {
      registry,
      store,
      update,
      server: channelServer,
      setup: createClientSetup({ homedir: home, env, platform }),
      mapFor: configuration.mapFor,
    },
    read: createEnvironmentReader(),
    discover: ({ folders, machine, variables }) =>
      discover({ folders, machine, env: asCallerSees(env, variables), homedir: home, platform }),
    mapFor: configuration.mapFor,
    configWarnings: () => configuration.settings().warnings,
    watch: (path, onChange) => watchEnvironment(path, onChange, { onError: (error) => warn(error.message) }),
    now,
    random: randomUUID,
    dispose: async () => {
      storeChanged.cancel();
      await channelServer[Symbol.asyncDispose]();
      await registry.close();
      credentials[Symbol.dispose]();
      await store[Symbol.asyncDispose]();
    },
  });
  notify = engine.notify;
  return channelServer.resume().then(
    () => engine,
    (error: unknown) => {
      warn(`The loopback channel could not be opened again: ${error instanceof Error ? error.message : String(error)}`);
      return engine;
    },
  );
}
