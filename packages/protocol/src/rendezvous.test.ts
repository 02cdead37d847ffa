import { describe, expect, it } from 'vitest';
import {
  daemonAddress,
  isSocketFileName,
  MAX_SOCKET_PATH_BYTES,
  parseRegistration,
  registrationFileName,
  registrationGeneration,
  resolvePlaces,
} from './rendezvous.ts';

const linux = { platform: 'linux', homedir: '/home/u', tmpdir: '/tmp', uid: 1000 };
const places = (env: Record<string, string>) => resolvePlaces({ ...linux, env });

describe('resolvePlaces', () => {
  it('puts everything below CONDOCK_HOME', () => {
    expect(places({ CONDOCK_HOME: '/h/', XDG_RUNTIME_DIR: '/run/user/1000' })).toEqual({
      cache: '/h/cache',
      config: '/h/config',
      runtime: '/h/run',
      logs: '/h/logs',
    });
  });

  it('follows the XDG directories, and passes over relative ones', () => {
    expect(places({ XDG_RUNTIME_DIR: '/run/user/1000', XDG_CACHE_HOME: 'no', CONDOCK_HOME: 'no' })).toEqual({
      cache: '/home/u/.cache/condock',
      config: '/home/u/.config/condock',
      runtime: '/run/user/1000/condock',
      logs: '/home/u/.local/state/condock/logs',
    });
  });

  it('knows the directories of macOS and Windows', () => {
    const mac = resolvePlaces({ env: {}, platform: 'darwin', homedir: '/Users/u', tmpdir: '/t', uid: 501 });
    expect(mac.runtime).toBe('/Users/u/Library/Caches/condock/run');
    const env = { LOCALAPPDATA: 'C:\\Users\\u\\AppData\\Local' };
    const windows = resolvePlaces({ env, platform: 'win32', homedir: 'C:\\Users\\u', tmpdir: 'C:\\t' });
    expect(windows.runtime).toBe('C:\\Users\\u\\AppData\\Local\\condock\\run');
  });

  it('takes a short runtime directory where a socket would not fit, one for each home', () => {
    const deep = (n: string) => places({ CONDOCK_HOME: `/${'deep/'.repeat(20)}${n}` }).runtime;
    expect(deep('a')).toMatch(/^\/tmp\/condock-1000-[0-9a-f]{12}$/);
    expect(deep('a')).toBe(deep('a'));
    expect(deep('a')).not.toBe(deep('b'));
    const address = daemonAddress(deep('a'), 'f'.repeat(16), 'linux');
    expect(Buffer.byteLength(address)).toBeLessThanOrEqual(MAX_SOCKET_PATH_BYTES);
  });

  it('draws that line at 103 bytes, which are not characters', () => {
    // "/run" and "/d.0123456789abcdef.sock" take 28 bytes.
    const longest = `/${'x'.repeat(74)}`;
    expect(places({ CONDOCK_HOME: longest }).runtime).toBe(`${longest}/run`);
    expect(places({ CONDOCK_HOME: `${longest}x` }).runtime).toMatch(/^\/tmp\//);
    expect(places({ CONDOCK_HOME: `/${'ä'.repeat(40)}` }).runtime).toMatch(/^\/tmp\//);
  });

  it('passes over a temporary directory that is too deep itself', () => {
    const input = { ...linux, tmpdir: `/${'t'.repeat(100)}`, env: { CONDOCK_HOME: `/${'x'.repeat(100)}` } };
    expect(resolvePlaces(input).runtime).toMatch(/^\/tmp\/condock-1000-/);
  });
});

describe('registrations', () => {
  const good = {
    version: '1',
    protocol: { major: 1, minor: 0 },
    pid: 1,
    address: '/s',
    token: 'a'.repeat(64),
    startedAt: 'now',
  };

  it('are read whole or not at all', () => {
    const text = JSON.stringify(good);
    expect(parseRegistration(text)).toEqual(good);
    for (let cut = 0; cut < text.length; cut += 1) expect(parseRegistration(text.slice(0, cut))).toBeUndefined();
    for (const bad of [{ token: 'short' }, { pid: '1' }, { protocol: null }, { address: undefined }]) {
      expect(parseRegistration(JSON.stringify({ ...good, ...bad }))).toBeUndefined();
    }
  });

  it('are told by their names', () => {
    expect(registrationGeneration(registrationFileName(12))).toBe(12);
    for (const name of ['daemon.json', 'daemon.-1.json', 'daemon.1.json.tmp', 'xdaemon.1.json']) {
      expect(registrationGeneration(name)).toBeUndefined();
    }
    expect(isSocketFileName('d.0123456789abcdef.sock')).toBe(true);
    expect(isSocketFileName('other.sock')).toBe(false);
  });

  it('name a pipe on Windows', () => {
    expect(daemonAddress('C:\\run', 'ab', 'win32')).toBe('\\\\.\\pipe\\condock-ab');
  });
});
