import { afterEach, describe, expect, it } from 'vitest';
import { sha256Digest } from '../digest.ts';
import { answer, type Script, type ScriptedServer, startScriptedServer } from '../testing/scripted-server.ts';
import { createTestClient, gather, type TestClient } from '../testing/test-client.ts';

const blob = Buffer.from('0123456789');
const digest = sha256Digest(blob);

describe('getBlob', () => {
  let server: ScriptedServer;
  let made: TestClient;
  const get = async (script: Script, options: { offset?: number; end?: number } = {}) => {
    server = await startScriptedServer(script);
    made = createTestClient();
    return made.client.getBlob({ host: server.host, name: 'a' }, digest, options);
  };
  afterEach(async () => {
    await made[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  it('continues where it was asked to', async () => {
    const body = await get(
      (_, response) => answer(response, 206, { 'content-range': 'bytes 4-9/10' }, blob.subarray(4)),
      { offset: 4 },
    );
    expect(body).toMatchObject({ offset: 4, size: 10 });
    expect((await gather(body!.chunks)).toString()).toBe('456789');
    expect(server.seen[0]!.headers.range).toBe('bytes=4-');
  });

  it('says so where the registry sends the whole instead', async () => {
    const body = await get((_, response) => answer(response, 200, { 'content-length': '10' }, blob), { offset: 4 });
    expect(body).toMatchObject({ offset: 0, size: 10 });
    await gather(body!.chunks);
  });

  it('is at the end where the offset is the size', async () => {
    const body = await get((_, response) => answer(response, 416, { 'content-range': 'bytes */10' }), { offset: 10 });
    expect(body).toMatchObject({ offset: 10, size: 10 });
    expect(await gather(body!.chunks)).toHaveLength(0);
  });

  it('begins anew where the blob is shorter than what the caller has', async () => {
    const body = await get(
      (request, response) =>
        request.headers.range === undefined
          ? answer(response, 200, {}, blob)
          : answer(response, 416, { 'content-range': 'bytes */10' }),
      { offset: 99 },
    );
    expect(body!.offset).toBe(0);
    expect((await gather(body!.chunks)).equals(blob)).toBe(true);
  });

  it('refuses a part without a place, and what was compressed on the way', async () => {
    await expect(get((_, response) => answer(response, 206, {}, 'x'), { offset: 1 })).rejects.toMatchObject({
      code: 'registry-error',
    });
    await made[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    await expect(
      get((_, response) => answer(response, 200, { 'content-encoding': 'gzip' }, 'x')),
    ).rejects.toMatchObject({
      code: 'registry-error',
    });
  });

  it('ends the transfer of who leaves early, read or unread', async () => {
    let closed = 0;
    const endless: Script = (_, response) => {
      response.once('close', () => (closed += 1));
      response.writeHead(200, { 'content-length': String(1e9) });
      const more = (): void => {
        while (response.write(Buffer.alloc(65_536)));
        response.once('drain', more);
      };
      more();
    };
    const first = await get(endless);
    for await (const chunk of first!.chunks) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    const second = await made.client.getBlob({ host: server.host, name: 'a' }, digest);
    await second!.chunks[Symbol.asyncIterator]().return!();
    await expect.poll(() => closed).toBe(2);
  });
});
