import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createReconnectingClient } from '@condock/client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type BuiltPackage, buildPackages, buildPixiLock } from '../support/packages/index.ts';
import { hasEnded } from '../support/temporary-home.ts';
import { type CondockHome, createCondockHome, daemonCommand } from './support/condock.ts';

const CHANNEL = 'https://conda.anaconda.org/silent';

describe('a client whose daemon dies', () => {
  let folder: string;
  let lock: string;
  let silent: Server;
  let home: CondockHome;
  let asked: Promise<unknown>;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'condock-death-'));
    const packages: BuiltPackage[] = await buildPackages([{ name: 'foo' }], folder);
    lock = join(folder, 'pixi.lock');
    await writeFile(lock, buildPixiLock(packages, { channelUrl: CHANNEL, platform: 'linux-64', version: 6 }));
  });
  afterAll(() => rm(folder, { recursive: true }));
  beforeEach(async () => {
    // A registry that never answers: so that calls are under way when the daemon dies.
    silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    asked = once(silent, 'request');
    const address = silent.address();
    home = createCondockHome();
    const port = typeof address === 'object' ? String(address?.port) : '';
    await home.configure(`[mirrors]\n"${CHANNEL}" = ["oci://127.0.0.1:${port}/silent"]\n`);
  });
  afterEach(async () => {
    await home[Symbol.asyncDispose]();
    silent.closeAllConnections();
    silent.close();
  });

  it('hears of it at once, with all its calls, and finds a new daemon with its next one', async () => {
    const client = createReconnectingClient(() =>
      connect({ client: { name: 'survivor', version: '0' }, env: home.env, daemonCommand }),
    );
    try {
      const first = await client.request('daemon/status', {});
      const calls = [
        client.request('prefetch/run', { path: lock }),
        client.request('env/show', { path: lock }),
        client.request('package/inspect', { target: `${CHANNEL}/noarch/foo-1.0-0.conda` }),
      ].map(async (call) => {
        const error: unknown = await call.then(
          () => 'an answer, which cannot be',
          (thrown: unknown) => thrown,
        );
        return { error, at: performance.now() };
      });
      await asked;
      process.kill(first.pid, 'SIGKILL');
      await hasEnded(first.pid);
      const died = performance.now();
      for (const { error, at } of await Promise.all(calls)) {
        expect(error).toMatchObject({ code: 'daemon-unavailable', hint: expect.any(String) as string });
        expect(at - died).toBeLessThan(1000);
      }
      const second = await client.request('daemon/status', {});
      expect(second.pid).not.toBe(first.pid);
      expect(await home.living()).toEqual([second.pid]);
    } finally {
      await client.close();
    }
  });

  it('on the command line says it, exits with 1, and works again with the next command', async () => {
    const running = home.start(['prefetch', lock]);
    await asked;
    const [pid] = await home.living();
    process.kill(pid!, 'SIGKILL');
    await hasEnded(pid!);
    const died = performance.now();
    const { code, stderr } = await running.result;
    expect(performance.now() - died).toBeLessThan(1000);
    expect(code).toBe(1);
    expect(stderr).toContain('The daemon went away');
    const status = (await home.succeed(['cache', 'status', '--json'])).json();
    expect(status).toMatchObject({ blobs: 0 });
    expect(await home.living()).not.toContain(pid);
  });

  it('is not disturbed by a daemon that ends as it should', async () => {
    const client = createReconnectingClient(() =>
      connect({ client: { name: 'survivor', version: '0' }, env: home.env, daemonCommand }),
    );
    try {
      const { pid } = await client.request('daemon/stop', {});
      await hasEnded(pid);
      const next = await client.request('daemon/status', {});
      expect(next.pid).not.toBe(pid);
    } finally {
      await client.close();
    }
  });
});
