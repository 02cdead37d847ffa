import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connect, createReconnectingClient, nodeCommand, type ReconnectingClient } from '@condock/client';
import { LIMITS, PROTOCOL_VERSION } from '@condock/protocol';
import { startServer } from '../../packages/daemon/src/server/index.ts';
import { register } from '../../packages/daemon/src/server/registrations.ts';
import { bundleProgram } from '../support/bundle.ts';
import { createManualTimers } from '../support/manual-timers.ts';
import { createTemporaryHome, hasEnded, type TemporaryHome } from '../support/temporary-home.ts';
import { startTestServer } from '../support/test-server.ts';

const client = { name: 'test', version: '0' };

describe('a client that outlives its daemon', () => {
  let directory: string;
  let script: string;
  let home: TemporaryHome;
  let reconnecting: ReconnectingClient;
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'cdk-bundle-'));
    script = await bundleProgram(fileURLToPath(new URL('../support/tiny-daemon.ts', import.meta.url)), directory, 'd');
  });
  afterAll(() => {
    rmSync(directory, { recursive: true });
  });
  beforeEach(() => {
    home = createTemporaryHome();
    reconnecting = createReconnectingClient(() =>
      connect({ client, env: home.env, daemonCommand: nodeCommand(script) }),
    );
  });
  afterEach(async () => {
    await reconnecting.close();
    await home[Symbol.asyncDispose]();
  });

  it('gets an error for the call under way, and a new daemon with the next', async () => {
    const { pid } = await reconnecting.request('daemon/status', {});
    const statuses: string[] = [];
    reconnecting.onStatus((status) => statuses.push(status));
    let again = 0;
    reconnecting.onReconnected(() => (again += 1));
    const underWay = reconnecting.request('prefetch/run', { path: '/e' });
    const rejected = expect(underWay).rejects.toMatchObject({ code: 'daemon-unavailable' });
    await reconnecting.request('daemon/ping', {});
    process.kill(pid, 'SIGKILL');
    await rejected;
    await hasEnded(pid);
    const next = await reconnecting.request('daemon/status', {});
    expect(next.pid).not.toBe(pid);
    expect(statuses).toEqual(['disconnected', 'connected']);
    expect(again).toBe(1);
  });

  it('shares one new connection among all calls that come at once', async () => {
    const statuses = await Promise.all(Array.from({ length: 5 }, () => reconnecting.request('daemon/status', {})));
    expect(new Set(statuses.map((s) => s.pid)).size).toBe(1);
    expect((await reconnecting.request('daemon/status', {})).clients).toBe(1);
  });

  it('moves to a successor when its daemon drains', async () => {
    const { pid } = await reconnecting.request('daemon/stop', {});
    await hasEnded(pid);
    expect((await reconnecting.request('daemon/status', {})).pid).not.toBe(pid);
    expect(await home.living()).toHaveLength(1);
  });
});

