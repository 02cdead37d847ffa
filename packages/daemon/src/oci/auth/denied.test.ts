import { afterEach, describe, expect, it } from 'vitest';
import { sha256Digest } from '../digest.ts';
import { answer, type ScriptedServer, type Script, startScriptedServer } from '../testing/scripted-server.ts';
import { createTestClient } from '../testing/test-client.ts';
import { startTokenRegistry } from '../testing/token-registry.ts';
import type { Credential } from './credential-source.ts';

const digest = sha256Digest(Buffer.from('content'));
const credential: Credential = { kind: 'basic', username: 'wanda', secret: 'p4ss', source: 'a file' };
const open: AsyncDisposable[] = [];
const keep = <T extends AsyncDisposable>(one: T): T => {
  open.push(one);
  return one;
};
const serve = async (script: Script): Promise<ScriptedServer> => keep(await startScriptedServer(script));
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

describe('a login that may not do something', () => {
  it.each([401, 403, 404])('is told so by the answer to the login, where the one to nobody is %d', async (toNobody) => {
    const server = await serve((request, response) => {
      if (request.path === '/v2/') answer(response, 401, { 'www-authenticate': 'Basic realm="r"' });
      else if (request.headers.authorization === undefined)
        answer(response, toNobody, { 'www-authenticate': 'Basic realm="r"' });
      else answer(response, 403, {}, { errors: [{ code: 'DENIED', message: 'for the owners alone' }] });
    });
    const { client } = keep(createTestClient({ credential }));
    await client.ping(server.host);
    await expect(client.getManifest({ host: server.host, name: 'a' }, 'b')).rejects.toMatchObject({
      code: 'denied',
      message: expect.stringContaining('answered 403: for the owners alone') as string,
      hint: expect.stringContaining('The credential from a file may not do this') as string,
      data: { status: 403, credentialSource: 'a file', registryCode: 'DENIED' },
    });
  });

  it('does not stand before what everybody may have', async () => {
    const server = await serve((request, response) => {
      if (request.path === '/v2/') answer(response, 401, { 'www-authenticate': 'Basic realm="r"' });
      else answer(response, request.headers.authorization === undefined ? 200 : 403);
    });
    const { client } = keep(createTestClient({ credential }));
    await client.ping(server.host);
    expect(await client.headBlob({ host: server.host, name: 'a' }, digest)).toBeDefined();
  });

  it('by a token without that scope is not called a refused login', async () => {
    const made = keep(await startTokenRegistry({ serve: (_, response) => answer(response, 200) }));
    const { script } = made.registry;
    made.registry.script = (request, response) => {
      if (request.headers.authorization === undefined) return script(request, response);
      const challenge = `Bearer realm="${made.tokens.origin}/token",service="test",error="insufficient_scope"`;
      answer(response, 401, { 'www-authenticate': challenge });
    };
    const { client } = keep(createTestClient({ credential }));
    const repository = { host: made.host, name: 'a' };
    const denied = {
      code: 'denied',
      hint: expect.stringContaining('may not do this') as string,
      data: { status: 401, credentialSource: 'a file' },
    };
    await expect(client.getManifest(repository, 'b')).rejects.toMatchObject(denied);
    await expect(client.putManifest(repository, 'b', Buffer.from('{}'), 'application/json')).rejects.toMatchObject(
      denied,
    );
    expect(client.sessions().filter(({ lastError }) => lastError !== undefined)).toEqual([]);
    const nobody = keep(createTestClient());
    await expect(nobody.client.getManifest(repository, 'b')).rejects.toMatchObject({ code: 'login-required' });
  });
});

describe('a login that is refused', () => {
  const expired = { errors: [{ code: 'DENIED', message: 'Your Authorization Token has expired' }] };

  // What ECR says of passwords that are older than twelve hours.
  it.each([
    [401, 'GET'],
    [400, 'GET'],
    [400, 'HEAD'],
  ])('by %d (%s) is asked for anew within the same request, of a source that is told so', async (status, method) => {
    const server = await serve((request, response) => {
      const { authorization } = request.headers;
      const good = `Basic ${Buffer.from('wanda:new').toString('base64')}`;
      if (authorization === good) answer(response, 200, {}, 'content');
      else if (authorization !== undefined && status === 400) answer(response, 400, {}, expired);
      else answer(response, 401, { 'www-authenticate': 'Basic realm="r"' });
    });
    let secret = 'old';
    const { client } = keep(
      createTestClient({
        credentials: {
          find: () => Promise.resolve({ ...credential, secret }),
          refused: (host) => {
            expect(host).toBe(server.host);
            secret = 'new';
          },
        },
      }),
    );
    const repository = { host: server.host, name: 'a' };
    const asked = method === 'HEAD' ? client.headBlob(repository, digest) : client.getBlob(repository, digest);
    expect(await asked).toBeDefined();
    expect(server.seen.map((request) => request.method)).toEqual([method, method, method]);
  });
});

describe('an upload that is not wanted any more', () => {
  it('is cancelled with the right to delete where the registry asks for just that', async () => {
    const made = keep(
      await startTokenRegistry({
        serve: (_, response) => answer(response, 204),
        accepts: ({ scopes }) => scopes.includes('repository:a:delete'),
      }),
    );
    const { script } = made.registry;
    made.registry.script = (request, response) => {
      const wanted = made.issued.some(
        ({ value, scopes }) =>
          request.headers.authorization === `Bearer ${value}` && scopes.includes('repository:a:delete'),
      );
      if (wanted) return script(request, response);
      const scope = 'scope="repository:a:delete"';
      const challenge = `Bearer realm="${made.tokens.origin}/token",service="test",${scope},error="insufficient_scope"`;
      answer(response, 401, { 'www-authenticate': challenge });
    };
    const { client, events } = keep(createTestClient({ credential }));
    const probe = { method: 'DELETE', path: 'blobs/uploads/1', actions: 'pull,push' } as const;
    expect(await client.probe({ host: made.host, name: 'a' }, probe)).toMatchObject({ status: 204 });
    expect(events.filter(({ event }) => event === 'scope-refused')).toEqual([]);
    const begin = { ...probe, method: 'POST' } as const;
    expect(await client.probe({ host: made.host, name: 'a' }, begin)).toMatchObject({ status: 401 });
  });
});
