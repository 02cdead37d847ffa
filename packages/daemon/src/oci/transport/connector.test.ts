import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Certificate, createCertificate } from '../../../../../test/support/misbehaving-registry/certificate.ts';
import { sha256Digest } from '../digest.ts';
import {
  answer,
  type ScriptedServer,
  type ScriptedServerOptions,
  startScriptedServer,
} from '../testing/scripted-server.ts';
import { createTestClient } from '../testing/test-client.ts';
import { trustedAuthorities } from './tls.ts';

const digest = sha256Digest(Buffer.from('x'));
const loopback = () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]);
const open: AsyncDisposable[] = [];
let certificate: Certificate;
let folder: string;

beforeAll(async () => {
  certificate = await createCertificate(['registry.example', 'proxy.example']);
  folder = mkdtempSync(join(tmpdir(), 'condock-tls-'));
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

const serve = async (options: ScriptedServerOptions = {}): Promise<ScriptedServer> => {
  const server = await startScriptedServer((_, response) => answer(response, 404), options);
  open.push(server);
  return server;
};
const ask = async (host: string, options: Parameters<typeof createTestClient>[0]) => {
  const made = createTestClient(options);
  open.push(made);
  return made.client.headBlob({ host, name: 'a' }, digest);
};

describe('TLS', () => {
  it('is found out for loopback hosts, once', async () => {
    const server = await serve({ tls: certificate });
    const made = createTestClient({ ca: certificate.cert });
    open.push(made);
    expect(await made.client.headBlob({ host: server.host, name: 'a' }, digest)).toBeUndefined();
    expect(await made.client.headBlob({ host: server.host, name: 'a' }, digest)).toBeUndefined();
    expect(made.events.filter((e) => e.event === 'scheme')).toEqual([
      { event: 'scheme', host: server.host, scheme: 'https' },
    ]);
    expect(server.seen.length).toBe(2);
  });

  it('trusts what NODE_EXTRA_CA_CERTS, SSL_CERT_FILE and the caller name, and nobody else', async () => {
    const server = await serve({ tls: certificate });
    const port = new URL(server.origin).port;
    const host = `registry.example:${port}`;
    const file = join(folder, 'ca.pem');
    writeFileSync(file, certificate.cert);
    for (const trust of [
      { ca: certificate.cert },
      { env: { NODE_EXTRA_CA_CERTS: file } },
      { env: { SSL_CERT_FILE: file } },
    ]) {
      expect(await ask(host, { resolve: loopback, ...trust })).toBeUndefined();
    }
    await expect(ask(host, { resolve: loopback })).rejects.toMatchObject({
      code: 'unreachable',
      hint: expect.stringContaining('NODE_EXTRA_CA_CERTS') as string,
    });
    await expect(ask(`other.example:${port}`, { resolve: loopback, ca: certificate.cert })).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining('ALTNAME') as string,
    });
  });

  it('says which file of certificates is of no use', () => {
    const read = (path: string): string => {
      if (path === '/none') throw new Error('ENOENT');
      return 'no certificate';
    };
    for (const path of ['/none', '/text']) {
      expect(() => trustedAuthorities({ env: { SSL_CERT_FILE: path }, readFile: read })).toThrow(
        expect.objectContaining({ code: 'config-invalid', message: expect.stringContaining(path) as string }),
      );
    }
    expect(trustedAuthorities({ env: { SSL_CERT_FILE: '' } })).toBeUndefined();
  });
});

