import type { ServerResponse } from 'node:http';
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256Digest } from '../digest.ts';
import type { UploadSource } from '../registry-client.ts';
import { answer, type ScriptedServer, type SeenRequest, startScriptedServer } from '../testing/scripted-server.ts';
import { createTestClient, type TestClient } from '../testing/test-client.ts';
import { withDigest } from './upload-session.ts';

const MIB = 1024 * 1024;

/** The upload side of a registry: one session at a time, whose steps a test may disturb. */
class UploadScript {
  received = Buffer.alloc(0);
  stored: Buffer | undefined;
  sessions = 0;
  /** Answers in place of the registry; true: has answered. */
  disturb: (request: SeenRequest, response: ServerResponse) => boolean = () => false;
  location = (): string => `/upload/${this.sessions}?state=a%2Bb`;

  readonly script = (request: SeenRequest, response: ServerResponse): void => {
    const { method, path, query, body } = request;
    if (this.disturb(request, response)) return;
    if (method === 'HEAD') answer(response, this.stored === undefined ? 404 : 200);
    else if (method === 'POST' && path.endsWith('/blobs/uploads/')) {
      this.sessions += 1;
      this.received = Buffer.alloc(0);
      answer(response, 202, { location: this.location() });
    } else if (path !== `/upload/${this.sessions}`) answer(response, 404);
    else if (method === 'PATCH') {
      this.received = Buffer.concat([this.received, body]);
      answer(response, 202, { location: this.location(), range: `0-${this.received.length - 1}` });
    } else if (method === 'GET') {
      answer(response, 204, { location: this.location(), range: `0-${Math.max(0, this.received.length - 1)}` });
    } else {
      this.received = Buffer.concat([this.received, body]);
      const right = sha256Digest(this.received) === query.get('digest') && query.get('state') === 'a+b';
      if (right) this.stored = this.received;
      answer(response, right ? 201 : 400, {}, right ? undefined : { errors: [{ code: 'DIGEST_INVALID' }] });
    }
  };
}

