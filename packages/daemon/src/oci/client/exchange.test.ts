import { connect as netConnect, createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { sha256Digest } from '../digest.ts';
import { answer, type Script, type ScriptedServer, startScriptedServer } from '../testing/scripted-server.ts';
import { createTestClient, gather } from '../testing/test-client.ts';

const blob = Buffer.from('the content');
const digest = sha256Digest(blob);
const open: AsyncDisposable[] = [];
const serve = async (script: Script, options = {}): Promise<ScriptedServer> => {
  const server = await startScriptedServer(script, options);
  open.push(server);
  return server;
};
const connect = (options: Parameters<typeof createTestClient>[0] = {}) => {
  const made = createTestClient(options);
  open.push(made);
  return made;
};
afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]();
});

describe('tries', () => {
  it('repeats what may pass, waits longer each time, and gives up after five', async () => {
    const server = await serve((_, response) => answer(response, 503, {}, '<html>oops</html>'));
    const { client, clock, events } = connect();
    const failure = client.headBlob({ host: server.host, name: 'a' }, digest);
    await expect(failure).rejects.toMatchObject({ code: 'registry-error', data: { host: server.host, status: 503 } });
    await expect(failure).rejects.not.toThrow(/html/);
    expect(server.seen.length).toBe(5);
    expect(clock.slept.length).toBe(4);
    expect(clock.slept[3]).toBeGreaterThan(clock.slept[0]!);
    expect(events.filter((e) => e.event === 'retry').length).toBe(4);
  });

  it('waits as long as the registry asks', async () => {
    let count = 0;
    const server = await serve((_, response) =>
      ++count === 1 ? answer(response, 429, { 'retry-after': '7' }) : answer(response, 404),
    );
    const { client, clock } = connect();
    expect(await client.headBlob({ host: server.host, name: 'a' }, digest)).toBeUndefined();
    expect(clock.slept.reduce((a, b) => a + b)).toBeGreaterThanOrEqual(7000);
  });

  it('does not wait for hours, and says for how long it would have to', async () => {
    const server = await serve((_, response) => answer(response, 429, { 'retry-after': '7200' }));
    const { client, clock } = connect();
    await expect(client.headBlob({ host: server.host, name: 'a' }, digest)).rejects.toMatchObject({
      code: 'rate-limited',
      data: { status: 429, retryAfterSeconds: 7200 },
    });
    expect(clock.slept).toEqual([]);
  });

  it('survives connections that are cut', async () => {
    let count = 0;
    const server = await serve((_, response) => {
      count += 1;
      if (count === 2 || count === 3) response.socket!.destroy();
      else answer(response, 200, {}, blob);
    });
    const { client } = connect();
    await client.ping(server.host);
    const body = await client.getBlob({ host: server.host, name: 'a' }, digest);
    expect((await gather(body!.chunks)).equals(blob)).toBe(true);
  });

  it('stops waiting as soon as it is told to', async () => {
    const server = await serve((_, response) => answer(response, 503));
    const controller = new AbortController();
    const { client } = connect({
      log: ({ event }) => {
        if (event === 'retry') controller.abort();
      },
    });
    const failure = client.headBlob({ host: server.host, name: 'a' }, digest, { signal: controller.signal });
    await expect(failure).rejects.toMatchObject({ code: 'cancelled' });
    expect(server.seen.length).toBe(1);
  });

  it('says of nobody that nobody is there', async () => {
    const { client } = connect();
    const server = await startScriptedServer(() => undefined);
    await server[Symbol.asyncDispose]();
    await expect(client.headBlob({ host: server.host, name: 'a' }, digest)).rejects.toMatchObject({
      code: 'unreachable',
      data: { host: server.host },
    });
  });

  it('gives up on a body that stalls', async () => {
    const server = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('x');
    });
    const { client } = connect({ timeouts: { bodyIdleMs: 50 } });
    const body = await client.getBlob({ host: server.host, name: 'a' }, digest);
    await expect(gather(body!.chunks)).rejects.toMatchObject({ code: 'timeout' });
  });

  it('does not take a body that ended early for the whole', async () => {
    const server = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('x', () => response.socket!.destroy());
    });
    const { client } = connect();
    const body = await client.getBlob({ host: server.host, name: 'a' }, digest);
    await expect(gather(body!.chunks)).rejects.toMatchObject({ code: 'unreachable', data: { host: server.host } });
  });
});

