import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findProgramOrSay } from '../support/find-program.ts';
import { ask } from '../support/misbehaving-registry/ask.ts';
import { startTokenServer, type TokenServer } from '../support/token-server/index.ts';

const program = findProgramOrSay('docker-registry', "the token server with docker's registry");

describe.skipIf(program === undefined)("docker's registry under token auth", () => {
  let directory: string;
  let tokens: TokenServer;
  let registry: ChildProcess;
  let url: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'condock-token-auth-'));
    tokens = await startTokenServer({ users: { me: 'pw' } });
    const address = `127.0.0.1:${String(await freePort())}`;
    url = `http://${address}`;
    const bundle = join(directory, 'bundle.pem');
    await writeFile(bundle, tokens.certificate);
    const auth = { realm: tokens.realm, service: tokens.service, issuer: tokens.issuer, rootcertbundle: bundle };
    const config = {
      version: 0.1,
      log: { level: 'error' },
      storage: { filesystem: { rootdirectory: join(directory, 'data') } },
      http: { addr: address },
      auth: { token: auth },
    };
    // JSON is YAML.
    await writeFile(join(directory, 'config.yml'), JSON.stringify(config));
    registry = spawn(program!, ['serve', join(directory, 'config.yml')], { stdio: 'ignore' });
    await expect
      .poll(
        () =>
          ask(`${url}/v2/`).then(
            (a) => a.status,
            () => 0,
          ),
        { timeout: 20_000 },
      )
      .toBe(401);
  });
  afterEach(async () => {
    if (registry.exitCode === null && registry.kill('SIGTERM')) await once(registry, 'exit');
    await tokens.stop();
    await rm(directory, { recursive: true });
  });
  const tokenFor = async (scope: string): Promise<string> => {
    const authorization = `Basic ${Buffer.from('me:pw').toString('base64')}`;
    const answer = await ask(`${tokens.realm}?service=${tokens.service}&scope=${scope}`, {
      headers: { authorization },
    });
    return (JSON.parse(answer.body.toString()) as { token: string }).token;
  };

  it('takes the tokens of our server, for their scope, until they expire', async () => {
    const refused = await ask(`${url}/v2/a/b/tags/list`);
    expect(refused.headers['www-authenticate']).toContain(`realm="${tokens.realm}"`);
    const headers = { authorization: `Bearer ${await tokenFor('repository:a/b:pull,push')}` };
    const body = Buffer.from('a blob');
    const digest = `sha256:${createHash('sha256').update(body).digest('hex')}`;
    const begun = await ask(`${url}/v2/a/b/blobs/uploads/`, { method: 'POST', headers });
    const place = `${String(begun.headers.location)}&digest=${digest}`;
    expect(await ask(place, { method: 'PUT', headers, body })).toMatchObject({ status: 201 });
    expect(await ask(`${url}/v2/a/b/blobs/${digest}`, { headers })).toMatchObject({ status: 200, body });
    expect(await ask(`${url}/v2/c/d/blobs/${digest}`, { headers })).toMatchObject({ status: 401 });

    tokens.setLifetime(-120);
    const late = { authorization: `Bearer ${await tokenFor('repository:a/b:pull')}` };
    expect(await ask(`${url}/v2/a/b/blobs/${digest}`, { headers: late })).toMatchObject({ status: 401 });
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
