import { describe, expect, it } from 'vitest';
import { mostSpecific } from '../host-key.ts';
import { pair } from '../testing/test-credentials.ts';
import { parseDockerConfig } from './docker-config.ts';

const one = (entry: unknown) => parseDockerConfig(JSON.stringify({ auths: { 'ghcr.io': entry } }));
const secret = (entry: unknown) => one(entry).auths[0]?.secret;

describe('parseDockerConfig', () => {
  it('reads name and password, colons in the password and NULs at its end included', () => {
    expect(secret({ auth: pair('user', 'pa:ss:word\0\0') })).toEqual({
      kind: 'basic',
      username: 'user',
      secret: 'pa:ss:word',
    });
  });

  it('prefers a ready token to a refresh token and that to a password', () => {
    const all = { auth: pair('user', 'pw'), identitytoken: 'refresh', registrytoken: 'ready' };
    expect(secret(all)).toEqual({ kind: 'bearer', username: 'user', secret: 'ready' });
    expect(secret({ ...all, registrytoken: '' })).toMatchObject({ kind: 'identity-token', secret: 'refresh' });
  });

  it('reads the older plain form', () => {
    expect(secret({ username: 'u', password: 'p' })).toEqual({ kind: 'basic', username: 'u', secret: 'p' });
  });

  it('takes the user <token> for what docker means by it', () => {
    expect(secret({ auth: pair('<token>', 'refresh') })).toEqual({ kind: 'identity-token', secret: 'refresh' });
  });

  it('takes {} and an e-mail alone for a marker', () => {
    expect(one({}).auths).toEqual([{ key: { host: 'ghcr.io' }, secret: undefined }]);
    expect(secret({ email: 'a@b' })).toBeUndefined();
    expect(one(null).auths[0]?.secret).toBeUndefined();
  });

  it('names malformed entries and keeps the others', () => {
    const config = parseDockerConfig(
      JSON.stringify({ auths: { 'a b': {}, 'h.io': { auth: '%%%' }, 'g.io': 'x', 'ok.io': { auth: pair('u', 'p') } } }),
    );
    expect(config.malformed).toEqual(['a b', 'h.io', 'g.io']);
    expect(config.auths).toHaveLength(1);
  });

  it("takes today's spelling of a registry before those that older versions left behind", () => {
    const who = (old: string, now: string, host: string) => {
      const auths = { [old]: { auth: pair('old', 'p') }, [now]: { auth: pair('now', 'p') } };
      return mostSpecific(parseDockerConfig(JSON.stringify({ auths })).auths, host, undefined)?.secret?.username;
    };
    expect(who('https://registry.corp/v1/', 'registry.corp', 'registry.corp')).toBe('now');
    expect(who('index.docker.io', 'https://index.docker.io/v1/', 'docker.io')).toBe('now');
    const helpers = { 'https://h.io': 'old', 'h.io': 'new' };
    expect(parseDockerConfig(JSON.stringify({ credHelpers: helpers })).credHelpers.get('h.io')).toBe('new');
  });

  it('reads .dockercfg, whose top level is the map of hosts', () => {
    const config = parseDockerConfig(JSON.stringify({ 'https://index.docker.io/v1/': { auth: pair('u', 'p') } }));
    expect(config.auths).toEqual([
      { key: { host: 'docker.io' }, secret: { kind: 'basic', username: 'u', secret: 'p' } },
    ]);
  });

  it.each(['[]', '{', '{"auths": []}', '{"credHelpers": "x"}', '"text"'])('refuses %s without quoting it', (text) => {
    let message = '';
    try {
      parseDockerConfig(text);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).not.toBe('');
    expect(message).not.toContain(text);
  });

  it('reads an empty file as nothing', () => {
    expect(parseDockerConfig('').auths).toEqual([]);
  });
});