describe('a proxy', () => {
  interface Proxy extends AsyncDisposable {
    host: string;
    asked: { authority: string; authorization: string | undefined }[];
  }

  const startProxy = async (options: { tls?: Certificate; refuse?: number; to: string }): Promise<Proxy> => {
    const asked: Proxy['asked'] = [];
    const server = options.tls === undefined ? createServer() : createTlsServer(options.tls);
    const sockets = new Set<Socket>();
    server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => undefined)));
    server.on('connect', (request: IncomingMessage, socket: Socket) => {
      asked.push({ authority: request.url ?? '', authorization: request.headers['proxy-authorization'] });
      socket.on('error', () => undefined);
      if (options.refuse !== undefined) {
        socket.end(`HTTP/1.1 ${String(options.refuse)} No\r\ncontent-length: 0\r\n\r\n`);
        return;
      }
      const [address = '', port = ''] = options.to.split(':');
      const upstream = connect(Number(port), address, () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        socket.pipe(upstream).pipe(socket);
      });
      sockets.add(upstream.on('error', () => undefined));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const proxy: Proxy = {
      host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
      asked,
      [Symbol.asyncDispose]: async () => {
        for (const socket of sockets) socket.destroy();
        server.close();
        await once(server, 'close');
      },
    };
    open.push(proxy);
    return proxy;
  };

  it('is tunnelled through, with its login, and gets no name looked up before', async () => {
    const server = await serve({ tls: certificate });
    const proxy = await startProxy({ to: server.host });
    const env = { HTTPS_PROXY: `http://me:s%40crt@${proxy.host}` };
    const names: string[] = [];
    const resolve = (name: string) => {
      names.push(name);
      return loopback();
    };
    expect(await ask('registry.example', { env, resolve, ca: certificate.cert })).toBeUndefined();
    const authorization = `Basic ${Buffer.from('me:s@crt').toString('base64')}`;
    expect(proxy.asked).toEqual([{ authority: 'registry.example:443', authorization }]);
    expect(server.seen[0]!.headers).toMatchObject({ host: 'registry.example' });
    expect(server.seen[0]!.headers['proxy-authorization']).toBeUndefined();
    expect(names).toEqual([]);
  });

  it('may be spoken to over TLS, and reaches plain hosts too', async () => {
    const server = await serve();
    const proxy = await startProxy({ to: server.host, tls: certificate });
    const env = { http_proxy: `https://${proxy.host}` };
    const insecureHosts = ['plain.example:5000'];
    expect(await ask('plain.example:5000', { env, insecureHosts, ca: certificate.cert })).toBeUndefined();
    expect(proxy.asked.map((a) => a.authority)).toEqual(['plain.example:5000']);
  });

  it('that refuses is named, without its password', async () => {
    const proxy = await startProxy({ to: '', refuse: 407 });
    const failure = ask('registry.example', { env: { HTTPS_PROXY: `http://me:hunter2@${proxy.host}` } });
    await expect(failure).rejects.toMatchObject({
      code: 'unreachable',
      hint: expect.stringContaining('login') as string,
    });
    await expect(failure).rejects.toThrow(proxy.host);
    await expect(failure).rejects.not.toThrow(/hunter2/);
  });

  it('is not asked for loopback', async () => {
    const server = await serve();
    const proxy = await startProxy({ to: server.host });
    const url = `http://${proxy.host}`;
    expect(await ask(server.host, { env: { HTTP_PROXY: url, HTTPS_PROXY: url } })).toBeUndefined();
    expect(proxy.asked).toEqual([]);
  });

  it('is told of no address where the registry may not send its clients', async () => {
    const server = await startScriptedServer(
      (_, response) => answer(response, 307, { location: 'https://10.0.0.1/x' }),
      { tls: certificate },
    );
    open.push(server);
    const proxy = await startProxy({ to: server.host });
    const env = { HTTPS_PROXY: `http://${proxy.host}` };
    await expect(ask('registry.example', { env, ca: certificate.cert })).rejects.toMatchObject({ code: 'insecure' });
    expect(proxy.asked.map((a) => a.authority)).toEqual(['registry.example:443']);
  });
});

describe('connections', () => {
  it('are used again, after HEAD too', async () => {
    const server = await serve();
    const made = createTestClient();
    open.push(made);
    for (let i = 0; i < 5; i += 1) await made.client.headBlob({ host: server.host, name: 'a' }, digest);
    // The second comes where a request is faster than the end of the answer before it.
    expect(server.connections()).toBeLessThanOrEqual(2);
  });

  it('are no more than allowed', async () => {
    const server = await serve();
    const made = createTestClient({ connectionsPerHost: 3 });
    open.push(made);
    await Promise.all(Array.from({ length: 50 }, () => made.client.headBlob({ host: server.host, name: 'a' }, digest)));
    expect(server.connections()).toBeLessThanOrEqual(3);
  });

  it('that do not come about in time end in a timeout', async () => {
    await expect(
      ask('127.0.0.1:1', { timeouts: { connectMs: 20 }, dial: connectionThatNeverComes }),
    ).rejects.toMatchObject({
      code: 'timeout',
    });
  });
});

/** A socket that is never connected. */
function connectionThatNeverComes(): Socket {
  return connect({ host: 'never.example', port: 1, lookup: () => undefined });
}
