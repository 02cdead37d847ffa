import { afterEach, describe, expect, it } from 'vitest';
import { ask, type Asked } from './ask.ts';
import {
  basicAuth,
  bearerAuth,
  type BearerAuthOptions,
  type BearerAuth,
  delayAnswer,
  type MisbehavingRegistry,
  ODD_CHALLENGES,
  startMisbehavingRegistry,
} from './index.ts';

const running: MisbehavingRegistry[] = [];
afterEach(() => Promise.all(running.splice(0).map((registry) => registry.stop())));

async function start(options: BearerAuthOptions): Promise<{ auth: BearerAuth; registry: MisbehavingRegistry }> {
  const auth = bearerAuth(options);
  const content = (c: MisbehavingRegistry['content']): Promise<unknown> => c.addArtifact('a/b', 't', []);
  const registry = await startMisbehavingRegistry({ behaviours: [auth], content });
  running.push(registry);
  return { auth, registry };
}

const manifest = (registry: MisbehavingRegistry, token?: string): Promise<Asked> =>
  ask(`${registry.url}/v2/a/b/manifests/t`, {
    ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
  });
const tokenFor = async (registry: MisbehavingRegistry, scope: string, authorization?: string): Promise<Asked> =>
  ask(`${registry.url}/token?service=condock-test&scope=${encodeURIComponent(scope)}`, {
    ...(authorization === undefined ? {} : { headers: { authorization } }),
  });
const PULL = 'repository:a/b:pull';

