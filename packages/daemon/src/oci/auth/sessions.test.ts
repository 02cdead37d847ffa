import { connect as netConnect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { sha256Digest } from '../digest.ts';
import { answer, type Script, type ScriptedServer, startScriptedServer } from '../testing/scripted-server.ts';
import { createTestClient, gather } from '../testing/test-client.ts';
import { startTokenRegistry, type TokenRegistryOptions } from '../testing/token-registry.ts';
import type { Credential } from './credential-source.ts';

const blob = Buffer.from('content');
const digest = sha256Digest(blob);
const SECRET = 'p4ss:wörd';
const credential: Credential = { kind: 'basic', username: 'wanda', secret: SECRET, source: 'a file' };
const basic = `Basic ${Buffer.from(`wanda:${SECRET}`).toString('base64')}`;
const open: AsyncDisposable[] = [];
const keep = <T extends AsyncDisposable>(one: T): T => {
  open.push(one);
  return one;
};
const serveBlob: TokenRegistryOptions['serve'] = (_, response) => answer(response, 200, {}, blob);
const start = async (options: Partial<TokenRegistryOptions> = {}) =>
  keep(await startTokenRegistry({ serve: serveBlob, ...options }));
const serve = async (script: Script): Promise<ScriptedServer> => keep(await startScriptedServer(script));
const connect = (options: Parameters<typeof createTestClient>[0] = {}) => keep(createTestClient(options));
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

/** Writes down what it is asked to dial, and dials nothing but loopback. */
const heldDialer =
  (dialled: string[]): NonNullable<Parameters<typeof createTestClient>[0]>['dial'] & object =>
  (options) => {
    dialled.push(`dial ${options.host ?? ''}`);
    if (options.host !== '127.0.0.1') throw new Error(`${options.host ?? ''} must not be dialled`);
    return netConnect(options);
  };

describe('tokens', () => {
  it('are fetched with the credential, used again, and never asked for what is not needed', async () => {
    const { host, issued, registry, tokens } = await start();
    const { client } = connect({ credential });
    for (let i = 0; i < 3; i += 1) {
      expect(await gather((await client.getBlob({ host, name: 'a/b' }, digest))!.chunks)).toHaveLength(7);
    }
    expect(issued).toEqual([{ value: 'token-1', scopes: ['repository:a/b:pull'], shown: basic }]);
    expect(tokens.seen[0]!.query.get('service')).toBe('test');
    expect(registry.seen.length).toBe(4);
    // The password is for the token server alone.
    expect(registry.seen.map((r) => r.headers.authorization)).not.toContain(basic);
  });

  it('are fetched once for all who ask at the same time, the first of whom learns how', async () => {
    const { host, issued, registry } = await start();
    const { client } = connect();
    await Promise.all(Array.from({ length: 20 }, () => client.headBlob({ host, name: 'a' }, digest)));
    expect(issued.length).toBe(1);
    expect(registry.seen.length).toBe(21);
  });

  it('are renewed before they expire, and replaced where the registry takes one back', async () => {
    const made = await start({ expiresIn: 300 });
    const { client, clock } = connect({ credential });
    const ask = () => client.headBlob({ host: made.host, name: 'a' }, digest);
    await ask();
    clock.pass(250_000);
    await ask();
    await expect.poll(() => made.issued.length).toBe(2);
    made.revoke('token-2');
    expect(await ask()).toBeDefined();
    expect(made.issued.length).toBe(3);
  });

  it('hold for a minute where the token server does not say', async () => {
    const { host, issued } = await start();
    const { client, clock } = connect();
    await client.headBlob({ host, name: 'a' }, digest);
    clock.pass(59_000);
    await client.headBlob({ host, name: 'a' }, digest);
    expect(issued.length).toBe(2);
  });

  it('for 500 repositories take at most 20 requests', async () => {
    const { host, issued, registry } = await start();
    const { client } = connect({ credential });
    const repositories = Array.from({ length: 500 }, (_, i) => ({ host, name: `channel/linux-64/package-${i}` }));
    await client.authorize(repositories, 'pull');
    expect(issued.length).toBeLessThanOrEqual(20);
    await Promise.all(repositories.map((repository) => client.headBlob(repository, digest)));
    expect(issued.length).toBeLessThanOrEqual(20);
    // One to learn how, then one for each.
    expect(registry.seen.length).toBe(501);
  });

  it('are fetched one by one where the registry takes none for several', async () => {
    const { host, issued } = await start({ accepts: (token) => token.scopes.length === 1 });
    const { client } = connect();
    const repositories = ['a', 'b', 'c', 'd'].map((name) => ({ host, name }));
    await client.authorize(repositories, 'pull');
    for (const repository of repositories) expect(await client.headBlob(repository, digest)).toBeDefined();
    const more = ['e', 'f'].map((name) => ({ host, name }));
    await client.authorize(more, 'pull');
    for (const repository of more) expect(await client.headBlob(repository, digest)).toBeDefined();
    const before = issued.length;
    await client.authorize(
      ['g', 'h'].map((name) => ({ host, name })),
      'pull',
    );
    expect(issued.slice(before).map((t) => t.scopes.length)).toEqual([1, 1]);
  });

  it('come for a refresh token by POST, and a new refresh token is handed back to be kept', async () => {
    const rotated: string[] = [];
    let current = 'refresh-1';
    const identityToken = (): Credential => ({ kind: 'identity-token', secret: current, source: 'docker config' });
    const made = await start({ extra: () => ({ refresh_token: 'refresh-2' }) });
    const { client } = connect({
      credentials: {
        find: () => Promise.resolve(identityToken()),
        rotated: (_query, previous, secret) => {
          rotated.push(`${previous.secret} -> ${secret}`);
          current = secret;
          return Promise.resolve();
        },
      },
    });
    expect(await client.headBlob({ host: made.host, name: 'a' }, digest)).toBeDefined();
    expect(await client.headBlob({ host: made.host, name: 'b' }, digest)).toBeDefined();
    expect(rotated).toEqual(['refresh-1 -> refresh-2']);
    expect(made.issued.map((t) => t.shown)).toEqual(['refresh-1', 'refresh-2']);
    expect(made.tokens.seen[0]).toMatchObject({ method: 'POST' });
    expect(made.tokens.seen[0]!.body.toString()).toContain('grant_type=refresh_token');
    expect(made.tokens.seen.every((r) => !r.url.includes('refresh'))).toBe(true);
  });

  it('are asked for again where the token server is busy, as late as it wants', async () => {
    let count = 0;
    const { host, issued } = await start({ refuse: () => (++count <= 2 ? { status: 503 } : undefined) });
    const { client, clock } = connect();
    expect(await client.headBlob({ host, name: 'a' }, digest)).toBeDefined();
    expect(issued.length).toBe(1);
    expect(clock.slept.length).toBe(2);
  });

  it.each([
    ['no JSON', '<html>'],
    ['no token', {}],
    ['a token that would break a header', { token: 'a\r\nb' }],
  ])('that are none (%s) end in an error', async (_, body) => {
    const server = await serve((request, response) =>
      request.path === '/token'
        ? answer(response, 200, {}, body)
        : answer(response, 401, { 'www-authenticate': `Bearer realm="http://${request.headers.host!}/token"` }),
    );
    const { client } = connect();
    await expect(client.headBlob({ host: server.host, name: 'a' }, digest)).rejects.toMatchObject({
      code: 'registry-error',
    });
  });
});

describe('refusals', () => {
  it('of the token server by 403 mean: not there', async () => {
    const { host } = await start({ refuse: () => ({ status: 403 }) });
    const { client } = connect();
    expect(await client.getManifest({ host, name: 'a' }, 'b')).toBeUndefined();
    expect(await client.headBlob({ host, name: 'a' }, digest)).toBeUndefined();
    await expect(
      client.putManifest({ host, name: 'a' }, 'b', Buffer.from('{}'), 'application/json'),
    ).rejects.toMatchObject({ code: 'denied', data: { status: 403 } });
  });

  it('of a stale credential do not stand before what is public', async () => {
    const { host, issued } = await start({
      refuse: (request) => (request.headers.authorization === undefined ? undefined : { status: 401 }),
    });
    const { client, events } = connect({ credential });
    expect(await client.headBlob({ host, name: 'a' }, digest)).toBeDefined();
    expect(issued[0]!.shown).toBeUndefined();
    expect(events).toContainEqual({ event: 'anonymous-instead', host, source: 'a file' });
    expect(client.sessions().find((s) => s.source === 'a file')?.lastError).toMatch(/refused by .* \(401\)/);
  });

  it('say which credential was refused', async () => {
    const { host } = await start({ refuse: () => ({ status: 401 }) });
    const { client } = connect({ credential });
    const failure = client.headBlob({ host, name: 'a' }, digest);
    await expect(failure).rejects.toMatchObject({
      code: 'login-required',
      hint: expect.stringContaining('a file') as string,
      data: { host, status: 401, credentialSource: 'a file' },
    });
  });

  it('end after a few rounds, whatever the registry does', async () => {
    let rounds = 0;
    const server = await serve((request, response) => {
      rounds += 1;
      if (request.path.startsWith('/token')) answer(response, 200, {}, { token: `t${rounds}` });
      else {
        const scope = `repository:a:pull,metadata_read`;
        const realm = `http://${request.headers.host!}/token?${rounds}`;
        answer(response, 401, { 'www-authenticate': `Bearer realm="${realm}",scope="${scope}",error="x"` });
      }
    });
    const { client } = connect({ credential });
    await expect(client.headBlob({ host: server.host, name: 'a' }, digest)).rejects.toMatchObject({
      code: 'login-required',
    });
    expect(rounds).toBeLessThan(20);
  });

  it('of a token that has expired may be a 400', async () => {
    let expired = '';
    const { host, issued } = await start({
      expiresIn: 3600,
      serve: (request, response) =>
        request.headers.authorization === expired
          ? answer(response, 400, {}, { errors: [{ code: 'DENIED', message: 'Your Authorization Token has expired' }] })
          : answer(response, 200, {}, blob),
    });
    const { client } = connect();
    await client.headBlob({ host, name: 'a' }, digest);
    expired = 'Bearer token-1';
    expect(await gather((await client.getBlob({ host, name: 'a' }, digest))!.chunks)).toHaveLength(7);
    expect(issued.length).toBe(2);
  });
});

describe('Basic', () => {
  const registry: Script = (request, response) =>
    request.headers.authorization === basic
      ? answer(response, 200, {}, blob)
      : answer(response, 401, { 'www-authenticate': 'Basic realm="r"' });

  it('is sent only once the registry has asked for it', async () => {
    const server = await serve(registry);
    const { client } = connect({ credential });
    await client.headBlob({ host: server.host, name: 'a' }, digest);
    await client.headBlob({ host: server.host, name: 'a' }, digest);
    expect(server.seen.map((r) => r.headers.authorization)).toEqual([undefined, basic, basic]);
    expect(client.sessions()).toEqual([
      { host: server.host, username: 'wanda', source: 'a file', kind: 'basic', scopes: [] },
    ]);
  });

  it('is not asked of the source by registries that are open', async () => {
    const server = await serve((_, response) => answer(response, 200, {}, blob));
    let asked = 0;
    const { client } = connect({
      credentials: {
        find: () => {
          asked += 1;
          return Promise.resolve(credential);
        },
      },
    });
    await client.headBlob({ host: server.host, name: 'a' }, digest);
    expect(asked).toBe(0);
  });

  it('is asked of the source again where the password has changed', async () => {
    const server = await serve(registry);
    let current: Credential = { ...credential, secret: 'old' };
    const { client } = connect({ credentials: { find: () => Promise.resolve(current) } });
    await expect(client.headBlob({ host: server.host, name: 'a' }, digest)).rejects.toMatchObject({
      code: 'login-required',
    });
    current = credential;
    expect(await client.headBlob({ host: server.host, name: 'a' }, digest)).toBeDefined();
  });

  it('goes to each registry in the name of each identity alone', async () => {
    const server = await serve(registry);
    const { client } = connect({
      credentials: { find: ({ identity }) => Promise.resolve(identity === 'mine' ? credential : undefined) },
    });
    expect(await client.headBlob({ host: server.host, name: 'a' }, digest, { identity: 'mine' })).toBeDefined();
    await expect(client.headBlob({ host: server.host, name: 'a' }, digest)).rejects.toMatchObject({
      code: 'login-required',
    });
    expect(client.sessions().map((s) => [s.identity, s.kind])).toEqual([
      ['mine', 'basic'],
      [undefined, 'anonymous'],
    ]);
    client.forgetIdentities((identity) => identity === 'mine');
    expect(client.sessions().map((s) => s.identity)).toEqual([undefined]);
  });
});

describe('a hostile registry', () => {
  const hostile = async (challenge: (own: string) => string): Promise<ScriptedServer> =>
    serve((request, response) => answer(response, 401, { 'www-authenticate': challenge(request.headers.host!) }));

  it.each([
    ['a cloud machine', 'https://169.254.169.254/latest/token'],
    ['the network next door', 'https://10.0.0.1/token'],
    ['plain http', 'http://auth.example/token'],
  ])('can not send a secret to %s: nothing is dialled', async (_, realm) => {
    const server = await hostile(() => `Bearer realm="${realm}",service="x"`);
    const dialled: string[] = [];
    const { client, events } = connect({
      credential,
      resolve: (name) => {
        dialled.push(`resolve ${name}`);
        return Promise.resolve([]);
      },
      dial: heldDialer(dialled),
    });
    const failure = client.headBlob({ host: server.host, name: 'a' }, digest);
    await expect(failure).rejects.toMatchObject({ code: 'insecure', data: { host: server.host } });
    expect(dialled).toEqual([`dial 127.0.0.1`]);
    expect(JSON.stringify(events)).not.toContain(SECRET);
  });

  it('can not hide an address behind a name', async () => {
    const server = await hostile(() => 'Bearer realm="https://auth.example/token"');
    const dialled: string[] = [];
    const { client } = connect({
      credential,
      resolve: () =>
        Promise.resolve([
          { address: '8.8.8.8', family: 4 },
          { address: '192.168.0.1', family: 4 },
        ]),
      dial: heldDialer(dialled),
    });
    await expect(client.headBlob({ host: server.host, name: 'a' }, digest)).rejects.toMatchObject({ code: 'insecure' });
    expect(dialled).toEqual(['dial 127.0.0.1']);
  });

  it('gets no token for more than was asked of it', async () => {
    const scopes: string[] = [];
    const server = await serve((request, response) => {
      if (request.path === '/token') {
        scopes.push(...request.query.getAll('scope'));
        answer(response, 200, {}, { token: 'tok' });
        return;
      }
      const wish = 'repository:other/secret:pull,push,delete';
      const realm = `http://${request.headers.host!}/token`;
      answer(response, 401, { 'www-authenticate': `Bearer realm="${realm}",scope="${wish}"` });
    });
    const { client, events } = connect({ credential });
    await expect(client.headBlob({ host: server.host, name: 'a' }, digest)).rejects.toThrow();
    expect(new Set(scopes)).toEqual(new Set(['repository:a:pull']));
    expect(events.some((e) => e.event === 'scope-refused')).toBe(true);
  });

  it('gets nowhere with challenges that are none', async () => {
    for (const challenge of [
      '',
      'Bearer',
      'Bearer realm=',
      `Bearer realm="${'x'.repeat(10_000)}"`,
      '"""',
      'Bogus x=y',
    ]) {
      const server = await hostile(() => challenge);
      const { client } = connect({ credential });
      const failure = client.headBlob({ host: server.host, name: 'a' }, digest);
      await expect(failure, challenge.slice(0, 20)).rejects.toMatchObject({
        code: expect.stringMatching(/login-required|insecure/) as string,
      });
      expect(JSON.stringify(server.seen.map((r) => r.headers))).not.toContain(basic.slice(6));
    }
  });
});

describe('ping', () => {
  it('tells how a registry wants to be talked to, and whether it takes the credential', async () => {
    const { host } = await start({
      refuse: (request) => (request.headers.authorization === basic ? undefined : { status: 401 }),
      accepts: () => true,
    });
    const challenges = [expect.stringMatching(/^Bearer realm=/) as string];
    expect(await connect().client.ping(host)).toEqual({ status: 401, challenges, webPage: false });
    expect(await connect({ credential }).client.ping(host)).toMatchObject({ status: 200, challenges });
    const wrong = { ...credential, secret: 'wrong' };
    expect(await connect({ credential: wrong }).client.ping(host)).toMatchObject({ status: 401, challenges });
  });
});

describe('sessions', () => {
  it('are listed without any secret, and forgotten on demand', async () => {
    const { host, issued } = await start({ expiresIn: 300 });
    const { client, clock } = connect({ credential });
    await client.headBlob({ host, name: 'a' }, digest);
    const sessions = client.sessions();
    expect(sessions).toMatchObject([
      { host, username: 'wanda', source: 'a file', kind: 'basic', scopes: [{ scope: 'repository:a:pull' }] },
    ]);
    expect(sessions[0]!.scopes[0]!.expiresAt).toBeGreaterThan(clock.now());
    expect(JSON.stringify(sessions)).not.toMatch(/token-1|p4ss/);
    client.forget(host);
    expect(client.sessions()).toEqual([]);
    await client.headBlob({ host, name: 'a' }, digest);
    expect(issued.length).toBe(2);
  });
});