function sourceOf(bytes: Buffer, known = true): UploadSource & { opened: number[] } {
  const opened: number[] = [];
  return {
    opened,
    size: bytes.length,
    ...(known ? { digest: sha256Digest(bytes) } : {}),
    open: async function* (offset) {
      opened.push(offset);
      await Promise.resolve();
      for (let at = offset; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
    },
  };
}

describe('uploadBlob', () => {
  let registry: UploadScript;
  let server: ScriptedServer;
  let made: TestClient;
  const repository = () => ({ host: server.host, name: 'a/b' });
  const methods = () => server.seen.map((r) => r.method).join(' ');
  beforeEach(async () => {
    registry = new UploadScript();
    server = await startScriptedServer(registry.script);
    made = createTestClient();
  });
  afterEach(async () => {
    await made[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  it('sends a small blob of known digest in one request, after asking whether it is there', async () => {
    const bytes = randomBytes(1000);
    const result = await made.client.uploadBlob(repository(), sourceOf(bytes));
    expect(result).toEqual({ digest: sha256Digest(bytes), size: 1000, moved: 'uploaded' });
    expect(methods()).toBe('HEAD POST PUT');
    expect(server.seen.at(-1)!.url).toBe(`/upload/1?state=a%2Bb&digest=${sha256Digest(bytes)}`);
    expect(registry.stored!.equals(bytes)).toBe(true);
  });

  it.each([5 * MIB, 100, 0])('hashes %i bytes of unknown digest while it sends them once', async (size) => {
    const bytes = randomBytes(size);
    const source = sourceOf(bytes, false);
    const progress: number[] = [];
    const onProgress = (sent: number) => progress.push(sent);
    const result = await made.client.uploadBlob(repository(), source, { onProgress });
    expect(result.digest).toBe(sha256Digest(bytes));
    expect(methods()).toBe(size === 0 ? 'POST PUT' : 'POST PATCH PUT');
    expect(source.opened).toEqual([0]);
    expect(registry.stored!.equals(bytes)).toBe(true);
    expect(progress.at(-1) ?? 0).toBe(size);
  });

  it.each([true, false])('goes on where the line was cut (digest known: %s)', async (known) => {
    const bytes = randomBytes(6 * MIB);
    let cuts = 0;
    registry.disturb = ({ method, body }, response) => {
      if (method !== 'PATCH' || cuts >= 2) return false;
      cuts += 1;
      // A part arrives, the answer does not.
      registry.received = Buffer.concat([registry.received, body.subarray(0, 2 * MIB)]);
      response.socket!.destroy();
      return true;
    };
    const source = sourceOf(bytes, known);
    const result = await made.client.uploadBlob(repository(), source);
    expect(result).toEqual({ digest: sha256Digest(bytes), size: bytes.length, moved: 'uploaded' });
    expect(source.opened).toEqual([0, 2 * MIB, 4 * MIB]);
    const patches = server.seen.filter((r) => r.method === 'PATCH');
    expect(patches.map((r) => r.headers['content-range'])).toEqual([
      `0-${6 * MIB - 1}`,
      `${2 * MIB}-${6 * MIB - 1}`,
      `${4 * MIB}-${6 * MIB - 1}`,
    ]);
    expect(registry.stored!.equals(bytes)).toBe(true);
    expect(made.events.filter((e) => e.event === 'upload-resumed').length).toBe(2);
  });

  it('begins anew where the session was lost, or its state is not certain', async () => {
    const bytes = randomBytes(5 * MIB);
    let failed = false;
    registry.disturb = ({ method }, response) => {
      if (method !== 'PATCH' || failed) return false;
      failed = true;
      // docker-registry then says `0-0`, for one byte and for none.
      registry.received = Buffer.from('x');
      answer(response, 500);
      return true;
    };
    await made.client.uploadBlob(repository(), sourceOf(bytes));
    expect(registry.sessions).toBe(2);
    expect(registry.stored!.equals(bytes)).toBe(true);
  });

  it('is content where only the answer to the end was lost', async () => {
    const bytes = randomBytes(100);
    registry.disturb = ({ method, body }, response) => {
      if (method !== 'PUT') return false;
      registry.stored = body;
      response.socket!.destroy();
      return true;
    };
    expect(await made.client.uploadBlob(repository(), sourceOf(bytes))).toMatchObject({ moved: 'uploaded' });
    expect(server.seen.filter((r) => r.method === 'PUT').length).toBe(1);
  });

  it('gives up where nothing goes forward', async () => {
    registry.disturb = ({ method }, response) => {
      if (method === 'PATCH') answer(response, 503);
      return method === 'PATCH';
    };
    await expect(made.client.uploadBlob(repository(), sourceOf(randomBytes(5 * MIB)))).rejects.toMatchObject({
      code: 'registry-error',
      data: { host: server.host, status: 503 },
    });
    expect(server.seen.filter((r) => r.method === 'PATCH').length).toBeLessThanOrEqual(7);
  });

  it('mounts, and uploads where the mount was not granted', async () => {
    const bytes = randomBytes(100);
    registry.disturb = ({ query }, response) => {
      if (query.get('from') === 'other/repo') answer(response, 201);
      else if (query.has('mount')) answer(response, 403);
      return query.has('mount');
    };
    const mount = (from: string) => made.client.uploadBlob(repository(), sourceOf(bytes), { mountFrom: [from] });
    expect(await mount('other/repo')).toMatchObject({ moved: 'mounted' });
    expect(server.seen.at(-1)!.url).toBe(`/v2/a/b/blobs/uploads/?mount=${sha256Digest(bytes)}&from=other%2Frepo`);
    expect(await mount('forbidden')).toMatchObject({ moved: 'uploaded' });
  });

  it('skips the question where the caller knows the answer', async () => {
    await made.client.uploadBlob(repository(), sourceOf(randomBytes(10)), { skipCheck: true });
    expect(methods()).toBe('POST PUT');
  });

  it.each([
    [413, 'too-large', {}],
    [400, 'digest-mismatch', { errors: [{ code: 'DIGEST_INVALID', message: 'provided digest did not match' }] }],
    [403, 'denied', {}],
    [405, 'unsupported-by-registry', {}],
  ])('says clearly what %i means', async (status, code, body) => {
    registry.disturb = ({ method }, response) => {
      if (method === 'PUT') answer(response, status, {}, body);
      return method === 'PUT';
    };
    await expect(made.client.uploadBlob(repository(), sourceOf(randomBytes(10)))).rejects.toMatchObject({
      code,
      data: { status, host: server.host },
    });
    expect(server.seen.filter((r) => r.method === 'PUT').length).toBe(1);
  });

  it('refuses to send a file that has changed since', async () => {
    for (const difference of [-1, 1]) {
      const source = sourceOf(randomBytes(100), false);
      const lying = { ...source, size: 100 + difference };
      await expect(made.client.uploadBlob(repository(), lying)).rejects.toMatchObject({ code: 'invalid-package' });
    }
    expect(registry.stored).toBeUndefined();
  });

  it('does not send content where the registry is not', async () => {
    registry.location = () => 'https://169.254.169.254/upload';
    await expect(made.client.uploadBlob(repository(), sourceOf(randomBytes(10)))).rejects.toMatchObject({
      code: 'insecure',
    });
  });

  it('goes on with a fresh token where one expired on the way', async () => {
    const bytes = randomBytes(5 * MIB);
    let tokens = 0;
    let refused = false;
    registry.disturb = ({ path, method, headers, body }, response) => {
      if (path === '/token') answer(response, 200, {}, { token: `t${++tokens}` });
      else if (headers.authorization === undefined || (method === 'PATCH' && !refused)) {
        if (headers.authorization !== undefined) {
          refused = true;
          // What came before the token ran out has arrived.
          registry.received = Buffer.from(body.subarray(0, 2 * MIB));
        }
        answer(response, 401, { 'www-authenticate': `Bearer realm="${server.origin}/token"` });
      } else return false;
      return true;
    };
    await made.client.uploadBlob(repository(), sourceOf(bytes));
    expect(registry.stored!.equals(bytes)).toBe(true);
    const used = server.seen.filter((r) => r.method === 'PATCH').map((r) => r.headers.authorization);
    expect(used.length).toBe(2);
    expect(used[0]).not.toBe(used[1]);
    expect(server.seen.filter((r) => r.method === 'PATCH')[1]!.headers['content-range']).toMatch(`${2 * MIB}-`);
  });

  it('stops when it is told to', async () => {
    const controller = new AbortController();
    const upload = made.client.uploadBlob(repository(), sourceOf(randomBytes(20 * MIB)), {
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expect(upload).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('withDigest', () => {
  it('leaves the state of the registry as it is', () => {
    const digest = `sha256:${'a'.repeat(64)}` as const;
    expect(withDigest(new URL('https://h/u?_state=a%2Bb=='), digest).search).toBe(`?_state=a%2Bb==&digest=${digest}`);
    expect(withDigest(new URL('https://h/u'), digest).search).toBe(`?digest=${digest}`);
  });
});
