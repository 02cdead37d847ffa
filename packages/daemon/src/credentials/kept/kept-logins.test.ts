import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keychainFailure } from '../keychain/failures.ts';
import type { Keychain } from '../keychain/keychain.ts';
import { TestHome } from '../testing/test-credentials.ts';

const login = { kind: 'basic', username: 'u', secret: 'TOP-SECRET' } as const;

describe("Condock's own logins", () => {
  let home: TestHome;
  beforeEach(() => {
    home = new TestHome();
  });
  afterEach(() => home[Symbol.dispose]());
  const file = (name: string) => readFileSync(join(home.path, 'condock', name), 'utf8');

  it('are kept in the keychain, found again by another daemon, and are nowhere on disk', async () => {
    const entry = await home.credentials().keep('https://GHCR.io/', login, 'keychain');
    expect(entry).toEqual({
      host: 'ghcr.io',
      namespace: null,
      username: 'u',
      kind: 'basic',
      source: "keychain (Condock's login)",
    });
    expect(await home.credentials().find({ host: 'ghcr.io', repository: 'a/b' })).toMatchObject(login);
    expect(file('logins.json')).not.toContain('TOP-SECRET');
    expect(() => file('credentials.json')).toThrow(/ENOENT/);
    expect(statSync(join(home.path, 'condock')).mode & 0o777).toBe(0o700);
  });

  it('are kept in a file by wish, which only the user can read and which says what it is', async () => {
    const entry = await home.credentials().keep('h.io', login, 'file');
    expect(entry.source).toContain('credentials.json');
    expect(statSync(join(home.path, 'condock', 'credentials.json')).mode & 0o777).toBe(0o600);
    expect(file('credentials.json')).toContain('plain text');
    expect(await home.keychain.get('condock', 'h.io')).toBeUndefined();
    expect(await home.credentials().find({ host: 'h.io' })).toMatchObject(login);
  });

  it('in memory end with the daemon', async () => {
    const credentials = home.credentials();
    await credentials.keep('h.io', login, 'memory');
    expect(await credentials.find({ host: 'h.io' })).toMatchObject(login);
    expect(await home.credentials().find({ host: 'h.io' })).toBeUndefined();
  });

  it.each([
    ['keychain', 'file'],
    ['file', 'memory'],
    ['keychain', 'memory'],
    ['memory', 'keychain'],
  ] as const)('that move from %s to %s leave nothing behind', async (from, to) => {
    const credentials = home.credentials();
    await credentials.keep('h.io', { ...login, secret: 'OLD-SECRET' }, from);
    await credentials.keep('h.io', { ...login, secret: 'new' }, to);
    expect(await credentials.find({ host: 'h.io' })).toMatchObject({ secret: 'new' });
    expect((await credentials.list()).entries).toHaveLength(1);
    expect((await home.keychain.get('condock', 'h.io')) ?? '').not.toContain('OLD-SECRET');
    if (from === 'file') expect(file('credentials.json')).not.toContain('OLD-SECRET');
    expect(await credentials.logout('h.io')).toHaveLength(1);
    expect(await credentials.find({ host: 'h.io' })).toBeUndefined();
  });

  it('for a part of a registry serve that part alone, and logging out of the host removes them too', async () => {
    const credentials = home.credentials();
    await credentials.keep('quay.io/team', login, 'keychain');
    expect(await credentials.find({ host: 'quay.io', repository: 'team/pkg' })).toMatchObject({ namespace: 'team' });
    expect(await credentials.find({ host: 'quay.io', repository: 'teams/pkg' })).toBeUndefined();
    expect(await credentials.find({ host: 'quay.io' })).toBeUndefined();
    expect(await credentials.logout('quay.io')).toEqual(["keychain (Condock's login)"]);
    expect(await home.keychain.get('condock', 'quay.io/team')).toBeUndefined();
    expect(await credentials.logout('quay.io')).toEqual([]);
  });

  it('take a new secret from another daemon at once', async () => {
    const one = home.credentials({ random: () => 'one' });
    const two = home.credentials({ random: () => 'two' });
    await one.keep('h.io', { ...login, secret: 'first' }, 'keychain');
    expect(await one.find({ host: 'h.io' })).toMatchObject({ secret: 'first' });
    await two.keep('h.io', { ...login, secret: 'second' }, 'keychain');
    expect(await one.find({ host: 'h.io' })).toMatchObject({ secret: 'second' });
  });

  it('say that the keychain is locked where it has nothing to say of a login kept in it, and give way', async () => {
    await home.credentials().keep('h.io', login, 'keychain');
    home.write('.netrc', 'machine h.io login other password p');
    const locked: Keychain = { ...home.keychain, get: () => Promise.resolve(undefined) };
    const credentials = home.credentials({ keychain: locked });
    expect(await credentials.find({ host: 'h.io' })).toMatchObject({ username: 'other' });
    expect((await credentials.list()).warnings.join()).toMatch(/h\.io.*locked/);
    expect(credentials.explain('h.io')).toMatch(/locked/);
    for (const other of ['other.io', 'io', 'oh.io', 'h.io:5000']) expect(credentials.explain(other)).toBeUndefined();
  });

  it('are never put anywhere else where the keychain can not be used', async () => {
    const fail = () => Promise.reject(keychainFailure('no-service', 'no bus'));
    const credentials = home.credentials({ keychain: { ...home.keychain, set: fail } });
    await expect(credentials.keep('h.io', login, 'keychain')).rejects.toMatchObject({
      code: 'keychain-unavailable',
      hint: expect.stringContaining('--keep file') as string,
    });
    expect((await credentials.list()).entries).toEqual([]);
    expect(() => file('credentials.json')).toThrow(/ENOENT/);
  });

  it('stay on the list where a locked keychain would not delete them', async () => {
    await home.credentials().keep('h.io', login, 'keychain');
    const locked: Keychain = {
      ...home.keychain,
      delete: () => Promise.resolve(false),
      set: () => Promise.reject(keychainFailure('locked')),
    };
    const credentials = home.credentials({ keychain: locked });
    await expect(credentials.logout('h.io')).rejects.toMatchObject({ data: { reason: 'locked' } });
    expect((await credentials.list()).entries).toHaveLength(1);
  });

  it('that someone removed from the keychain by hand can be logged out of', async () => {
    const credentials = home.credentials();
    await credentials.keep('h.io', login, 'keychain');
    await home.keychain.delete('condock', 'h.io');
    expect(await credentials.logout('h.io')).toHaveLength(1);
    expect((await credentials.list()).entries).toEqual([]);
  });

  it('take over a refresh token that the registry replaced', async () => {
    for (const where of ['keychain', 'file', 'memory'] as const) {
      const credentials = home.credentials();
      await credentials.keep('h.io', { kind: 'identity-token', secret: 'first' }, where);
      const found = await credentials.find({ host: 'h.io' });
      await credentials.rotated?.({ host: 'h.io' }, found!, 'second');
      expect(await credentials.find({ host: 'h.io' })).toMatchObject({ secret: 'second' });
      if (where !== 'memory') {
        expect(await home.credentials().find({ host: 'h.io' })).toMatchObject({ secret: 'second' });
      }
    }
  });

  it('hold with a replaced refresh token that can not be kept until the daemon ends, and say so', async () => {
    await home.credentials().keep('h.io', { kind: 'identity-token', secret: 'TOP-first' }, 'keychain');
    const fail = () => Promise.reject(keychainFailure('hanging'));
    const credentials = home.credentials({ keychain: { ...home.keychain, set: fail } });
    const found = await credentials.find({ host: 'h.io' });
    await credentials.rotated?.({ host: 'h.io' }, found!, 'TOP-second');
    expect(await credentials.find({ host: 'h.io' })).toMatchObject({ secret: 'TOP-second' });
    const [warning] = (await credentials.list()).warnings;
    expect(warning).toMatch(/h\.io.*could not be kept.*does not answer.*log in again/);
    expect(warning).not.toContain('TOP-');
    expect(credentials.explain('h.io')).toBe(warning);
  });

  it('survive a list that is malformed: it is left out and named', async () => {
    home.write('condock/logins.json', '{"logins": {"h.io": {"kind": "basic", "where": "elsewhere"}}}');
    expect((await home.credentials().list()).entries).toEqual([]);
    home.write('condock/logins.json', '{');
    expect((await home.credentials().list()).warnings.join()).toContain('logins.json');
  });
});
