import { decodeJwt, importX509, jwtVerify } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask } from '../misbehaving-registry/ask.ts';
import { parseScope, startTokenServer, type TokenServer } from './index.ts';

const SCOPE = 'repository:a/b:pull,push';
const basic = { authorization: `Basic ${Buffer.from('me:p:w').toString('base64')}` };

interface Given {
  token?: string;
  access_token: string;
  refresh_token?: string;
  expires_in: number;
}

describe('the token server', () => {
  let server: TokenServer;
  beforeEach(async () => {
    server = await startTokenServer({ users: { me: 'p:w' } });
  });
  afterEach(() => server.stop());
  const get = async (query: string, headers: Record<string, string> = {}): Promise<Given> =>
    JSON.parse((await ask(`${server.realm}?service=${server.service}&${query}`, { headers })).body.toString()) as Given;
  const post = async (fields: Record<string, string>): Promise<{ status: number; given: Given }> => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const body = new URLSearchParams({ service: server.service, scope: SCOPE, ...fields }).toString();
    const answer = await ask(server.realm, { method: 'POST', headers, body });
    return { status: answer.status, given: JSON.parse(answer.body.toString()) as Given };
  };

  it('gives a token that its certificate verifies, for what the asker may do', async () => {
    const anonymous = await get(`scope=${SCOPE}`);
    const { payload } = await jwtVerify(anonymous.token!, await importX509(server.certificate, 'ES256'), {
      issuer: server.issuer,
      audience: server.service,
    });
    expect(payload.access).toEqual([{ type: 'repository', name: 'a/b', actions: ['pull'] }]);
    expect(anonymous).toMatchObject({ access_token: anonymous.token, expires_in: 300 });
    const user = await get(`scope=${SCOPE}&scope=repository:c:pull`, basic);
    expect(decodeJwt(user.token!)).toMatchObject({
      sub: 'me',
      access: [{ name: 'a/b', actions: ['pull', 'push'] }, { name: 'c' }],
    });
    expect(server.tokenRequests.map(({ username, scopes }) => [username, scopes.length])).toEqual([
      [undefined, 1],
      ['me', 2],
    ]);
  });

  it('refuses wrong passwords, and askers that may do nothing', async () => {
    const wrong = { authorization: `Basic ${Buffer.from('me:x').toString('base64')}` };
    expect(await ask(`${server.realm}?scope=${SCOPE}`, { headers: wrong })).toMatchObject({ status: 401 });
    await using closed = await startTokenServer({ grant: () => [], refusal: 403 });
    expect(await ask(`${closed.realm}?scope=${SCOPE}`)).toMatchObject({ status: 403 });
    expect(closed.tokenRequests).toMatchObject([{ access: undefined }]);
  });

  it('gives refresh tokens for a login, and access tokens for refresh tokens', async () => {
    const login = await post({ grant_type: 'password', username: 'me', password: 'p:w', access_type: 'offline' });
    expect(login.given.token).toBeUndefined();
    const refresh = login.given.refresh_token!;
    const again = await post({ grant_type: 'refresh_token', refresh_token: refresh });
    expect(decodeJwt(again.given.access_token)).toMatchObject({ sub: 'me', access: [{ actions: ['pull', 'push'] }] });
    expect(again.given.refresh_token).toBeUndefined();
    expect((await get(`offline_token=true&scope=${SCOPE}`, basic)).refresh_token).toBeDefined();
    expect(await post({ grant_type: 'refresh_token', refresh_token: 'unknown' })).toMatchObject({ status: 401 });
    expect(await post({ grant_type: 'client_credentials' })).toMatchObject({ status: 400 });
  });

  it('takes a refresh token once where it rotates them', async () => {
    server.rotateRefreshTokens();
    const first = server.createRefreshToken('me');
    const { given } = await post({ grant_type: 'refresh_token', refresh_token: first });
    expect(await post({ grant_type: 'refresh_token', refresh_token: first })).toMatchObject({ status: 401 });
    const next = await post({ grant_type: 'refresh_token', refresh_token: given.refresh_token! });
    expect(next.status).toBe(200);
  });

  it('gives tokens as short-lived as it is told', async () => {
    server.setLifetime(-120);
    const { token } = await get(`scope=${SCOPE}`);
    const key = await importX509(server.certificate, 'ES256');
    await expect(jwtVerify(token!, key, { clockTolerance: 60 })).rejects.toThrow(/exp/);
  });

  it('keeps what reached it, so that a test can look for secrets', async () => {
    await get(`scope=${SCOPE}`, basic);
    expect(server.leaksOf('p:w', 'me')).toContain('basic');
    expect(server.requests).toHaveLength(1);
  });
});

describe('scopes', () => {
  it('are read with colons in names, and without actions', () => {
    expect(parseScope('repository:host:5000/a:pull')).toEqual({
      type: 'repository',
      name: 'host:5000/a',
      actions: ['pull'],
    });
    expect(parseScope('registry:catalog:*')).toEqual({ type: 'registry', name: 'catalog', actions: ['*'] });
    expect(parseScope('repository:a:')?.actions).toEqual([]);
    expect(parseScope('nonsense')).toBeUndefined();
  });
});
