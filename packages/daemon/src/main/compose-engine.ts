import { randomUUID } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Places } from '@condock/protocol';
import type { EngineHost } from '../engine/engine-host.ts';
import type { LogLine } from './worker-messages.ts';

export interface ComposeOptions {
  places: Places;
  env: Readonly<Record<string, string | undefined>>;
  version: string;
  log: (line: LogLine) => void;
}
