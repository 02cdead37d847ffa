import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Places } from '@condock/protocol';
import {
  createLog,
  startServer,
  type DaemonServer,
  type StartServerOptions,
} from '../../packages/daemon/src/server/index.ts';
import { createFakeEngineHost, type FakeEngineHost, type FakeEngineOptions } from './fake-engine-host.ts';

export interface TestServer extends AsyncDisposable {
  server: DaemonServer;
  host: FakeEngineHost;
  places: Places;
  /** All that was logged so far. */
  logged(): string;
}

/** A server in this process around the fake engine, in a home of its own. */
export async function startTestServer(
  options: Partial<StartServerOptions> & { engine?: FakeEngineOptions; home?: string } = {},
): Promise<TestServer> {
  const { engine, home, ...rest } = options;
  const path = home ?? mkdtempSync(join(tmpdir(), 'cds-'));
  const places = {
    cache: join(path, 'cache'),
    config: join(path, 'config'),
    runtime: join(path, 'run'),
    logs: join(path, 'logs'),
  };
  const host = createFakeEngineHost(engine);
  const log = createLog({ directory: places.logs, level: 'debug' });
  const server = await startServer({ host, places, version: '1.2.3', log, ...rest });
  if (server.kind !== 'ready') throw new Error('another daemon lives in this home');
  return {
    server,
    host,
    places,
    logged: () => readFileSync(log.path, 'utf8'),
    [Symbol.asyncDispose]: async () => {
      host.release();
      await server[Symbol.asyncDispose]();
      log[Symbol.dispose]();
      if (home === undefined) rmSync(path, { recursive: true });
    },
  };
}
