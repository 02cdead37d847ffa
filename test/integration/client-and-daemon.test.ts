import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connect, connectInProcess, listFiles, showEnvironment, type Client } from '@condock/client';
import { LIMITS, type ProgressValue } from '@condock/protocol';
import { createFakeEngineHost, type FakeEngineHost } from '../support/fake-engine-host.ts';
import { startTestServer } from '../support/test-server.ts';

interface Side extends AsyncDisposable {
  client: Client;
  host: FakeEngineHost;
}

const SECRET = 'hunter2-hunter2';

async function overSocket(): Promise<Side> {
  const home = mkdtempSync(join(tmpdir(), 'cdi-'));
  const daemon = await startTestServer({ home, engine: { packages: 250 } });
  const client = await connect({ start: false, places: daemon.places, client: { name: 'test', version: '0' } });
  return {
    client,
    host: daemon.host,
    [Symbol.asyncDispose]: async () => {
      await client.close();
      await daemon[Symbol.asyncDispose]();
      rmSync(home, { recursive: true });
    },
  };
}

function inProcess(): Promise<Side> {
  const host = createFakeEngineHost({ packages: 250 });
  const client = connectInProcess(host, { version: '1.2.3', home: '/h' });
  return Promise.resolve({ client, host, [Symbol.asyncDispose]: () => client.close() });
}

// Whatever holds for one transport holds for the other.
describe.each([
  ['over a socket', overSocket],
  ['in one process', inProcess],
])('a client %s', (_, open) => {
  let side: Side;
  let client: Client;
  let host: FakeEngineHost;
  beforeEach(async () => {
    side = await open();
    ({ client, host } = side);
  });
  afterEach(() => side[Symbol.asyncDispose]());

  it('answers pings and says what it is', async () => {
    expect(await client.request('daemon/ping', {})).toEqual({});
    expect(await client.request('daemon/status', {})).toMatchObject({ version: '1.2.3', pid: process.pid, clients: 1 });
  });

  it('puts the pages of a listing together', async () => {
    const seen: number[] = [];
    const listing = await showEnvironment(
      client,
      { path: '/e' },
      { onPage: (page) => seen.push(page.environments[0]?.packages.length ?? 0) },
    );
    expect(seen).toEqual([100, 100, 50]);
    expect(listing.environments.map((e) => e.packages.length)).toEqual([250]);
    expect(listing.environments[0]?.packages[249]?.name).toBe('package-249');
    expect(listing.warnings).toEqual(['one record was unreadable']);
    await expect(listFiles(client, { target: 'oci://h/c' })).rejects.toMatchObject({ code: 'not-found' });
  });

  it('refuses parameters that are not as the schema says, without asking the engine', async () => {
    const wrong = { path: 7 } as unknown as { path: string };
    const error = await client.request('env/show', wrong).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'usage', data: { method: 'env/show', at: 'params.path' } });
    const unknown = client.request('no/such' as 'cache/status', {});
    await expect(unknown).rejects.toMatchObject({ code: 'unknown-method' });
    const inherited = client.request('constructor' as 'cache/status', {});
    await expect(inherited).rejects.toMatchObject({ code: 'unknown-method' });
    expect(host.calls).toEqual([]);
  });

  it('drops members that it does not know, so that a newer client can ask an older daemon', async () => {
    const newer = { path: '/e', later: true } as { path: string };
    await client.request('env/watch', newer);
    expect(host.calls[0]?.params).toEqual({ path: '/e' });
  });

  it('reports progress at a bounded rate, its begin first and its end last', async () => {
    const values: ProgressValue[] = [];
    const answer = client.request('prefetch/run', { path: '/e' }, { onProgress: (value) => values.push(value) });
    await until(() => host.running === 1 && values.length > 0);
    host.release();
    expect(await answer).toMatchObject({ fetched: 1 });
    expect(values[0]).toEqual({ kind: 'begin', title: 'Prefetch' });
    expect(values.at(-1)).toEqual({ kind: 'end' });
    // A thousand were made in one go: the first leaves at once, the last with the end.
    expect(values.slice(1, -1)).toEqual([
      { kind: 'report', done: { bytes: 1 } },
      { kind: 'report', done: { bytes: 1000 } },
    ]);
  });

  it('cancels at once, and the engine hears of it', async () => {
    const controller = new AbortController();
    const answer = client.request('prefetch/run', { path: '/e' }, { signal: controller.signal });
    await until(() => host.running === 1);
    controller.abort();
    await expect(answer).rejects.toMatchObject({ code: 'cancelled' });
    await until(() => host.running === 0);
    await expect(client.request('cache/status', {}, { signal: controller.signal })).rejects.toMatchObject({
      code: 'cancelled',
    });
  });

  it('hears notifications that are for it, until it stops listening', async () => {
    await client.request('env/watch', { path: '/e' });
    const mine = host.calls[0]?.connection;
    const heard: string[] = [];
    const listening = client.onNotification('env/didChange', ({ path }) => heard.push(path));
    host.notify('env/didChange', { path: 'everybody' }, undefined);
    host.notify('env/didChange', { path: 'mine' }, mine);
    host.notify('env/didChange', { path: 'another' }, 'c999');
    await client.request('daemon/ping', {});
    expect(heard).toEqual(['everybody', 'mine']);
    listening[Symbol.dispose]();
    host.notify('env/didChange', { path: 'late' }, undefined);
    await client.request('daemon/ping', {});
    expect(heard).toEqual(['everybody', 'mine']);
  });

  it('rejects what is under way when it is closed, and the engine forgets it', async () => {
    const answer = client.request('prefetch/run', { path: '/e' });
    await until(() => host.running === 1);
    const rejected = expect(answer).rejects.toMatchObject({ code: 'daemon-unavailable' });
    await client.close();
    await rejected;
    expect(client.status).toBe('closed');
    await until(() => host.closed.length === 1 && host.running === 0);
    await expect(client.request('daemon/ping', {})).rejects.toMatchObject({ code: 'daemon-unavailable' });
  });
});

describe('the wire between client and daemon', () => {
  it('carries the code, sentence and hint of an error, and neither cause nor secret; nor does the log', async () => {
    const daemon = await startTestServer();
    const client = await connect({ start: false, places: daemon.places, client: { name: 'test', version: '0' } });
    const offer = { identity: 'me', host: 'h', secret: SECRET };
    await client.request('session/offer', offer);
    // A host's own sentence may hold what it likes; what goes through redact() is what a cause says.
    const error = await client
      .request('session/login', { host: 'h', secret: `password=${SECRET}` })
      .catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'internal', hint: expect.stringContaining('condock daemon log') as string });
    expect(JSON.stringify(error)).not.toContain(SECRET);
    const logged = daemon.logged();
    expect(logged).toContain('session/login');
    expect(logged).not.toContain(SECRET);
    expect(logged).not.toContain(daemon.server.registration.token);
    await client.close();
    await daemon[Symbol.asyncDispose]();
  });

  it('refuses a request and an answer that are too large, and goes on', async () => {
    const daemon = await startTestServer();
    const client = await connect({ start: false, places: daemon.places, client: { name: 'test', version: '0' } });
    const large = { path: 'x'.repeat(LIMITS.requestBytes) };
    await expect(client.request('env/watch', large)).rejects.toMatchObject({ code: 'too-large' });
    await expect(client.request('cache/export', { directory: '/d' })).rejects.toMatchObject({ code: 'too-large' });
    expect(await client.request('daemon/ping', {})).toEqual({});
    await client.close();
    await daemon[Symbol.asyncDispose]();
  });
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
