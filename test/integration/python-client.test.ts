import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { registrationFileName, resolvePlaces } from '@condock/protocol';
import { startTestServer, type TestServer } from '../support/test-server.ts';

const script = fileURLToPath(new URL('../python-client/condock_client.py', import.meta.url));
const hasPython = spawnSync('python3', ['--version']).status === 0;
if (!hasPython) console.warn('skipped: the Python client (there is no python3 on this machine)');

describe.skipIf(!hasPython)('a client written from docs/protocol.md alone', () => {
  let daemon: TestServer | undefined;
  let home: string;
  afterEach(async () => {
    await daemon?.[Symbol.asyncDispose]();
    daemon = undefined;
    rmSync(home, { recursive: true });
  });
  const start = async () => {
    home = mkdtempSync(join(tmpdir(), 'cdp-'));
    daemon = await startTestServer({ home, engine: { packages: 250 } });
    return daemon;
  };

  it('lists the packages of an environment, page after page', async () => {
    const { host } = await start();
    const { code, stdout, stderr } = await run(home, '/some/env');
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const lines = stdout.trim().split('\n');
    expect(lines).toHaveLength(250);
    expect(lines[249]).toBe('package-249 1.0 h0_0 available oci://127.0.0.1:5000/c/linux-64/package-249:1.0-h0_0');
    expect(host.calls.map((call) => call.method)).toEqual(['env/show', 'env/show', 'env/show']);
  });

  it('hangs up on what does not know the secret, before it has proved itself', async () => {
    const { server, places } = await start();
    const forged = { ...server.registration, token: 'ab'.repeat(32) };
    writeFileSync(join(places.runtime, registrationFileName(server.generation + 1)), JSON.stringify(forged));
    const { code, stderr } = await run(home, '/some/env');
    expect(code).toBe(1);
    expect(stderr).toContain('insecure');
    expect(server.status().clients).toBe(0);
  });

  it('says so where no daemon runs', async () => {
    home = mkdtempSync(join(tmpdir(), 'cdp-'));
    const { code, stderr } = await run(home, '/some/env');
    expect(code).toBe(1);
    expect(stderr).toContain('daemon-unavailable');
  });

  it.each([
    ['CONDOCK_HOME', { CONDOCK_HOME: '/h/' }],
    ['a deep CONDOCK_HOME', { CONDOCK_HOME: `/${'deep/'.repeat(30)}` }],
    ['a deep CONDOCK_HOME and a deep TMPDIR', { CONDOCK_HOME: `/${'deep/'.repeat(30)}`, TMPDIR: '' }],
    ['XDG_RUNTIME_DIR', { XDG_RUNTIME_DIR: '/run/user/7' }],
    ['XDG_CACHE_HOME', { XDG_CACHE_HOME: '/c' }],
    ['nothing but a home', { CONDOCK_HOME: 'relative' }],
  ])('looks where every client looks, given %s', async (_, variables: Record<string, string>) => {
    home = mkdtempSync(join(tmpdir(), 'cdp-'));
    const temporary = 'TMPDIR' in variables ? join(home, 'x'.repeat(80)) : home;
    if (temporary !== home) spawnSync('mkdir', [temporary]);
    const env = { PATH: process.env.PATH ?? '', HOME: '/home/u', ...variables, TMPDIR: temporary };
    const { runtime } = resolvePlaces({
      env,
      platform: process.platform,
      homedir: '/home/u',
      tmpdir: temporary,
      uid: process.getuid?.(),
    });
    const { stdout } = await python(['-c', 'import condock_client; print(condock_client.runtime_directory())'], {
      ...env,
      PYTHONPATH: fileURLToPath(new URL('../python-client', import.meta.url)),
    });
    expect(stdout.trim()).toBe(runtime);
  });
});

function run(home: string, path: string) {
  return python([script, path], { PATH: process.env.PATH ?? '', HOME: home, CONDOCK_HOME: home });
}

function python(
  args: string[],
  env: Record<string, string>,
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile('python3', ['-B', ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}
