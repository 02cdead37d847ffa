import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256Digest } from '../digest.ts';
import { answer, type ScriptedServer, startScriptedServer } from '../testing/scripted-server.ts';
import { createTestClient, type TestClient } from '../testing/test-client.ts';
import { MEDIA_TYPES } from '../types.ts';

const bytes = Buffer.from('{"schemaVersion":2}');
/** As docker-registry answers while the link of a blob is being rewritten. */
const UNKNOWN = {
  errors: [
    { code: 'DIGEST_INVALID', message: 'provided digest did not match uploaded content' },
    { code: 'MANIFEST_BLOB_UNKNOWN', message: 'blob unknown to registry' },
  ],
};

describe('putManifest', () => {
  let server: ScriptedServer;
  let made: TestClient;
  let refusals: number;
  let refusal: { status: number; body: object };
  beforeEach(async () => {
    refusals = 0;
    refusal = { status: 400, body: UNKNOWN };
    server = await startScriptedServer((_request, response) => {
      refusals -= 1;
      if (refusals >= 0) answer(response, refusal.status, {}, refusal.body);
      else answer(response, 201, { 'docker-content-digest': sha256Digest(bytes) });
    });
    made = createTestClient();
  });
  afterEach(async () => {
    await made[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });
  const put = () => made.client.putManifest({ host: server.host, name: 'a/b' }, '1-0', bytes, MEDIA_TYPES.manifest);

  it.each([400, 404])('is repeated where a blob that was pushed is not known yet (%i)', async (status) => {
    refusals = 2;
    refusal.status = status;
    expect(await put()).toEqual({ digest: sha256Digest(bytes), subjectHandled: false });
    expect(server.seen.map((r) => r.body.equals(bytes))).toEqual([true, true, true]);
  });

  it('gives up where the blob stays unknown, and quotes the registry', async () => {
    refusals = Infinity;
    await expect(put()).rejects.toMatchObject({ message: expect.stringContaining('blob unknown') as string });
    expect(server.seen.length).toBe(5);
  });

  it('is not repeated where the manifest itself is refused', async () => {
    refusals = Infinity;
    refusal.body = { errors: [{ code: 'MANIFEST_INVALID', message: 'no layers' }] };
    await expect(put()).rejects.toMatchObject({ data: { status: 400, registryCode: 'MANIFEST_INVALID' } });
    expect(server.seen.length).toBe(1);
  });
});
