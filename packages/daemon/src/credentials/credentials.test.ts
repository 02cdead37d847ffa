import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { scopedIdentity } from './offered.ts';
import { pair, TestHome } from './testing/test-credentials.ts';

describe('credentials', () => {
  let home: TestHome;
  beforeEach(() => {
    home = new TestHome();
  });
  afterEach(() => home[Symbol.dispose]());
  const auths = (who: string) => ({ auths: { 'h.io': { auth: pair(who, 'p') } } });
  const basic = (username: string) => ({ kind: 'basic', username, secret: 's' }) as const;

  it('are asked in the order of the documents, anonymous last', async () => {
    const rattler = (who: string) => ({ 'h.io': { BasicHTTP: { username: who, password: 'p' } } });
    const env: Record<string, string | undefined> = {
      RATTLER_AUTH_FILE: home.write('named/rattler.json', rattler('rattler-named')),
      REGISTRY_AUTH_FILE: home.write('named/podman.json', auths('podman-named')),
      DOCKER_CONFIG: join(home.path, 'named'),
      XDG_CONFIG_HOME: join(home.path, 'xdg'),
      DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere',
    };
    home.write('named/config.json', auths('docker-named'));
    home.write('override.json', rattler('pixi-override'));
    home.write('.pixi/config.toml', 'authentication-override-file = "~/override.json"');
    home.write('xdg/containers/auth.json', auths('podman'));
    home.write('.docker/config.json', auths('docker'));
    home.write('.rattler/credentials.json', rattler('rattler'));
    home.write('.netrc', 'machine h.io login netrc password p');
    home.helper = () => ({ exitCode: 0, stdout: JSON.stringify(rattler('rattler-keychain')['h.io']) });
    const identity = scopedIdentity('connection', 'me');

    const first = home.credentials({ env });
    await first.keep('h.io', basic('kept'), 'memory');
    first.offer('connection', 'me', 'h.io', basic('offered'));
    const who = async (credentials = home.credentials({ env }), more = {}) =>
      (await credentials.find({ host: 'h.io', ...more }))?.username;
    expect(await who(first, { identity })).toBe('offered');
    expect(await who(first)).toBe('kept');
    expect(await who()).toBe('rattler-named');
    env.RATTLER_AUTH_FILE = undefined;
    expect(await who()).toBe('podman-named');
    const { REGISTRY_AUTH_FILE: podmanNamed } = env;
    env.REGISTRY_AUTH_FILE = undefined;
    expect(await who()).toBe('docker-named');
    env.DOCKER_CONFIG = undefined;
    expect(await who()).toBe('pixi-override');
    env.PIXI_NO_CONFIG = '1';
    expect(await who()).toBe('podman');
    env.XDG_CONFIG_HOME = undefined;
    expect(await who()).toBe('docker');
    home.write('.docker/config.json', '{}');
    expect(await who()).toBe('rattler-keychain');
    env.DBUS_SESSION_BUS_ADDRESS = undefined;
    expect(await who()).toBe('rattler');
    home.write('.rattler/credentials.json', '{}');
    expect(await who()).toBe('netrc');
    home.write('.netrc', '');
    expect(await who()).toBeUndefined();
    expect(podmanNamed).toBeDefined();
  });

  it('that a client offers serve only what that connection asks for under that name', async () => {
    const credentials = home.credentials();
    home.write('.netrc', 'machine h.io login shared password p\nmachine other.io login shared password p');
    credentials.offer('one', 'me', 'h.io', basic('offered'));
    const who = async (identity: string | undefined, host = 'h.io') =>
      (await credentials.find({ host, ...(identity === undefined ? {} : { identity }) }))?.username;
    expect(await who(scopedIdentity('one', 'me'))).toBe('offered');
    expect(await who(undefined)).toBe('shared');
    expect(await who(scopedIdentity('one', 'me'), 'other.io')).toBe('shared');
    for (const foreign of [scopedIdentity('two', 'me'), scopedIdentity('one', 'you'), 'me']) {
      await expect(who(foreign)).rejects.toMatchObject({ code: 'login-required' });
    }
    expect((await credentials.list()).entries.map((entry) => entry.username)).not.toContain('offered');
    credentials.connectionClosed('one');
    await expect(who(scopedIdentity('one', 'me'))).rejects.toMatchObject({ code: 'login-required' });
  });

  it('of an identity may be several, the last one for a registry counts, and a rotated token is remembered', async () => {
    const credentials = home.credentials();
    const identity = scopedIdentity('c', 'me');
    credentials.offer('c', 'me', 'a.io', basic('a'));
    credentials.offer('c', 'me', 'b.io', basic('b'));
    credentials.offer('c', 'me', 'a.io', { kind: 'identity-token', secret: 'first' });
    const found = await credentials.find({ host: 'a.io', identity });
    await credentials.rotated?.({ host: 'a.io', identity }, found!, 'second');
    expect(await credentials.find({ host: 'a.io', identity })).toMatchObject({ secret: 'second' });
    expect(await credentials.find({ host: 'b.io', identity })).toMatchObject({ username: 'b' });
  });

  it('that no request could carry give way to the next source, and are named without their content', async () => {
    home.write('.docker/config.json', { auths: { 'h.io': { registrytoken: 'TOP-SECRET\n' } } });
    home.write('.netrc', 'machine h.io login u password "p\\n"\n');
    const credentials = home.credentials();
    expect(await credentials.find({ host: 'h.io' })).toMatchObject({ kind: 'basic', username: 'u' });
    const { warnings } = await credentials.list();
    expect(warnings.join()).toMatch(/The token for h\.io holds .* line break.*named by docker config/);
    expect(credentials.explain('h.io')).toMatch(/left out/);
    expect(warnings.join()).not.toContain('TOP-SECRET');
    home.write('.docker/config.json', { auths: { 'h.io': { registrytoken: 'good' } } });
    expect(await credentials.find({ host: 'h.io' })).toMatchObject({ secret: 'good' });
    expect((await credentials.list()).warnings).toEqual([]);
  });

  it("of another tool's file are rotated in memory until the file changes", async () => {
    const write = (token: string) =>
      home.write('.docker/config.json', { auths: { 'h.io': { identitytoken: token, auth: pair('u', '') } } });
    write('first');
    const credentials = home.credentials();
    const one = await credentials.find({ host: 'h.io' });
    await credentials.rotated?.({ host: 'h.io' }, one!, 'second');
    const two = await credentials.find({ host: 'h.io' });
    expect(two).toMatchObject({ secret: 'second' });
    await credentials.rotated?.({ host: 'h.io' }, two!, 'third');
    expect(await credentials.find({ host: 'h.io' })).toMatchObject({ secret: 'third' });
    write('from-a-new-login');
    expect(await credentials.find({ host: 'h.io' })).toMatchObject({ secret: 'from-a-new-login' });
  });

  it('never come from the folder that one works in', async () => {
    const project = join(home.path, 'project');
    mkdirSync(join(project, '.pixi'), { recursive: true });
    mkdirSync(join(project, '.docker'));
    const planted = { 'h.io': { BearerToken: 'planted' } };
    writeFileSync(join(project, 'auth.json'), JSON.stringify(planted));
    writeFileSync(join(project, '.netrc'), 'machine h.io login planted password p');
    writeFileSync(join(project, '.docker', 'config.json'), JSON.stringify(auths('planted')));
    writeFileSync(join(project, '.pixi', 'config.toml'), `authentication-override-file = "${project}/auth.json"`);
    const before = process.cwd();
    process.chdir(project);
    try {
      const env = { RATTLER_AUTH_FILE: 'auth.json', DOCKER_CONFIG: '.docker', NETRC: '.netrc', PIXI_HOME: '.pixi' };
      expect(await home.credentials({ env }).find({ host: 'h.io' })).toBeUndefined();
    } finally {
      process.chdir(before);
    }
  });

  it('of docker, podman and pixi can be shown and copied, with a word on each that can not', async () => {
    home.write('.docker/config.json', {
      auths: { 'a.io': { auth: pair('u', 'TOP-SECRET') }, 'q.io/team': { auth: pair('t', 'p') }, 'empty.io': {} },
    });
    const credentials = home.credentials();
    const { found: shown } = await credentials.importFrom('docker', {});
    expect(shown.map((one) => [one.host, one.namespace, one.username, one.kept, one.note !== undefined])).toEqual([
      ['a.io', null, 'u', false, false],
      ['q.io', 'team', 't', false, false],
      ['empty.io', null, null, false, true],
    ]);
    expect(JSON.stringify(shown)).not.toContain('TOP-SECRET');
    expect(await home.keychain.get('condock', 'a.io')).toBeUndefined();

    const { found: kept } = await credentials.importFrom('docker', { host: 'a.io', keep: 'keychain' });
    expect(kept).toMatchObject([{ host: 'a.io', kept: true }]);
    expect(await home.keychain.get('condock', 'a.io')).toContain('TOP-SECRET');
    expect(await home.keychain.get('condock', 'q.io/team')).toBeUndefined();

    home.write('.rattler/credentials.json', { '*.ghcr.io': { BearerToken: 'b' }, 'c.io': { CondaToken: 't' } });
    const { found: pixi } = await credentials.importFrom('pixi', { keep: 'keychain' });
    expect(pixi.map((one) => [one.host, one.kept, one.note !== undefined])).toEqual([
      ['*.ghcr.io', false, true],
      ['c.io', false, true],
    ]);
  });

  it.each(['', 'a b', 'https://', 'user:pw@host', '*.ghcr.io', 'host/../x'])('are not kept for "%s"', async (host) => {
    const credentials = home.credentials();
    await expect(credentials.keep(host, basic('u'), 'memory')).rejects.toMatchObject({ code: 'usage' });
  });
});
