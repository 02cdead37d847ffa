import { randomBytes, randomUUID } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Places } from '@condock/protocol';
import { discover } from '../conda/environments/discover.ts';
import { createEnvironmentReader } from '../conda/environments/read-environment.ts';
import { watchEnvironment } from '../conda/environments/watch.ts';
import { createChannelIndex } from '../engine/channels/channel-index.ts';
import { createClientSetup } from '../engine/channels/client-setup.ts';
import type { UpdateParts } from '../engine/channels/document-update.ts';
import { createEngine } from '../engine/engine.ts';
import type { EngineHost } from '../engine/engine-host.ts';
import { Transfers } from '../engine/transfer/transfers.ts';
import { channelStateFile } from '../http/channel/channel-state.ts';
import { createChannelServer } from '../http/channel/start-channel-server.ts';
import { createRegistryClient } from '../oci/client.ts';
import { openStore } from '../store/open-store.ts';
import { createChannelMaps } from './channel-maps.ts';
import type { LogLine } from './worker-messages.ts';

export interface ComposeOptions {
  places: Places;
  env: Readonly<Record<string, string | undefined>>;
  version: string;
  log: (line: LogLine) => void;
  /** The loopback channel is open: the process has to stay. */
  busyChanged?: (busy: boolean) => void;
}
