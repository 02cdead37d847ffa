import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ResultOf } from '@condock/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../support/misbehaving-registry/ask.ts';
import { buildPackage } from '../support/packages/index.ts';
import { usersMayAll } from '../support/token-server/token-rules.ts';
import { type CondockHome, type CondockRun, createCondockHome } from './support/condock.ts';
import { type DockerRegistry, dockerRegistryMissing, startDockerRegistry } from './support/docker-registry.ts';
import { type Account, loginSources } from './support/login-sources.ts';
import { startTokenRegistry, type TokenRegistry } from './support/token-registry.ts';

const reason = dockerRegistryMissing('htpasswd');
if (reason !== undefined) console.log(`Skipped: every source of logins with docker-registry. ${reason}.`);

const USERNAME = 'user';
const PASSWORD = 'pass:word';

describe.skipIf(reason !== undefined).each(['htpasswd', 'token'] as const)('docker-registry under %s auth', (auth) => {
  let folder: string;
  let registry: DockerRegistry;
  let tokenRegistry: TokenRegistry | undefined;
  let account: Account;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'condock-login-sources-'));
    if (auth === 'token') {
      tokenRegistry = await startTokenRegistry({
        users: { [USERNAME]: PASSWORD },
        grant: usersMayAll({ anonymousPull: false }),
      });
    }
    registry = tokenRegistry?.registry ?? (await startDockerRegistry({ auth: 'htpasswd' }));
    account = { host: registry.host, username: USERNAME, password: PASSWORD, ...tokensOf(tokenRegistry) };
  });
  afterAll(async () => {
    await (tokenRegistry ?? registry)[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  const build = (name: string): Promise<string> => buildPackage({ name, build: '0' }, folder);

  it.each(loginSources(auth))('publishes and prefetches with $name, and never shows the secret', async (source) => {
    const name = source.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
    const reference = `oci://${registry.host}/team/noarch/${name}:1.0-0`;
    await using home = createCondockHome();
    const archive = await build(name);
    const env = await source.prepare(home, account, `team/noarch/${name}`);
    const runs: CondockRun[] = [];
    const condock = async (...args: string[]): Promise<unknown> => {
      const run = await home.succeed([...args, '--json'], { env });
      runs.push(run);
      return run.json();
    };
    const to = `oci://${registry.host}/team`;
    expect(await condock('publish', archive, '--to', to, '--no-index')).toMatchObject([{ reference }]);
    expect(await condock('prefetch', reference, '--layers', 'package,info')).toMatchObject({ fetched: 1, failed: [] });
    const { sessions } = (await condock('sessions')) as ResultOf<'session/list'>;
    const session = sessions.find((one) => one.host === registry.host && one.source !== 'anonymous');
    expect(session?.source).toMatch(source.shownAs);
    expect(session).toMatchObject({ kind: source.kind, lastError: null });
    if (source.kind === 'basic') expect(session?.username).toBe(USERNAME);
    if (auth === 'token' && source.kind !== 'bearer') {
      expect(session?.scopes.map(({ scope }) => scope)).toContain(`repository:team/noarch/${name}:pull,push`);
      for (const { expiresAt } of session?.scopes ?? [])
        expect(Date.parse(expiresAt ?? '')).toBeGreaterThan(Date.now());
    }
    const text = [...runs.flatMap(({ stdout, stderr }) => [stdout, stderr]), ...logsOf(home)].join('\n');
    for (const secret of secretsOf(account)) expect(text).not.toContain(secret);
  });

  it("publishes and prefetches with an editor's own secret, for that editor alone", async () => {
    await using home = createCondockHome();
    await using client = await home.connect();
    const archive = await build('offered');
    const to = `oci://${registry.host}/team`;
    const reference = `${to}/noarch/offered:1.0-0`;
    const identity = 'window';
    const secret = { username: USERNAME, secret: PASSWORD };
    await client.request('session/offer', { identity, host: registry.host, ...secret });
    const published = await client.request('publish/run', { files: [archive], to, index: false, identity });
    expect(published).toMatchObject([{ reference }]);
    expect(await client.request('prefetch/run', { references: [reference], layers: ['info'], identity })).toMatchObject(
      {
        fetched: 1,
        failed: [],
      },
    );
    expect(await client.request('prefetch/run', { references: [reference], layers: ['index'] })).toMatchObject({
      failed: [{ state: expect.stringMatching(/login-required|absent/) as string }],
    });
    const mine = JSON.stringify(await client.request('session/list', {}));
    const theirs = await home.succeed(['sessions', '--json']);
    expect(mine).toContain('offered by the client');
    expect(theirs.stdout).not.toContain('offered by the client');
    for (const one of secretsOf(account)) expect([mine, theirs.stdout, ...logsOf(home)].join()).not.toContain(one);
  });

  it('lets nobody in without a login, says what to do, and refuses a wrong password without keeping it', async () => {
    await using home = createCondockHome();
    const { host } = registry;
    const publish = ['publish', await build('closed'), '--to', `oci://${host}/team`, '--no-index'];
    const refused = await home.run(publish);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(`condock login ${host}`);
    const wrong = await home.run(['login', host, '-u', USERNAME, '--keep', 'file'], { stdin: 'WRONG-secret\n' });
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toContain(`${host} refused the password of ${USERNAME}`);
    expect(wrong.stderr).not.toContain('WRONG-secret');
    const listed = (await home.succeed(['sessions', '--json'])).json() as ResultOf<'session/list'>;
    expect(listed.sessions.filter(({ kind }) => kind !== 'anonymous')).toEqual([]);
    const right = await home.succeed(['login', host, '-u', USERNAME, '--keep', 'file'], { stdin: `${PASSWORD}\n` });
    expect(right.stdout).toContain(`Signed in to ${host} as ${USERNAME}`);
    expect((await home.run(publish)).code).toBe(0);
    await home.succeed(['logout', host]);
    const repeated = ['publish', await build('closed-again'), '--to', `oci://${host}/team`, '--no-index'];
    expect((await home.run(repeated)).code).toBe(1);
  });

  it('says of a registry in plain words how one logs in and what may be done', async () => {
    await using home = createCondockHome();
    await home.succeed(['login', registry.host, '-u', USERNAME, '--keep', 'file'], { stdin: `${PASSWORD}\n` });
    await home.succeed(['publish', await build('probed'), '--to', `oci://${registry.host}/team`, '--no-index']);
    const { stdout } = await home.succeed(['registry', 'test', registry.host, '--repository', 'team/noarch/probed']);
    expect(stdout).toContain(auth === 'token' ? 'gives out tokens' : 'wants a user name and a password');
    expect(stdout).toContain(`It takes the login of ${USERNAME}`);
    for (const sentence of [
      'Pulling is allowed.',
      'Publishing is allowed.',
      'Blobs that another repository holds are not sent again.',
      'Attestations and other attachments are listed under a fallback tag.',
      'Packages can be deleted through it.',
    ]) {
      expect(stdout).toContain(sentence);
    }
    // Nothing is left behind: no upload that was begun, and no word against the login.
    const uploads = join(registry.directory, 'docker/registry/v2/repositories/team/noarch/probed/_uploads');
    // What docker-registry itself forgets of a cancelled one is its state of the hash.
    const open = readdirSync(uploads).filter((one) => existsSync(join(uploads, one, 'startedat')));
    expect(open).toEqual([]);
    const { sessions } = (await home.succeed(['sessions', '--json'])).json() as ResultOf<'session/list'>;
    expect(sessions.flatMap(({ lastError }) => lastError ?? [])).toEqual([]);
  });
});

describe.skipIf(reason !== undefined)('what other tools keep', () => {
  it('is told by login --from: where, who, and what stands in the way', async () => {
    await using home = createCondockHome();
    const sources = loginSources('htpasswd');
    const account = { host: '127.0.0.1:5999', username: USERNAME, password: PASSWORD };
    const prepare = (name: string) => sources.find((one) => one.name === name)?.prepare(home, account, 'team/x');
    await prepare("docker's config.json");
    await prepare("podman's auth.json by namespace");
    await prepare("rattler's credentials.json");
    const from = async (tool: string) =>
      (await home.succeed(['login', '--from', tool, '--json'])).json() as ResultOf<'session/import'>['found'];
    const [docker, podman, pixi] = [await from('docker'), await from('podman'), await from('pixi')];
    expect(docker).toMatchObject([{ host: account.host, username: USERNAME, kept: false }]);
    expect(podman.map(({ host }) => host)).toEqual([
      account.host,
      `${account.host}/team`,
      `${account.host}/team/noarch`,
    ]);
    expect(pixi).toMatchObject([{ host: account.host, username: USERNAME }]);
    const people = await home.succeed(['login', '--from', 'docker']);
    expect(people.stdout).toContain(join(home.path, '.docker', 'config.json'));
    expect(people.stderr).toContain('Condock uses these where they are.');
    for (const text of [JSON.stringify([docker, podman, pixi]), people.stdout, ...logsOf(home)]) {
      for (const secret of secretsOf(account)) expect(text).not.toContain(secret);
    }
    expect((await home.succeed(['login', '--from', 'podman', 'ghcr.io'])).stdout).toContain(
      'podman keeps no credentials here for ghcr.io.',
    );
  });
});

function tokensOf(started: TokenRegistry | undefined): Pick<Account, 'refreshToken' | 'bearerToken'> {
  if (started === undefined) return {};
  const { tokens } = started;
  return {
    refreshToken: tokens.createRefreshToken(USERNAME),
    bearerToken: async (repository) => {
      const authorization = `Basic ${Buffer.from(`${USERNAME}:${PASSWORD}`).toString('base64')}`;
      const scope = encodeURIComponent(`repository:${repository}:pull,push`);
      const answer = await ask(`${tokens.realm}?service=${tokens.service}&scope=${scope}`, {
        headers: { authorization },
      });
      return (JSON.parse(answer.body.toString()) as { token: string }).token;
    },
  };
}

const secretsOf = ({ username, password, refreshToken }: Account): string[] => [
  password,
  Buffer.from(`${username}:${password}`).toString('base64'),
  ...(refreshToken === undefined ? [] : [refreshToken]),
  // How every JWT begins that the token server signs.
  'eyJhbGciOiJFUzI1NiI',
];

const logsOf = (home: CondockHome): string[] =>
  readdirSync(home.places.logs).map((name) => readFileSync(join(home.places.logs, name), 'utf8'));