describe('the end of a daemon', () => {
  it('comes when it has been idle long enough, counted anew after every client and job', async () => {
    const timers = createManualTimers();
    const daemon = await startTestServer({ timers });
    const { server, host, places } = daemon;
    let ended = false;
    void server.ended.then(() => (ended = true));
    timers.pass(LIMITS.idleMs - 1);
    const peer = await connect({ client, start: false, places });
    timers.pass(2 * LIMITS.idleMs);
    expect(await peer.request('daemon/ping', {})).toEqual({});
    const job = peer.request('prefetch/run', {}).catch(() => undefined);
    await until(() => host.running === 1);
    await peer.close();
    await job;
    await until(() => server.status().clients === 0 && server.status().jobs === 0);
    timers.pass(LIMITS.idleMs - 1);
    await turn();
    expect(ended).toBe(false);
    timers.pass(1);
    expect(await server.ended).toBe('idle');
    await daemon[Symbol.asyncDispose]();
  });

  it('waits while something else is busy', async () => {
    const timers = createManualTimers();
    let busy = true;
    const daemon = await startTestServer({ timers, busy: () => busy });
    timers.pass(5 * LIMITS.idleMs);
    expect(daemon.server.status().draining).toBe(false);
    busy = false;
    timers.pass(LIMITS.idleMs);
    expect(await daemon.server.ended).toBe('idle');
    await daemon[Symbol.asyncDispose]();
  });

  it('by drain lets jobs end and says so, and takes nothing new', async () => {
    const daemon = await startTestServer();
    const { host, places, server } = daemon;
    const worker = await connect({ client, start: false, places });
    const statuses: string[] = [];
    worker.onStatus((status) => statuses.push(status));
    const job = worker.request('prefetch/run', {});
    await until(() => host.running === 1);
    expect(await worker.request('daemon/stop', {})).toEqual({ pid: process.pid });
    await expect(worker.request('cache/status', {})).rejects.toMatchObject({ code: 'draining' });
    await expect(connect({ client, start: false, places })).rejects.toMatchObject({ code: 'daemon-unavailable' });
    expect(await worker.request('daemon/status', {})).toMatchObject({ draining: true, jobs: 1 });
    host.release();
    expect(await job).toMatchObject({ fetched: 1 });
    expect(await server.ended).toBe('stopped');
    await until(() => worker.status === 'closed');
    expect(statuses).toEqual(['draining', 'closed']);
    await daemon[Symbol.asyncDispose]();
  });

  it('by force answers what was under way with cancelled', async () => {
    const daemon = await startTestServer();
    const worker = await connect({ client, start: false, places: daemon.places });
    const job = expect(worker.request('prefetch/run', {})).rejects.toMatchObject({ code: 'cancelled' });
    await until(() => daemon.host.running === 1);
    await worker.request('daemon/stop', { force: true });
    await job;
    await daemon.server.ended;
    await daemon[Symbol.asyncDispose]();
  });
});

describe('a daemon of another protocol', () => {
  let older: Awaited<ReturnType<typeof startTestServer>>;
  let home: string;
  beforeEach(async () => {
    home = mkdtempSync(join(tmpdir(), 'cdo-'));
    older = await startTestServer({ home });
  });
  afterEach(async () => {
    await older[Symbol.asyncDispose]();
    rmSync(home, { recursive: true });
  });
  /** The living daemon registered anew, as one that speaks another protocol. */
  const registerAs = (major: number, minor: number) => {
    const { registration, generation } = older.server;
    return register(older.places.runtime, generation + 1, { ...registration, protocol: { major, minor } });
  };
  const startAnother = () => startServer({ host: older.host, places: older.places, version: '2', log: silent });

  it('is asked to give way if it is older, and goes on with its jobs beside its successor', async () => {
    const worker = await connect({ client, start: false, places: older.places });
    const job = worker.request('prefetch/run', {});
    await until(() => older.host.running === 1);
    await registerAs(PROTOCOL_VERSION.major - 1, 9);
    const newer = await startAnother();
    expect(newer).toMatchObject({ kind: 'ready', generation: older.server.generation + 2 });
    expect(older.server.status()).toMatchObject({ draining: true, jobs: 1 });
    const next = await connect({ client, start: false, places: older.places });
    expect(next.daemon.version).toBe('2');
    older.host.release();
    expect(await job).toMatchObject({ fetched: 1 });
    await older.server.ended;
    await next.close();
    if (newer.kind === 'ready') await newer.stop();
  });

  it('is attached to if it has the same major and at least our minor', async () => {
    await registerAs(PROTOCOL_VERSION.major, PROTOCOL_VERSION.minor + 1);
    expect(await startAnother()).toMatchObject({ kind: 'attached' });
    expect(older.server.status().draining).toBe(false);
  });

  it('is left alone if it is newer, and the starter says so', async () => {
    await registerAs(PROTOCOL_VERSION.major + 1, 0);
    await expect(startAnother()).rejects.toMatchObject({ code: 'protocol-mismatch' });
    expect(older.server.status().draining).toBe(false);
  });
});

const silent = {
  path: '/dev/null',
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  [Symbol.dispose]: () => undefined,
};

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn();
}
