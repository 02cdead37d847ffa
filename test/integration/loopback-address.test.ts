import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectInProcess } from '@condock/client';
import { composeEngine } from '@condock/daemon';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openClient } from '../../packages/cli/src/open-client.ts';

const CHANNEL = 'https://conda.anaconda.org/conda-forge';

describe('the address of the loopback channel, which stands in the configuration of clients', () => {
  let home: string;
  let taker: Server | undefined;
  beforeEach(() => (home = mkdtempSync(join(tmpdir(), 'cda-'))));
  afterEach(async () => {
    await release();
    rmSync(home, { recursive: true });
  });

  const env = () => ({ PATH: process.env.PATH, HOME: home, CONDOCK_HOME: home });
  const remembered = (): unknown => JSON.parse(readFileSync(join(home, 'cache', 'channel.json'), 'utf8'));
  /** As the daemon has it, from its start to its end. */
  const engine = async () => {
    const [cache, config, runtime, logs] = ['cache', 'config', 'run', 'logs'].map((name) => join(home, name));
    const places = { cache: cache!, config: config!, runtime: runtime!, logs: logs! };
    const host = await composeEngine({ places, env: env(), version: '0', log: () => undefined });
    const client = connectInProcess(host, { version: '0', home });
    const close = async (): Promise<void> => {
      await client.close();
      await host[Symbol.asyncDispose]();
    };
    return { client, close, base: async () => (await client.request('channel/status', {})).base };
  };
  const take = async (base: string | null): Promise<void> => {
    taker = createServer().listen(Number(new URL(base ?? '').port), '127.0.0.1');
    await once(taker, 'listening');
  };
  const release = async (): Promise<void> => {
    const taken = taker;
    taker = undefined;
    if (taken !== undefined) await new Promise((resolve) => taken.close(resolve));
  };

  it('stays as it is whatever commands do without the daemon', async () => {
    const daemon = await engine();
    await daemon.client.request('channel/url', { channel: CHANNEL });
    const before = remembered();
    await using alone = await openClient({ noDaemon: true, env: env(), signal: new AbortController().signal });
    await alone.request('cache/status', {});
    for (const method of ['channel/serve', 'channel/stop', 'channel/status'] as const) {
      await expect(alone.request(method, {})).rejects.toMatchObject({ code: 'usage', hint: 'Leave out --no-daemon.' });
    }
    await expect(alone.request('channel/url', { channel: 'oci://localhost/c' })).rejects.toMatchObject({
      code: 'usage',
    });
    expect(remembered()).toEqual(before);
    await daemon.close();
  });

  it('is taken again at the next start, as soon as who is just ending has let go of it', async () => {
    const first = await engine();
    await first.client.request('channel/url', { channel: CHANNEL });
    const base = await first.base();
    await first.close();
    await take(base);
    const second = await engine();
    expect(await second.base()).toBeNull();
    await release();
    await expect.poll(second.base, { timeout: 10_000 }).toBe(base);
    await second.close();
  });

  it('is remembered though another program has its port, until somebody is told of another address', async () => {
    const first = await engine();
    await first.client.request('channel/url', { channel: CHANNEL });
    const [base, before] = [await first.base(), remembered()];
    await first.close();
    await take(base);
    const idle = await engine();
    expect(await idle.base()).toBeNull();
    await idle.close();
    expect(remembered()).toEqual(before);
    const second = await engine();
    const { url } = await second.client.request('channel/url', { channel: CHANNEL });
    const other = await second.base();
    expect(url).toBe(`${other ?? ''}/conda-forge`);
    expect(other).not.toBe(base);
    await second.close();
    await release();
    const third = await engine();
    expect(await third.base()).toBe(other);
    await third.close();
  });
});