describe('redirects', () => {
  const credential = { kind: 'basic', username: 'u', secret: 's3cret', source: 'test' } as const;

  it('keep the secret at home', async () => {
    const other = await serve((_, response) => answer(response, 200, {}, blob), { address: '127.0.0.2' });
    const server = await serve((request, response) =>
      request.headers.authorization === undefined
        ? answer(response, 401, { 'www-authenticate': 'Basic realm="x"' })
        : answer(response, 307, { location: `${other.origin}/signed?sig=1` }),
    );
    const { client } = connect({ credential });
    const body = await client.getBlob({ host: server.host, name: 'a' }, digest, { offset: 4 });
    expect((await gather(body!.chunks)).equals(blob)).toBe(true);
    expect(server.seen.at(-1)!.headers.authorization).toBeDefined();
    expect(other.seen[0]!.headers.authorization).toBeUndefined();
    expect(other.seen[0]!.headers.range).toBe('bytes=4-');
  });

  it('start again at the registry where a signed address has expired', async () => {
    let links = 0;
    const other = await serve(
      (request, response) => (request.query.get('n') === '1' ? answer(response, 403) : answer(response, 200, {}, blob)),
      { address: '127.0.0.2' },
    );
    const server = await serve((_, response) => answer(response, 307, { location: `${other.origin}/?n=${++links}` }));
    const { client } = connect();
    const body = await client.getBlob({ host: server.host, name: 'a' }, digest);
    expect((await gather(body!.chunks)).equals(blob)).toBe(true);
    expect(server.seen.length).toBe(2);
  });

  it('end somewhere', async () => {
    const server = await serve((_, response) => answer(response, 302, { location: '/again' }));
    const { client } = connect();
    await expect(client.getBlob({ host: server.host, name: 'a' }, digest)).rejects.toMatchObject({
      code: 'registry-error',
    });
    expect(server.seen.length).toBeLessThan(10);
  });

  it('do not lead to addresses where the registry is not', async () => {
    const server = await serve((_, response) => answer(response, 307, { location: 'https://169.254.169.254/latest' }));
    const dialled: (string | undefined)[] = [];
    const { client } = connect({
      dial: (options) => {
        dialled.push(options.host);
        return netConnect(options);
      },
    });
    await expect(client.getBlob({ host: server.host, name: 'a' }, digest)).rejects.toMatchObject({ code: 'insecure' });
    expect(dialled).toEqual(['127.0.0.1']);
  });
});

describe('schemes', () => {
  it('do not give up TLS for hosts that are not loopback', async () => {
    const dialled: (number | undefined)[] = [];
    const { client } = connect({
      resolve: () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]),
      dial: (options) => {
        dialled.push('port' in options ? options.port : undefined);
        throw Object.assign(new Error('held'), { code: 'EHELD' });
      },
    });
    await expect(client.headBlob({ host: 'registry.example', name: 'a' }, digest)).rejects.toMatchObject({
      code: 'unreachable',
    });
    expect(dialled).toEqual([443]);
  });

  it('speak http to a host that the user marked', async () => {
    const server = await serve((_, response) => answer(response, 404));
    const { port } = new URL(server.origin);
    const host = `plain.example:${port}`;
    const { client } = connect({
      insecureHosts: [host],
      resolve: () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]),
    });
    expect(await client.headBlob({ host, name: 'a' }, digest)).toBeUndefined();
    expect(server.seen[0]!.headers.host).toBe(host);
  });

  it('do not believe that localhost is elsewhere', async () => {
    const { client } = connect({ resolve: () => Promise.resolve([{ address: '10.0.0.1', family: 4 }]) });
    await expect(client.headBlob({ host: 'localhost:5000', name: 'a' }, digest)).rejects.toMatchObject({
      code: 'insecure',
    });
  });

  it('stay at http where a first connection just breaks', async () => {
    let count = 0;
    const server = await serve((_, response) => {
      if (++count === 1) response.socket!.destroy();
      else answer(response, 404);
    });
    const { client } = connect();
    expect(await client.headBlob({ host: server.host, name: 'a' }, digest)).toBeUndefined();
  });
});

describe('answers that are none', () => {
  it('end in one sentence that shows none of their HTML and drives no terminal', async () => {
    const server = await serve((_, response) =>
      answer(response, 418, { 'content-type': 'text/html' }, '<html>\u001b[31mred</html>'),
    );
    const { client } = connect();
    await expect(client.getManifest({ host: server.host, name: 'a' }, 'b')).rejects.toMatchObject({
      code: 'registry-error',
      message: `Could not read the manifest oci://${server.host}/a:b: ${server.host} answered 418.`,
    });
  });

  it('quote what the registry says, shortened', async () => {
    const errors = [{ code: 'DENIED', message: `not for you${'!'.repeat(5000)}` }];
    const server = await serve((_, response) => answer(response, 403, {}, { errors }));
    const { client } = connect();
    const failure = await client.getManifest({ host: server.host, name: 'a' }, 'b').catch((e: unknown) => e as Error);
    expect(failure).toMatchObject({ code: 'denied', data: { status: 403, registryCode: 'DENIED' } });
    expect((failure as Error).message).toContain('not for you');
    expect((failure as Error).message.length).toBeLessThan(500);
  });

  it('may be no HTTP at all', async () => {
    const server = createServer((socket) => socket.end('SSH-2.0-OpenSSH\r\n')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { client } = connect();
    await expect(client.ping(host)).rejects.toMatchObject({ code: 'unreachable', data: { host } });
    server.close();
  });
});
