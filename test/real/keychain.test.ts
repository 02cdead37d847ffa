import { cpSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  createCredentials,
  type Credentials,
  systemKeychain,
  type SystemKeychainParts,
} from '../../packages/daemon/src/credentials/index.ts';
import { runProgram } from '../../packages/daemon/src/system/run-program.ts';
import { bundleProgram } from '../support/bundle.ts';
import { findProgramOrSay } from '../support/find-program.ts';
import { lockKeyring, type SessionBus, startSessionBus } from './support/secret-service.ts';

const SUITE = 'the keychain against a real Secret Service';
const missing = ['gnome-keyring-daemon', 'dbus-daemon', 'dbus-send'].some(
  (p) => findProgramOrSay(p, SUITE) === undefined,
);
const helper = findProgramOrSay('docker-credential-secretservice', 'docker-credential-secretservice');
const secretTool = findProgramOrSay('secret-tool', "rattler's keychain entries (Debian: libsecret-tools)");
const keytarPath = createRequire(new URL('../../packages/daemon/package.json', import.meta.url)).resolve('keytar');
const login = { kind: 'basic', username: 'u', secret: 'TOP-SECRET ü' } as const;

describe.skipIf(missing || process.platform !== 'linux')('the keychain of a Linux desktop', () => {
  let bus: SessionBus | undefined;
  const open: Credentials[] = [];
  beforeEach(() => {
    bus = undefined;
  });
  afterEach(async () => {
    for (const credentials of open.splice(0)) credentials[Symbol.dispose]();
    await bus?.[Symbol.asyncDispose]();
  });

  const start = async (service: Parameters<typeof startSessionBus>[0]): Promise<SessionBus> => {
    bus = await startSessionBus(service);
    return bus;
  };
  const made = ({ env, home }: SessionBus, more: Partial<SystemKeychainParts> = {}): Credentials => {
    const timeouts = { background: 4000, insisting: 4000 };
    const credentials = createCredentials({
      env,
      homedir: home,
      platform: 'linux',
      configDir: join(home, 'condock'),
      timeouts: { keychain: 1500 },
      keychain: systemKeychain({ env, now: () => performance.now(), timeouts, ...more }),
    });
    open.push(credentials);
    return credentials;
  };
  const secretOf = async (credentials: Credentials, host = 'h.io') => (await credentials.find({ host }))?.secret;
  const warnings = async (credentials: Credentials) => (await credentials.list()).warnings.join('\n');

  it('keeps a login that another process finds, and forgets it', async () => {
    const session = await start('unlocked');
    expect(await made(session).keep('h.io', login, 'keychain')).toMatchObject({ source: "keychain (Condock's login)" });
    const other = made(session);
    expect(await other.find({ host: 'h.io' })).toMatchObject(login);
    expect(readFileSync(join(session.home, 'condock', 'logins.json'), 'utf8')).not.toContain('TOP-SECRET');
    expect(await other.logout('h.io')).toHaveLength(1);
    expect(await secretOf(made(session))).toBeUndefined();
  });

  it('that is locked while in use says so, loses nothing, and lets nobody believe that a login was removed', async () => {
    const session = await start('unlocked');
    await made(session).keep('h.io', login, 'keychain');
    await lockKeyring(session.env);
    const credentials = made(session);
    expect(await secretOf(credentials)).toBeUndefined();
    expect(await warnings(credentials)).toMatch(/login for h\.io .*locked/);
    await expect(credentials.logout('h.io')).rejects.toMatchObject({ data: { reason: 'locked' } });
    expect((await credentials.list()).entries).toHaveLength(1);
  });

  it.each([
    ['locked', 'locked'],
    ['none', 'no-service'],
    ['hanging', 'hanging'],
  ] as const)(
    'that is %s refuses a login with its own reason, and nothing is written instead',
    async (service, reason) => {
      const session = await start(service);
      const credentials = made(session, { timeouts: { background: 1500, insisting: 1500 } });
      const failure: unknown = await credentials.keep('h.io', login, 'keychain').catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 'keychain-unavailable', data: { reason } });
      expect(JSON.stringify(failure)).not.toContain('TOP-SECRET');
      expect((await credentials.list()).entries).toEqual([]);
      await credentials.keep('h.io', login, 'file');
      expect(await secretOf(credentials)).toBe(login.secret);
    },
  );

  it('that hangs does not keep a request from its other sources', async () => {
    const session = await start('hanging');
    mkdirSync(join(session.home, 'condock'));
    const kept = { kind: 'basic', where: 'keychain', stamp: '1' };
    writeFileSync(
      join(session.home, 'condock', 'logins.json'),
      JSON.stringify({ logins: { 'h.io': kept, 'i.io': kept } }),
    );
    writeFileSync(join(session.home, '.netrc'), 'machine h.io login n password from-netrc\n', { mode: 0o600 });
    const credentials = made(session, { timeouts: { background: 1500 } });
    expect(await secretOf(credentials)).toBe('from-netrc');
    // The second host costs no time of its own: the keychain is left alone for a while.
    expect(await secretOf(credentials, 'i.io')).toBeUndefined();
    expect(await warnings(credentials)).toMatch(/h\.io .*does not answer/);
    expect(await warnings(credentials)).toMatch(/i\.io .*does not answer/);
  });

  it('that hangs keeps neither a thread nor a process from ending, and leaves no helper behind', async () => {
    const session = await start('hanging');
    const entry = fileURLToPath(new URL('support/hanging-keychain-program.ts', import.meta.url));
    const script = await bundleProgram(entry, session.home, 'hanging');
    const env = { ...session.env, KEYTAR_PATH: keytarPath };
    const result = await runProgram({ program: 'node', args: [script], env, timeoutMs: 20_000 });
    expect(result).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    // Each helper had reached the bus, and each let go of it.
    expect(session.connected()).toBe(2);
    await vi.waitFor(() => expect(session.connections()).toBe(0), 5000);
  });

  it("whose library can't be loaded says which one and what to install", async () => {
    const session = await start('none');
    const copy = join(session.home, 'keytar');
    cpSync(join(dirname(keytarPath), '..'), copy, { recursive: true, dereference: true });
    truncateSync(join(copy, 'prebuilds', `${process.platform}-${process.arch}`, 'keytar.node'), 100);
    const credentials = made(session, { keytarPath: join(copy, 'lib', 'keytar.js') });
    await expect(credentials.keep('h.io', login, 'keychain')).rejects.toMatchObject({
      data: { reason: 'missing-library' },
      message: expect.stringMatching(/keytar\.node/) as string,
      hint: expect.stringContaining('libsecret') as string,
    });
  });

  describe.skipIf(helper === undefined)('docker-credential-secretservice', () => {
    const docker = async (session: SessionBus, action: string, stdin: string) =>
      runProgram({
        program: 'docker-credential-secretservice',
        args: [action],
        stdin,
        env: session.env,
        timeoutMs: 10_000,
      });
    const configured = (session: SessionBus, document: object) => {
      mkdirSync(join(session.home, '.docker'), { recursive: true });
      writeFileSync(join(session.home, '.docker', 'config.json'), JSON.stringify(document), { mode: 0o600 });
      return made(session);
    };

    it('gives what docker stored, passwords and refresh tokens, and lists it', async () => {
      const session = await start('unlocked');
      const store = (ServerURL: string, Username: string) =>
        docker(session, 'store', JSON.stringify({ ServerURL, Username, Secret: 'TOP:SECRET' }));
      expect((await store('ghcr.io', 'octo')).exitCode).toBe(0);
      expect((await store('https://index.docker.io/v1/', '<token>')).exitCode).toBe(0);
      const credentials = configured(session, { credsStore: 'secretservice', auths: { 'ghcr.io': {} } });
      expect(await credentials.find({ host: 'ghcr.io' })).toMatchObject({ username: 'octo', secret: 'TOP:SECRET' });
      expect(await credentials.find({ host: 'docker.io' })).toMatchObject({ kind: 'identity-token' });
      expect(await credentials.find({ host: 'quay.io' })).toBeUndefined();
      const { entries, warnings: said } = await credentials.list();
      expect(entries.map((entry) => [entry.host, entry.username]).sort()).toEqual([
        ['docker.io', null],
        ['ghcr.io', 'octo'],
      ]);
      expect(said).toEqual([]);
    });

    it('that fails is told apart from one that has nothing, and one that is missing from both', async () => {
      const session = await start('none');
      const failing = configured(session, { credsStore: 'secretservice' });
      expect(await secretOf(failing, 'ghcr.io')).toBeUndefined();
      expect(await warnings(failing)).toMatch(/docker-credential-secretservice" failed/);
      const absent = configured(session, { credsStore: 'condock-has-no-such' });
      expect(await secretOf(absent, 'ghcr.io')).toBeUndefined();
      expect(await warnings(absent)).toMatch(/"docker-credential-condock-has-no-such" was not found on the PATH/);
    });
  });

  describe.skipIf(secretTool === undefined)("rattler's entries", () => {
    it('are found under their wildcard and listed by its index', async () => {
      const session = await start('unlocked');
      const store = async (username: string, stdin: string) =>
        runProgram({
          program: 'secret-tool',
          args: ['store', '--label=rattler', 'service', 'rattler', 'username', username],
          stdin,
          env: session.env,
          timeoutMs: 10_000,
        });
      await store('*.ghcr.io', JSON.stringify({ BasicHTTP: { username: 'pixi', password: 'TOP-SECRET' } }));
      await store('__rattler_authentication_hosts', '["*.ghcr.io"]');
      const credentials = made(session);
      expect(await credentials.find({ host: 'ghcr.io' })).toMatchObject({ username: 'pixi', secret: 'TOP-SECRET' });
      expect(await credentials.find({ host: 'quay.io' })).toBeUndefined();
      expect((await credentials.list()).entries).toMatchObject([{ host: '*.ghcr.io', username: 'pixi' }]);
      await lockKeyring(session.env);
      expect(await made(session).find({ host: 'ghcr.io' })).toBeUndefined();
    });
  });
});
