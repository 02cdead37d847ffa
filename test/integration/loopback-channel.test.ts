import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRegistry } from '@condock/daemon';
import { type CountingProxy, startCountingProxy } from '../interop/support/counting-proxy.ts';
import { type FullStack, startFullStack } from '../support/full-stack.ts';
import { type BuiltPackage, buildPackages } from '../support/packages/index.ts';

interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

describe('the loopback channel, on Node alone', () => {
  let stack: FullStack;
  let registry: Awaited<ReturnType<typeof startRegistry>>;
  let door: CountingProxy;
  let built: BuiltPackage[];
  let channel: string;
  /** http://127.0.0.1:PORT/SECRET/ours */
  let url: string;

  beforeAll(async () => {
    stack = await startFullStack();
    registry = await startRegistry({ directory: join(stack.folder, 'registry') });
    door = await startCountingProxy(registry.host);
    channel = `oci://${door.host}/ours`;
    built = await buildPackages(
      [
        { name: 'small', subdir: 'linux-64', runExports: { weak: ['small'] } },
        { name: 'large', noarch: 'generic', files: { 'share/large.bin': noise(4_000_000) } },
        { name: 'later', noarch: 'generic' },
        { name: 'unasked', noarch: 'generic' },
      ],
      stack.folder,
    );
    await publish(built[0]!, built[1]!, built[3]!);
    url = (await stack.client.request('channel/url', { channel })).url;
  });
  afterAll(async () => {
    await door[Symbol.asyncDispose]();
    await registry.stop();
    await stack[Symbol.asyncDispose]();
  });

  const publish = async (...packages: BuiltPackage[]): Promise<void> => {
    const files = packages.map((p) => p.path);
    const rows = await stack.client.request('publish/run', { files, to: channel, layout: 'v0' });
    expect(rows.flatMap((row) => row.error ?? [])).toEqual([]);
  };
  /** The path as it stands: `fetch` would tidy it up first. */
  const ask = async (path: string, { method = 'GET', headers = {} } = {}): Promise<Answer> => {
    const { hostname, port } = new URL(url);
    const sent = httpRequest({ hostname, port, path, method, headers, agent: false }).end();
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of answer) chunks.push(chunk as Buffer);
    return { status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) };
  };
  const at = (file: string, base = url): string => `${new URL(base).pathname}/${file}`;
  const fileOf = (p: BuiltPackage): string => at(`${p.subdir}/${p.fileName}`);
  const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

  it('is there for no one who does not know its path, and for no web page that does', async () => {
    const [, secret] = new URL(url).pathname.split('/');
    const known = at('noarch/repodata.json');
    expect((await ask(known)).status).toBe(200);
    expect((await ask(known, { method: 'HEAD' })).body).toHaveLength(0);
    for (const path of [
      `/ours/noarch/repodata.json`,
      `/${secret!.slice(0, -1)}/ours/noarch/repodata.json`,
      `/${secret!}x/ours/noarch/repodata.json`,
      ...['theirs', '__proto__', 'constructor', '..'].map((name) => `/${secret!}/${name}/noarch/repodata.json`),
    ])
      expect((await ask(path)).status, path).toBe(404);
    const { port } = new URL(url);
    for (const headers of [
      { host: `evil.example:${port}` },
      { host: `169.254.0.1:${port}` },
      { origin: 'https://evil.example' },
      { 'sec-fetch-site': 'cross-site' },
    ])
      expect((await ask(known, { headers })).status, JSON.stringify(headers)).toBe(403);
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS'])
      expect((await ask(known, { method })).status, method).toBe(405);
  });

  it.each([
    'noarch/../noarch/repodata.json',
    'noarch/..%2f..%2frepodata.json',
    '..%2fours/noarch/repodata.json',
    'noarch/%2e%2e/small-1.0-0.conda',
    'noarch/%ff',
    'noarch/a%00b-1-0.conda',
    'linux-64//repodata.json',
    'noarch/repodata_shards.msgpack.zst',
    'noarch/shards/00.msgpack.zst',
    'noarch/current_repodata.json',
    'noarch/repodata.json.bz2',
    'noarch/never-1.0-0.conda',
    'noarch/small-1.0-0.conda',
  ])('does not have %s', async (path) => {
    expect((await ask(at(path))).status).toBe(404);
  });

  it('fetches once for many who ask at the same time, and once for all who come later', async () => {
    const large = built[1]!;
    door.take('ours');
    const answers = await Promise.all(Array.from({ length: 24 }, () => ask(fileOf(large))));
    answers.push(await ask(fileOf(large)));
    for (const { status, body } of answers)
      expect({ status, sha256: sha256(body) }).toEqual({ status: 200, sha256: large.sha256 });
    const requests = door.take('ours');
    expect(requests.filter((r) => r.path.endsWith(`/blobs/sha256:${large.sha256}`))).toHaveLength(1);
    expect(requests.filter((r) => r.path.includes('/manifests/'))).toHaveLength(1);
  });

  it('answers with parts, and not again to who has it', async () => {
    const small = built[0]!;
    const whole = await ask(fileOf(small));
    const etag = whole.headers.etag ?? '';
    expect(await ask(fileOf(small), { headers: { range: 'bytes=10-19' } })).toMatchObject({
      status: 206,
      body: whole.body.subarray(10, 20),
      headers: { 'content-range': `bytes 10-19/${String(small.size)}` },
    });
    expect(await ask(fileOf(small), { headers: { range: `bytes=${String(small.size)}-` } })).toMatchObject({
      status: 416,
    });
    for (const tag of [etag, `W/${etag}`, '*'])
      expect(await ask(fileOf(small), { headers: { 'if-none-match': tag } })).toMatchObject({ status: 304 });
    const metadata = await ask(at('noarch/repodata.json'));
    const again = { headers: { 'if-none-match': `"other", ${metadata.headers.etag ?? ''}` } };
    expect(await ask(at('noarch/repodata.json'), again)).toMatchObject({ status: 304 });
  });

  it('lists what is published as soon as it is published', async () => {
    const names = async (): Promise<string[]> => {
      const document = JSON.parse((await ask(at('noarch/repodata.json'))).body.toString()) as Record<string, object>;
      return Object.keys(document['packages.conda'] ?? {});
    };
    expect(await names()).not.toContain(built[2]!.fileName);
    await publish(built[2]!);
    expect(await names()).toContain(built[2]!.fileName);
  });

  it('keeps its address when it is closed and opened again', async () => {
    const before = await stack.client.request('channel/status', {});
    await stack.client.request('channel/stop', {});
    expect(await stack.client.request('channel/status', {})).toMatchObject({ running: false, base: null });
    await expect(ask(at('noarch/repodata.json'))).rejects.toThrow('ECONNREFUSED');
    const after = await stack.client.request('channel/serve', {});
    expect(after).toMatchObject({ base: before.base, channels: before.channels });
    expect((await ask(at('noarch/repodata.json'))).status).toBe(200);
  });

  // The last: the registry does not come back.
  it('serves what it has when the registry is gone, says so, and says what it lacks', async () => {
    await door[Symbol.asyncDispose]();
    await stack.client.request('channel/stop', {});
    await stack.client.request('channel/serve', {});
    // What was fetched is known by its manifest, and what is not known any more is asked for.
    const cached = await ask(fileOf(built[1]!));
    expect([cached.status, sha256(cached.body)]).toEqual([200, built[1]!.sha256]);
    const metadata = await ask(at('noarch/repodata.json'));
    expect(metadata.status).toBe(200);
    const lacking = await ask(fileOf(built[3]!));
    expect(lacking.status).toBe(502);
    expect(lacking.body.toString()).toContain(door.host);
    expect(await stack.client.request('channel/status', {})).toMatchObject({ running: true, offline: true });
    expect((await stack.condock(['channel', 'status'])).stdout).toContain('what is cached is served');
  }, 60_000);
});

/** Bytes that no compression makes small, the same every time. */
function noise(size: number): Buffer {
  const blocks: Buffer[] = [];
  for (let at = 0; at < size; at += 32) blocks.push(createHash('sha256').update(String(at)).digest());
  return Buffer.concat(blocks).subarray(0, size);
}
