import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Keychain } from './keychain.ts';
import { systemKeychain, type KeychainTimeouts } from './system-keychain.ts';

/** Stand-ins for keytar: what the real one does can be seen in test/real; here, what it rarely does. */
const STAND_INS = {
  working: `const m = new Map(); const k = (s, a) => s + ' ' + a;
    module.exports = { getPassword: async (s, a) => m.get(k(s, a)) ?? null,
      setPassword: async (s, a, p) => void m.set(k(s, a), p), deletePassword: async (s, a) => m.delete(k(s, a)) };`,
  // A thread of libuv that never comes back, as when D-Bus does not answer.
  hanging: `require('node:fs').appendFileSync(process.env.STARTS, 'x');
    module.exports = { getPassword: () => { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); } };`,
  locked: `module.exports = { setPassword: async () => { throw new Error('Cannot create an item in a locked collection'); } };`,
  'without service': `module.exports = { getPassword: async () => {
    throw new Error('The name org.freedesktop.secrets was not provided by any .service files'); } };`,
  'without bus': `module.exports = { getPassword: async () => { throw new Error('Cannot autolaunch D-Bus without X11 $DISPLAY'); } };`,
  'without library': `const e = new Error('libsecret-1.so.0: cannot open shared object file'); e.code = 'ERR_DLOPEN_FAILED'; throw e;`,
  refusing: `module.exports = { getPassword: async () => { throw new Error('The user name or passphrase you entered is not correct.'); } };`,
  // Says how it was started, as every user of the machine could read it.
  telling: `module.exports = { setPassword: async () => require('node:fs').appendFileSync(process.env.STARTS,
    JSON.stringify([process.argv, process.execArgv, process.title, process.env])) };`,
  dying: `module.exports = { getPassword: () => process.exit(3) };`,
  // As one that is killed: half of a line comes, and then nothing.
  'dying in its answer': `module.exports = { getPassword: () => {
    require('node:fs').writeSync(1, '{"id":1,"val'); process.kill(process.pid, 'SIGKILL'); } };`,
};

describe('the keychain of the system', () => {
  let dir: string;
  let time = 0;
  const open: Keychain[] = [];
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'condock-keychain-'));
    time = 0;
  });
  afterEach(() => {
    for (const keychain of open.splice(0)) keychain[Symbol.dispose]();
    rmSync(dir, { recursive: true });
  });

  const keychain = (kind: keyof typeof STAND_INS, timeouts: Partial<KeychainTimeouts> = {}): Keychain => {
    const keytarPath = join(dir, `${kind}.cjs`);
    writeFileSync(keytarPath, STAND_INS[kind]);
    const env = { ...process.env, STARTS: join(dir, 'starts') };
    const made = systemKeychain({ env, keytarPath, now: () => time, timeouts });
    open.push(made);
    return made;
  };
  const starts = () => (existsSync(join(dir, 'starts')) ? readFileSync(join(dir, 'starts'), 'utf8').length : 0);

  it('keeps, gives and deletes', async () => {
    const working = keychain('working');
    await working.set('condock', 'h', 'line one\nline "two" ü');
    expect(await working.get('condock', 'h')).toBe('line one\nline "two" ü');
    expect(await working.get('condock', 'other')).toBeUndefined();
    expect(await working.delete('condock', 'h')).toBe(true);
    expect(await working.delete('condock', 'h')).toBe(false);
  });

  it('hands a secret over where no other user can read it: not in arguments, not in the environment', async () => {
    await keychain('telling').set('condock', 'h', 'TOP-SECRET');
    const told = readFileSync(join(dir, 'starts'), 'utf8');
    expect(told).toContain('telling.cjs');
    expect(told).not.toContain('TOP-SECRET');
  });

  it.each([
    ['without library', 'missing-library', /library could not be loaded/],
    ['without service', 'no-service', /no keychain service/],
    ['without bus', 'no-service', /no keychain service/],
    ['refusing', 'refused', /refused/],
    ['dying', 'refused', /helper ended/],
    ['dying in its answer', 'refused', /helper ended/],
  ] as const)('%s is %s', async (kind, reason, sentence) => {
    const error: unknown = await keychain(kind)
      .get('condock', 'h')
      .catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'keychain-unavailable', data: { reason } });
    expect(error).toMatchObject({ message: expect.stringMatching(sentence) as string });
    expect(error).toMatchObject({ hint: expect.stringContaining('--keep file') as string });
  });

  it('locked says so when something is to be kept', async () => {
    await expect(keychain('locked').set('condock', 'h', 's')).rejects.toMatchObject({ data: { reason: 'locked' } });
  });

  it('hanging costs its time once, is then left alone, and is tried again by wish and after a while', async () => {
    const hanging = keychain('hanging', { background: 700, insisting: 700, restAfterHang: 1000 });
    const failed = { data: { reason: 'hanging' }, code: 'keychain-unavailable' };
    await expect(hanging.get('condock', 'h')).rejects.toMatchObject(failed);
    await expect(hanging.get('condock', 'h')).rejects.toMatchObject(failed);
    expect(starts()).toBe(1);
    await expect(hanging.get('condock', 'h', { insist: true })).rejects.toMatchObject(failed);
    expect(starts()).toBe(2);
    time += 1001;
    await expect(hanging.get('condock', 'h')).rejects.toMatchObject(failed);
    expect(starts()).toBe(3);
  });

  it('stops waiting when the request is cancelled', async () => {
    const controller = new AbortController();
    const waiting = keychain('hanging').get('condock', 'h', { signal: controller.signal });
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('starts another helper where the first has ended', async () => {
    const dying = keychain('dying');
    await expect(dying.get('condock', 'h')).rejects.toThrow(/helper ended: 3/);
    await expect(dying.get('condock', 'h')).rejects.toThrow(/helper ended: 3/);
  });
});
