import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCredentials, memoryKeychain } from '../../packages/daemon/src/credentials/index.ts';
import { runProgram as runBounded } from '../../packages/daemon/src/system/run-program.ts';
import { findProgram } from '../support/find-program.ts';
import { runProgram } from '../support/run-program.ts';
import { startSessionBus } from './support/secret-service.ts';

/** Asks for a channel with rattler's own credentials; what comes back does not matter, what it sends does. */
const ASK = `
import asyncio, sys
from rattler import Channel, Gateway
from rattler.networking import AuthenticationMiddleware, Client
async def main():
    gateway = Gateway(cache_dir=sys.argv[2], client=Client([AuthenticationMiddleware()]))
    try:
        await gateway.query([Channel(sys.argv[1])], ["linux-64"], ["x"], recursive=False)
    except Exception:
        pass
asyncio.run(main())
`;

async function installRattler(directory: string): Promise<string | undefined> {
  const python = findProgram('python3');
  const skip = (reason: string): void => {
    console.log(`Skipped: credentials shared with rattler itself. ${reason}`);
  };
  if (python === undefined) {
    skip('The program "python3" is not installed here.');
    return undefined;
  }
  const venv = join(directory, 'venv');
  if ((await runProgram(python, ['-m', 'venv', venv])).code !== 0) {
    skip('Python can make no virtual environment (Debian: python3-venv).');
    return undefined;
  }
  const pip = await runProgram(join(venv, 'bin', 'pip'), [
    'install',
    '-q',
    '--disable-pip-version-check',
    'py-rattler',
  ]);
  if (pip.code === 0) return join(venv, 'bin', 'python');
  skip('py-rattler could not be installed.');
  return undefined;
}

const directory = mkdtempSync(join(tmpdir(), 'cdk-rattler-'));
const python = process.platform === 'linux' ? await installRattler(directory) : undefined;
const keyring = ['gnome-keyring-daemon', 'dbus-daemon', 'dbus-send', 'secret-tool'].every(
  (program) => findProgram(program) !== undefined,
);

describe.skipIf(python === undefined)('a credential that rattler itself uses', () => {
  const seen: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers.authorization);
    response.writeHead(404).end();
  });
  let channel = '';
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    channel = `http://127.0.0.1:${(server.address() as AddressInfo).port}/channel`;
  });
  afterAll(async () => {
    await new Promise((resolve) => server.close(resolve));
    rmSync(directory, { recursive: true, force: true });
  });

  /** The Authorization header that rattler sends from this home. */
  const rattlerSends = async (env: Record<string, string | undefined>): Promise<string | undefined> => {
    seen.length = 0;
    await runProgram(python ?? '', ['-c', ASK, channel, mkdtempSync(join(directory, 'cache-'))], { env });
    return seen[0];
  };
  const condockFinds = async (home: string, env: Record<string, string | undefined>): Promise<string | undefined> => {
    const configDir = join(home, 'condock');
    using credentials = createCredentials({
      env,
      homedir: home,
      platform: 'linux',
      configDir,
      keychain: memoryKeychain(),
    });
    const found = await credentials.find({ host: '127.0.0.1' });
    if (found === undefined) return undefined;
    return found.kind === 'bearer'
      ? `Bearer ${found.secret}`
      : `Basic ${Buffer.from(`${found.username ?? ''}:${found.secret}`).toString('base64')}`;
  };
  const home = (): string => mkdtempSync(join(directory, 'home-'));

  it.each([
    ['BearerToken', { BearerToken: 'ready-token' }],
    ['BasicHTTP', { BasicHTTP: { username: 'u', password: 'p:ü' } }],
    [
      'OAuth',
      {
        OAuth: {
          access_token: 'access',
          refresh_token: null,
          expires_at: 4_000_000_000,
          token_endpoint: 'http://127.0.0.1:1/token',
          revocation_endpoint: null,
          client_id: 'c',
        },
      },
    ],
  ])('in its file as %s is the one that Condock finds', async (_variant, value) => {
    const at = home();
    mkdirSync(join(at, '.rattler'));
    writeFileSync(join(at, '.rattler', 'credentials.json'), JSON.stringify({ '127.0.0.1': value }), { mode: 0o600 });
    const env = { PATH: process.env.PATH, HOME: at };
    const sent = await rattlerSends(env);
    expect(sent).toBeDefined();
    expect(await condockFinds(at, env)).toBe(sent);
  });

  it('in the file that RATTLER_AUTH_FILE names goes before the one in the home', async () => {
    const at = home();
    mkdirSync(join(at, '.rattler'));
    const named = join(at, 'named.json');
    writeFileSync(join(at, '.rattler', 'credentials.json'), '{"127.0.0.1": {"BearerToken": "home"}}', { mode: 0o600 });
    writeFileSync(named, '{"127.0.0.1": {"BearerToken": "named"}}', { mode: 0o600 });
    const env = { PATH: process.env.PATH, HOME: at, RATTLER_AUTH_FILE: named };
    expect(await rattlerSends(env)).toBe('Bearer named');
    expect(await condockFinds(at, env)).toBe('Bearer named');
  });

  it('in netrc is the one that Condock finds', async () => {
    const at = home();
    writeFileSync(join(at, '.netrc'), 'machine 127.0.0.1\n  login u\n  password from-netrc\n', { mode: 0o600 });
    const env = { PATH: process.env.PATH, HOME: at };
    const sent = await rattlerSends(env);
    expect(sent).toMatch(/^Basic /);
    expect(await condockFinds(at, env)).toBe(sent);
  });

  it.skipIf(!keyring)('in the keychain is the one that Condock finds', async () => {
    await using bus = await startSessionBus('unlocked');
    await runBounded({
      program: 'secret-tool',
      args: ['store', '--label=rattler', 'service', 'rattler', 'username', '127.0.0.1'],
      stdin: '{"BasicHTTP":{"username":"u","password":"from-keychain"}}',
      env: bus.env,
      timeoutMs: 10_000,
    });
    const sent = await rattlerSends(bus.env);
    expect(sent).toBe(`Basic ${Buffer.from('u:from-keychain').toString('base64')}`);
    expect(await condockFinds(bus.home, bus.env)).toBe(sent);
  });
});
