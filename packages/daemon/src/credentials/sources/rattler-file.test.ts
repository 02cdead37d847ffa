import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestHome } from '../testing/test-credentials.ts';
import { rattlerKeys } from './rattler-authentication.ts';
import { rattlerFileSource } from './rattler-file.ts';

describe("rattler's file", () => {
  let home: TestHome;
  beforeEach(() => {
    home = new TestHome();
  });
  afterEach(() => home[Symbol.dispose]());
  const source = (content: unknown) =>
    rattlerFileSource(home.parts, { path: home.write('credentials.json', content), label: 'rattler credentials' });

  it('reads every variant that a registry can take and says of the others why not', async () => {
    const oauth = { access_token: 'at', refresh_token: 'rt', token_endpoint: 'https://x', client_id: 'c' };
    const rattler = source({
      'basic.io': { BasicHTTP: { username: 'u', password: 'p' } },
      'bearer.io': { BearerToken: 'b' },
      'oauth.io': { OAuth: { ...oauth, expires_at: home.time / 1000 + 60 } },
      'expired.io': { OAuth: { ...oauth, expires_at: home.time / 1000 - 1 } },
      'conda.io': { CondaToken: 'TOP-SECRET' },
      's3.io': { S3Credentials: { access_key_id: 'a', secret_access_key: 'TOP-SECRET' } },
    });
    const find = (host: string) => rattler.find({ host });
    expect(await find('basic.io')).toMatchObject({ kind: 'basic', username: 'u', secret: 'p' });
    expect(await find('bearer.io')).toMatchObject({ kind: 'bearer', secret: 'b' });
    expect(await find('oauth.io')).toMatchObject({ kind: 'bearer', secret: 'at', expiresAt: home.time + 60_000 });
    for (const host of ['expired.io', 'conda.io', 's3.io', 'other.io']) expect(await find(host)).toBeUndefined();
    const notes = (await rattler.list()).filter((entry) => entry.note !== undefined);
    expect(notes.map((entry) => entry.host)).toEqual(['expired.io', 'conda.io', 's3.io']);
    expect(JSON.stringify(notes)).not.toContain('TOP-SECRET');
  });

  it('says of a token that came to its end that it did, as long as there is no other', async () => {
    const oauth = (seconds: number) => ({ OAuth: { access_token: 'TOP', expires_at: home.time / 1000 + seconds } });
    const rattler = source({ 'h.io': oauth(60) });
    expect(await rattler.find({ host: 'h.io' })).toBeDefined();
    home.time += 61_000;
    expect(await rattler.find({ host: 'h.io' })).toBeUndefined();
    expect(home.problems.about('h.io')).toMatch(/^The token for h\.io has expired: run "pixi auth login" again\. \(/);
    expect(home.problems.all().join()).not.toContain('TOP');
    source({ 'h.io': oauth(60) });
    expect(await rattler.find({ host: 'h.io' })).toBeDefined();
    expect(home.problems.all()).toEqual([]);
  });

  it('walks up the wildcards as rattler does, the host itself first', async () => {
    const rattler = source({ '*.ghcr.io': { BearerToken: 'wild' }, 'a.b.ghcr.io': { BearerToken: 'own' } });
    const who = async (host: string) => (await rattler.find({ host }))?.secret;
    expect(await who('ghcr.io')).toBe('wild');
    expect(await who('x.y.ghcr.io')).toBe('wild');
    expect(await who('a.b.ghcr.io')).toBe('own');
    expect(await who('evilghcr.io')).toBeUndefined();
    expect(await who('ghcr.io.evil.com')).toBeUndefined();
  });

  it('finds an entry with a port, and sends one without a port to the default port alone', async () => {
    const rattler = source({ 'localhost:5000': { BearerToken: 'ported' }, 'r.io': { BearerToken: 'plain' } });
    const who = async (host: string) => (await rattler.find({ host }))?.secret;
    expect(await who('localhost:5000')).toBe('ported');
    expect(await who('localhost')).toBeUndefined();
    expect(await who('r.io:443')).toBe('plain');
    expect(await who('r.io:6666')).toBeUndefined();
    expect(rattlerKeys('127.0.0.1')).toEqual(['127.0.0.1']);
  });

  it('names malformed entries, keeps the others', async () => {
    const rattler = source({ 'bad.io': { Nonsense: 'TOP-SECRET' }, 'good.io': { BearerToken: 'b' } });
    expect(await rattler.find({ host: 'good.io' })).toBeDefined();
    expect(home.problems.all().join()).toContain('bad.io');
    expect(home.problems.all().join()).not.toContain('TOP-SECRET');
  });
});
