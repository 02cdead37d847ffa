import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTemporaryHome, type TemporaryHome } from '../../../../test/support/temporary-home.ts';
import { startTestServer, type TestServer } from '../../../../test/support/test-server.ts';
import { createDaemon, type Daemon } from './daemon.ts';

const log = { info: () => undefined, error: () => undefined };
const refusal = {
  code: 'config-invalid',
  message: expect.stringContaining('condock.nodePath (/nowhere/node)') as string,
};

describe('a setting condock.nodePath that can not be used', () => {
  let home: TemporaryHome;
  let daemon: Daemon;
  let running: TestServer | undefined;
  beforeEach(() => {
    home = createTemporaryHome();
    const nodePath = (): string => '/nowhere/node';
    daemon = createDaemon({ script: '/nowhere/condockd.js', version: '1.2.3', nodePath, log, env: home.env });
  });
  afterEach(async () => {
    daemon.dispose();
    await running?.[Symbol.asyncDispose]();
    running = undefined;
    await home[Symbol.asyncDispose]();
  });

  it('does not matter where a daemon runs', async () => {
    running = await startTestServer({ places: home.places });
    expect(await daemon.request('daemon/ping', {})).toEqual({});
    expect((await daemon.request('daemon/status', {})).pid).toBe(process.pid);
  });

  it('is complained about where a daemon has to be started', async () => {
    await expect(daemon.request('daemon/ping', {})).rejects.toMatchObject(refusal);
  });

  it('is complained about before a daemon is asked to end for another', async () => {
    running = await startTestServer({ places: home.places });
    await daemon.request('daemon/ping', {});
    await expect(daemon.restart()).rejects.toMatchObject(refusal);
    expect(running.server.status().draining).toBe(false);
    expect(await daemon.request('daemon/ping', {})).toEqual({});
  });
});
