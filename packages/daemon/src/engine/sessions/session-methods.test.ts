import { CondockError } from '@condock/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Credentials } from '../../credentials/index.ts';
import { TestHome } from '../../credentials/testing/test-credentials.ts';
import type { RegistryClient, RegistrySession, RequestOptions } from '../../oci/registry-client.ts';
import { withScopedIdentity } from './scope-identity.ts';
import { sessionMethods, type SessionMethods } from './session-methods.ts';

describe('session methods', () => {
  let home: TestHome;
  let credentials: Credentials;
  let changes: number;
  let forgotten: (string | undefined)[];
  let held: RegistrySession[];
  let sent: (string | undefined)[];
  let challenges: string[];
  let webPage: boolean;
  let takes: (secret: string | undefined) => number | Error;
  beforeEach(() => {
    home = new TestHome();
    credentials = home.credentials();
    changes = 0;
    forgotten = [];
    held = [];
    sent = [];
    challenges = ['Basic realm="r"'];
    webPage = false;
    takes = (secret) => (secret === 'right' ? 200 : 401);
  });
  afterEach(() => home[Symbol.dispose]());

  /** A registry that asks for its credential as the real client does. */
  const registry = {
    ping: async (host: string, options?: RequestOptions) => {
      const identity = options?.identity;
      const found = await credentials.find({ host, ...(identity === undefined ? {} : { identity }) });
      sent.push(found?.secret);
      const status = takes(found?.secret);
      if (status instanceof Error) throw status;
      return { status, challenges, webPage };
    },
    sessions: () => held,
    forget: (host?: string) => forgotten.push(host),
  } as unknown as RegistryClient;

  const context = (connection = 'c') => ({
    signal: new AbortController().signal,
    progress: () => undefined,
    connection,
  });
  const methods = (): SessionMethods => sessionMethods({ credentials, registry, changed: () => (changes += 1) });
  const login = (more: object = {}) =>
    methods()['session/login']({ host: 'h.io', username: 'u', secret: 'right', ...more }, context());

  it('keep a login only after its registry took it, in the keychain unless told otherwise', async () => {
    const document = await login();
    expect(document).toEqual({
      host: 'h.io',
      namespace: null,
      username: 'u',
      source: "keychain (Condock's login)",
      kind: 'basic',
      scopes: [],
      lastError: null,
      note: null,
    });
    expect(sent).toEqual(['right']);
    expect(changes).toBe(1);
    expect(forgotten).toEqual(['h.io']);
    expect(await credentials.find({ host: 'h.io' })).toMatchObject({ secret: 'right' });
  });

  it.each([
    ['an answer', () => 401],
    ['a refusal at the token server', () => new CondockError('denied', 'no', { data: { status: 403 } })],
  ])('keep nothing that the registry refuses by %s, and name host, status and user', async (_title, answer) => {
    takes = answer;
    const failure: unknown = await login({ secret: 'TOP-SECRET' }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'denied', data: { host: 'h.io' } });
    expect(String(failure)).toMatch(/h\.io refused the password of u \(HTTP 40[13]\)/);
    expect(JSON.stringify(failure)).not.toContain('TOP-SECRET');
    expect((await methods()['session/list']({}, context())).sessions).toEqual([]);
    expect(changes).toBe(0);
  });

  it('do not take a web server or a dead host for a registry', async () => {
    takes = () => 404;
    await expect(login()).rejects.toMatchObject({ code: 'registry-error' });
    takes = () => 200;
    webPage = true;
    await expect(login()).rejects.toMatchObject({ code: 'registry-error' });
    takes = () => new CondockError('unreachable', 'h.io does not answer.');
    await expect(login()).rejects.toMatchObject({ code: 'unreachable' });
    expect(await credentials.find({ host: 'h.io' })).toBeUndefined();
  });

  it('keep the refresh token that a registry gave in exchange for the one that it was shown', async () => {
    takes = () => 200;
    const ping = registry.ping.bind(registry);
    registry.ping = async (host, options) => {
      const query = { host, ...(options?.identity === undefined ? {} : { identity: options.identity }) };
      const answer = await ping(host, options);
      await credentials.rotated?.(query, (await credentials.find(query))!, 'next');
      return answer;
    };
    await login({ username: undefined, secret: 'first', kind: 'identity-token', keep: 'file' });
    registry.ping = ping;
    expect(sent).toEqual(['first']);
    expect(await credentials.find({ host: 'h.io' })).toMatchObject({ kind: 'identity-token', secret: 'next' });
  });

  it('say that a registry which lets everyone in did not look at the secret', async () => {
    challenges = [];
    expect(await login()).toMatchObject({ note: 'h.io lets everyone in and did not look at the password.' });
  });

  it('check the new secret, not one that is known already', async () => {
    await login();
    await expect(login({ secret: 'wrong' })).rejects.toMatchObject({ code: 'denied' });
    expect(sent).toEqual(['right', 'wrong']);
    expect(await credentials.find({ host: 'h.io' })).toMatchObject({ secret: 'right' });
  });

  it.each([
    [{ secret: '' }, /empty/],
    [{ username: undefined }, /needs a user name/],
    [{ username: 'a:b' }, /colon/],
    [{ secret: 'a\r\nX-Evil: 1' }, /line break/],
    [{ secret: 'tök en', kind: 'bearer' }, /can't be sent/],
    [{ host: 'not a host' }, /does not name a registry/],
  ])('refuse %j before anything is sent', async (more, sentence) => {
    await expect(login(more)).rejects.toThrow(sentence);
    expect(sent).toEqual([]);
  });

  it('read oci:// and old spellings of a host', async () => {
    expect(await login({ host: 'oci://H.io/' })).toMatchObject({ host: 'h.io' });
    expect(await login({ host: 'https://q.io/team' })).toMatchObject({ host: 'q.io', namespace: 'team' });
  });

  it('forget a login and say from where', async () => {
    await login({ keep: 'memory' });
    expect(await methods()['session/logout']({ host: 'h.io' }, context())).toMatchObject({
      removed: [expect.stringContaining('memory')],
      remaining: null,
    });
    expect(await credentials.find({ host: 'h.io' })).toBeUndefined();
    const path = home.write('.netrc', 'machine h.io login u password TOP-SECRET');
    expect(await methods()['session/logout']({ host: 'h.io' }, context())).toEqual({
      removed: [],
      remaining: `netrc (${path})`,
    });
  });

  it('lend an offered secret to that connection alone', async () => {
    await methods()['session/offer']({ identity: 'me', host: 'h.io', username: 'u', secret: 'right' }, context('one'));
    const ask = async (connection: string) => {
      const params = withScopedIdentity('session/test', { host: 'h.io', identity: 'me' }, connection);
      return methods()['session/test'](params, context(connection));
    };
    expect(await ask('one')).toMatchObject({ username: 'u', source: 'offered by the client' });
    await expect(ask('two')).rejects.toMatchObject({ code: 'login-required' });
    const offer = { identity: 'me', host: 'h.io', secret: 's' };
    expect(withScopedIdentity('session/offer', offer, 'one')).toEqual(offer);
  });

  it("list conversations with their scopes, then what was not used yet, and no other client's", async () => {
    await login();
    home.write('.netrc', 'machine n.io login bob password TOP-SECRET');
    const shared = { host: 'h.io', username: 'u', source: "keychain (Condock's login)", kind: 'basic' as const };
    const mine = { identity: '["c","me"]', source: 'offered by the client', kind: 'bearer' as const, scopes: [] };
    held = [
      { ...shared, scopes: [{ scope: 'repository:a:pull', expiresAt: 0 }, { scope: 'x' }], lastError: 'busy' },
      { ...mine, host: 'mine.io' },
      { ...mine, host: 'theirs.io', identity: '["d","me"]' },
    ];
    const { sessions } = await methods()['session/list']({}, context('c'));
    expect(sessions.map((one) => one.host)).toEqual(['h.io', 'mine.io', 'n.io']);
    expect(sessions[0]).toMatchObject({
      lastError: 'busy',
      scopes: [
        { scope: 'repository:a:pull', expiresAt: '1970-01-01T00:00:00.000Z' },
        { scope: 'x', expiresAt: null },
      ],
    });
    expect(JSON.stringify(sessions)).not.toMatch(/TOP-SECRET|right/);
  });

  it('show what another tool keeps, and copy it when asked', async () => {
    home.write('.docker/config.json', { auths: { 'q.io/team': { username: 'u', password: 'TOP-SECRET' } } });
    const found = await methods()['session/import']({ from: 'docker' }, context());
    expect(found.found).toMatchObject([{ host: 'q.io/team', username: 'u', kept: false, note: null }]);
    expect(JSON.stringify(found)).not.toContain('TOP-SECRET');
    expect(changes).toBe(0);
    await methods()['session/import']({ from: 'docker', keep: true }, context());
    expect(changes).toBe(1);
    expect(await credentials.find({ host: 'q.io', repository: 'team/x' })).toMatchObject({
      source: "keychain (Condock's login)",
    });
    const kept = await methods()['session/import']({ from: 'docker', keep: 'file' }, context());
    expect(kept.found).toMatchObject([{ kept: true }]);
    expect(await credentials.find({ host: 'q.io', repository: 'team/x' })).toMatchObject({
      source: expect.stringContaining('credentials.json') as string,
    });
  });

  it('say beside what another tool keeps what is wrong with it', async () => {
    home.write('.docker/config.json', { credsStore: 'x', auths: { 'bad host': {}, 'q.io': {} } });
    home.helper = () => ({ exitCode: 2, stderr: 'gpg: no key' });
    home.write('.rattler/credentials.json', '{');
    const warnings = async (from: 'docker' | 'pixi') =>
      (await methods()['session/import']({ from }, context())).warnings.join('\n');
    expect(await warnings('docker')).toMatch(/"bad host".*malformed[\s\S]*gpg: no key/);
    expect(await warnings('pixi')).toMatch(/^The rattler credentials .* was left out: it is not valid JSON\.$/);
    expect(await warnings('docker')).not.toContain('rattler');
  });
});
