import { CondockError } from '@condock/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestHome } from '../testing/test-credentials.ts';
import { rattlerKeychainSource, readThroughKeychain, readThroughSecretTool } from './rattler-keychain.ts';

describe("rattler's keychain entries", () => {
  let home: TestHome;
  let entries: Map<string, string>;
  let asked: string[];
  beforeEach(() => {
    home = new TestHome();
    entries = new Map();
    asked = [];
  });
  afterEach(() => home[Symbol.dispose]());

  const source = (read?: Parameters<typeof rattlerKeychainSource>[0]['read']) =>
    rattlerKeychainSource({
      ...home.parts,
      answerMs: 300_000,
      read:
        read ??
        ((account) => {
          asked.push(account);
          return Promise.resolve(entries.get(account));
        }),
    });

  it('finds the wildcard under which pixi keeps a login, and asks once', async () => {
    entries.set('*.ghcr.io', JSON.stringify({ BasicHTTP: { username: 'u', password: 'p' } }));
    const rattler = source();
    expect(await rattler.find({ host: 'ghcr.io' })).toMatchObject({ kind: 'basic', username: 'u', secret: 'p' });
    await rattler.find({ host: 'ghcr.io' });
    expect(asked).toEqual(['ghcr.io', '*.ghcr.io', '*.io']);
  });

  it('asks again as soon as a registry refused what was found', async () => {
    entries.set('h', '{"BearerToken":"old"}');
    const rattler = source();
    expect(await rattler.find({ host: 'h' })).toMatchObject({ secret: 'old' });
    entries.set('h', '{"BearerToken":"new"}');
    home.time += 10_000;
    expect(await rattler.find({ host: 'h' })).toMatchObject({ secret: 'old' });
    rattler.refused?.('h');
    expect(await rattler.find({ host: 'h' })).toMatchObject({ secret: 'new' });
  });

  it('says that the keychain failed, gives way, and does not ask for every request', async () => {
    let asks = 0;
    const rattler = source(() => {
      asks += 1;
      return Promise.reject(new CondockError('keychain-unavailable', 'The keychain does not answer.'));
    });
    expect(await rattler.find({ host: '127.0.0.1' })).toBeUndefined();
    expect(await rattler.find({ host: '127.0.0.1' })).toBeUndefined();
    expect(asks).toBe(1);
    expect(home.problems.all().join()).toContain('does not answer');
  });

  it('leaves a keychain that hangs alone for a while, whichever host is asked for', async () => {
    let asks = 0;
    const rattler = source(() => {
      asks += 1;
      return Promise.reject(new CondockError('timeout', 'secret-tool did not end.'));
    });
    await rattler.find({ host: '127.0.0.1' });
    await rattler.find({ host: '127.0.0.2' });
    expect(asks).toBe(1);
    home.time += 300_001;
    await rattler.find({ host: '127.0.0.2' });
    expect(asks).toBe(2);
  });

  it('names a malformed entry without its content', async () => {
    entries.set('h', 'TOP-SECRET');
    expect(await source().find({ host: 'h' })).toBeUndefined();
    expect(home.problems.all().join()).toContain('malformed');
    expect(home.problems.all().join()).not.toContain('TOP-SECRET');
  });

  it("lists by rattler's own index", async () => {
    entries.set('__rattler_authentication_hosts', '["*.ghcr.io","gone.io"]');
    entries.set('*.ghcr.io', '{"BearerToken":"b"}');
    expect(await source().list()).toMatchObject([{ host: '*.ghcr.io', kind: 'bearer' }]);
  });

  it('reads through the keychain of macOS under the service rattler', async () => {
    await home.keychain.set('rattler', 'h', '{"BearerToken":"b"}');
    expect(await source(readThroughKeychain(home.keychain)).find({ host: 'h' })).toMatchObject({ secret: 'b' });
  });

  it('tells nothing found, a failure and a missing secret-tool apart', async () => {
    const env = { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere' };
    const tool = (isUsed: boolean) =>
      readThroughSecretTool({ run: home.run, env, timeoutMs: 1000, isUsed: () => isUsed });
    const { signal } = new AbortController();
    home.helper = () => ({ exitCode: 0, stdout: 'value' });
    expect(await tool(true)('h', signal)).toBe('value');
    home.helper = () => ({ exitCode: 1 });
    expect(await tool(true)('h', signal)).toBeUndefined();
    home.helper = () => ({ exitCode: 1, stderr: 'secret-tool: Cannot autolaunch D-Bus' });
    await expect(tool(true)('h', signal)).rejects.toMatchObject({ code: 'keychain-unavailable' });
    expect(await tool(false)('h', signal)).toBeUndefined();
    home.helper = () => {
      throw new CondockError('helper-failed', 'not there', { data: { reason: 'missing' } });
    };
    await expect(tool(true)('h', signal)).rejects.toThrow(/libsecret-tools/);
    expect(await tool(false)('h', signal)).toBeUndefined();
  });

  it('asks nothing where there is no session bus', async () => {
    const read = readThroughSecretTool({ run: home.run, env: {}, timeoutMs: 1, isUsed: () => true });
    expect(await read('h', new AbortController().signal)).toBeUndefined();
    expect(home.calls).toEqual([]);
  });
});