describe('token auth of the misbehaving registry', () => {
  it('challenges, gives a token for the scope, and takes it for nothing else', async () => {
    const { auth, registry } = await start({});
    const refused = await manifest(registry);
    const challenge = `Bearer realm="${registry.url}/token",service="condock-test",scope="${PULL}"`;
    expect(refused).toMatchObject({ status: 401, headers: { 'www-authenticate': challenge } });
    const given = JSON.parse((await tokenFor(registry, PULL)).body.toString()) as Record<string, unknown>;
    expect(given).toMatchObject({ token: auth.issued[0]?.token, access_token: auth.issued[0]?.token, expires_in: 300 });
    const token = String(given.token);
    expect(await manifest(registry, token)).toMatchObject({ status: 200 });
    const headers = { authorization: `Bearer ${token}` };
    const push = await ask(`${registry.url}/v2/a/b/blobs/uploads/?mount=x&from=c`, { method: 'POST', headers });
    expect(push.status).toBe(401);
    expect(push.headers['www-authenticate']).toContain('scope="repository:a/b:pull,push repository:c:pull"');
    expect(push.headers['www-authenticate']).toContain('error="insufficient_scope"');
  });

  it('gives tokens that expire fast, never say when, or end in mid-transfer', async () => {
    const { auth, registry } = await start({ tokens: { expiresIn: null, uses: 2, members: ['access_token'] } });
    const body = JSON.parse((await tokenFor(registry, PULL)).body.toString()) as object;
    expect(Object.keys(body)).toEqual(['access_token']);
    const token = auth.issued[0]!.token;
    const statuses = [];
    for (let n = 0; n < 3; n += 1) statuses.push((await manifest(registry, token)).status);
    expect(statuses).toEqual([200, 200, 401]);
    await tokenFor(registry, PULL);
    auth.expireAll();
    expect(await manifest(registry, auth.issued[1]!.token)).toMatchObject({ status: 401 });
  });

  it('says 400 to an expired token where it is told to', async () => {
    const { auth, registry } = await start({ expiredStatus: 400, tokens: { uses: 0 } });
    await tokenFor(registry, PULL);
    expect(await manifest(registry, auth.issued[0]!.token)).toMatchObject({ status: 400 });
  });

  it('wants credentials at the token endpoint, for all but pulling where it is told to', async () => {
    const credentials = { username: 'me', password: 'pw' };
    const { registry } = await start({ credentials, anonymousPull: true, deniedStatus: 403 });
    const basic = `Basic ${Buffer.from('me:pw').toString('base64')}`;
    expect(await tokenFor(registry, PULL)).toMatchObject({ status: 200 });
    expect(await tokenFor(registry, `${PULL},push`)).toMatchObject({ status: 403 });
    expect(await tokenFor(registry, `${PULL},push`, basic)).toMatchObject({ status: 200 });
    expect(await tokenFor(registry, PULL, 'Basic AAAA')).toMatchObject({ status: 403 });
  });

  it('asks for wider scopes, names a foreign realm, loops 401s', async () => {
    const realm = 'http://169.254.169.254/latest';
    const { auth, registry } = await start({ realm, scope: () => 'repository:*:*', neverSatisfied: true });
    const { headers } = await manifest(registry);
    expect(headers['www-authenticate']).toBe(`Bearer realm="${realm}",service="condock-test",scope="repository:*:*"`);
    await tokenFor(registry, PULL);
    expect(await manifest(registry, auth.issued[0]!.token)).toMatchObject({ status: 401 });
  });

  it('gives one scope of several where it is told to', async () => {
    const { auth, registry } = await start({ tokens: { oneScope: true } });
    await tokenFor(registry, `${PULL} repository:c:pull`);
    expect(auth.issued[0]?.scopes).toEqual([PULL]);
  });

  it('takes a refresh token by POST, once where it rotates them', async () => {
    const { auth, registry } = await start({
      credentials: { username: 'me', password: 'pw' },
      refreshToken: 'first',
      tokens: { rotate: true },
    });
    const post = (refresh: string): Promise<Asked> =>
      ask(`${registry.url}/token`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refresh, scope: PULL }).toString(),
      });
    expect(await post('wrong')).toMatchObject({ status: 401 });
    const given = JSON.parse((await post('first')).body.toString()) as Record<string, string>;
    expect(await manifest(registry, given.access_token)).toMatchObject({ status: 200 });
    expect(await post('first')).toMatchObject({ status: 401 });
    expect(await post(given.refresh_token!)).toMatchObject({ status: 200 });
    expect(auth.issued).toHaveLength(2);
  });

  it.each(Object.entries(ODD_CHALLENGES))('sends a challenge that is odd: %s', async (_name, challenge) => {
    const { registry } = await start({ challenge: () => challenge });
    expect(await manifest(registry).catch(() => 'header refused')).toSatisfy(
      (answer: Asked | string) =>
        // undici bounds headers itself; that the bytes were sent is what counts here.
        answer === 'header refused' || (answer as Asked).headers['www-authenticate'] === String(challenge),
    );
    expect(registry.requests[0]?.status).toBe(401);
  });

  it('has a slow token endpoint where it is told to', async () => {
    const auth = bearerAuth();
    const slow = delayAnswer({ ms: 60_000, on: { kind: 'token' } });
    const registry = await startMisbehavingRegistry({ behaviours: [slow, auth] });
    running.push(registry);
    await expect(ask(`${registry.url}/token`, { signal: AbortSignal.timeout(100) })).rejects.toThrow();
    expect(await ask(`${registry.url}/v2/`)).toMatchObject({ status: 401 });
  });
});

describe('basic auth of the misbehaving registry', () => {
  it('takes a password until it has expired, and then says 400 as ECR does', async () => {
    const auth = basicAuth({ username: 'AWS', password: 'pw', uses: 1, expiredStatus: 400 });
    const registry = await startMisbehavingRegistry({ behaviours: [auth] });
    running.push(registry);
    const headers = { authorization: `Basic ${Buffer.from('AWS:pw').toString('base64')}` };
    const statuses = [];
    for (const h of [{}, headers, headers]) statuses.push((await ask(`${registry.url}/v2/`, { headers: h })).status);
    expect(statuses).toEqual([401, 200, 400]);
  });
});
