import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ResultOf } from '@condock/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Credential } from '../../packages/daemon/src/oci/auth/credential-source.ts';
import { createRegistryClient, type FullRegistryClient } from '../../packages/daemon/src/oci/client.ts';
import type { Digest, Repository } from '../../packages/daemon/src/oci/types.ts';
import { buildPackage } from '../support/packages/index.ts';
import { type GrantRule, usersMayAll } from '../support/token-server/token-rules.ts';
import { type CondockHome, createCondockHome } from './support/condock.ts';
import { dockerRegistryMissing } from './support/docker-registry.ts';
import { startTokenRegistry, type TokenRegistry } from './support/token-registry.ts';

const reason = dockerRegistryMissing();
if (reason !== undefined)
  console.log(`Skipped: 500 repositories with docker-registry and its token server. ${reason}.`);

const COUNT = 500;
/** 500 scopes in tokens that fit into a header line. */
const FEW = 20;

const credential: Credential = { kind: 'basic', username: 'user', secret: 'pass:word', source: 'test' };

interface Package {
  name: string;
  bytes: Buffer;
  digest: Digest;
}

const packages: readonly Package[] = Array.from({ length: COUNT }, (_, n) => {
  const name = `pkg-${String(n).padStart(3, '0')}`;
  const bytes = Buffer.from(`the archive of ${name}`);
  return { name, bytes, digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}` };
});

describe.skipIf(reason !== undefined)('500 repositories of docker-registry under token auth', () => {
  let stage: TokenRegistry;
  /** Scopes that the token server grants of one request; a registry may have reasons for one. */
  let scopesPerToken = Infinity;
  let granted = 0;
  const may = usersMayAll({ anonymousPull: false });
  const grant: GrantRule = (access, username) => {
    granted += 1;
    return granted > scopesPerToken ? [] : may(access, username);
  };

  beforeAll(async () => {
    stage = await startTokenRegistry({
      users: { user: credential.secret },
      grant,
      behaviours: [
        {
          answer: (_request, next) => {
            granted = 0;
            return next();
          },
        },
      ],
    });
  });
  beforeEach(() => {
    scopesPerToken = Infinity;
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  const repositoryOf = ({ name }: Package): Repository => ({
    host: stage.registry.host,
    name: `team/noarch/${name}`,
  });
  const tokensFor = async (work: () => Promise<unknown>): Promise<number> => {
    const before = stage.tokens.tokenRequests.length;
    await work();
    return stage.tokens.tokenRequests.length - before;
  };
  const withClient = async (work: (client: FullRegistryClient) => Promise<unknown>): Promise<void> => {
    const client = createRegistryClient({ credentials: { find: () => Promise.resolve(credential) } });
    await work(client).finally(() => client.close());
  };
  /** One after the other, as a client does that knows only the next package. */
  const readAll = async (client: FullRegistryClient): Promise<void> => {
    for (const one of packages) {
      const body = await client.getBlob(repositoryOf(one), one.digest);
      for await (const chunk of body!.chunks) expect(chunk.length).toBe(one.bytes.length);
    }
  };
  const keepLogin = (home: CondockHome): void => {
    const auth = Buffer.from(`user:${credential.secret}`).toString('base64');
    mkdirSync(join(home.path, '.docker'));
    const config = { auths: { [stage.registry.host]: { auth } } };
    writeFileSync(join(home.path, '.docker', 'config.json'), JSON.stringify(config), { mode: 0o600 });
  };
  const prefetchAll = async (home: CondockHome): Promise<ResultOf<'prefetch/run'>> => {
    const lines = packages.map(
      ({ name, digest }) => `oci://${stage.registry.host}/team/noarch/${name}-1.0-0.conda#${digest}`,
    );
    const file = join(home.path, 'explicit.txt');
    writeFileSync(file, ['@EXPLICIT', ...lines, ''].join('\n'));
    keepLogin(home);
    return (await home.succeed(['prefetch', file, '--json'])).json() as ResultOf<'prefetch/run'>;
  };

  it('are filled with few tokens that were fetched ahead', async () => {
    const tokens = await tokensFor(() =>
      withClient(async (client) => {
        await client.authorize(packages.map(repositoryOf), 'push');
        for (let at = 0; at < COUNT; at += 25) {
          await Promise.all(packages.slice(at, at + 25).map((one) => upload(client, repositoryOf(one), one)));
        }
      }),
    );
    expect(tokens).toBeLessThanOrEqual(FEW);
  });

  it('are published to with a token each, for reading and writing alike', async () => {
    await using home = createCondockHome();
    const count = 20;
    const archives = await Promise.all(
      Array.from({ length: count }, (_, n) => buildPackage({ name: `built-${String(n)}`, build: '0' }, home.path)),
    );
    keepLogin(home);
    const to = `oci://${stage.registry.host}/published`;
    const tokens = await tokensFor(() => home.succeed(['publish', ...archives, '--to', to, '--no-index']));
    expect(tokens).toBeLessThanOrEqual(count);
  });

  it('are read with a token each by who asks one by one, and with few by who asks ahead', async () => {
    const before = await tokensFor(() => withClient(readAll));
    const after = await tokensFor(() =>
      withClient(async (client) => {
        await client.authorize(packages.map(repositoryOf), 'pull');
        await readAll(client);
      }),
    );
    console.log(`500 repositories: ${String(before)} token requests one by one, ${String(after)} ahead`);
    expect(before).toBe(COUNT);
    expect(after).toBeLessThanOrEqual(FEW);
  });

  it('are prefetched from an environment with few tokens, and again with none', async () => {
    await using home = createCondockHome();
    let report: ResultOf<'prefetch/run'> | undefined;
    const tokens = await tokensFor(async () => (report = await prefetchAll(home)));
    expect(report).toMatchObject({ requested: COUNT, fetched: COUNT, failed: [] });
    expect(tokens).toBeLessThanOrEqual(FEW);
    const again = await tokensFor(() => home.succeed(['prefetch', join(home.path, 'explicit.txt')]));
    expect(again).toBe(0);
  });

  it('are prefetched one token each where the token server grants one scope at a time', async () => {
    scopesPerToken = 1;
    await using home = createCondockHome();
    let report: ResultOf<'prefetch/run'> | undefined;
    const tokens = await tokensFor(async () => (report = await prefetchAll(home)));
    expect(report).toMatchObject({ fetched: COUNT, failed: [] });
    console.log(`500 repositories, one scope in a token: ${String(tokens)} token requests`);
    expect(tokens).toBeLessThanOrEqual(COUNT + 2 * FEW);
  });
});

async function upload(client: FullRegistryClient, repository: Repository, { bytes, digest }: Package): Promise<void> {
  await client.uploadBlob(
    repository,
    {
      size: bytes.length,
      digest,
      async *open(offset) {
        yield await Promise.resolve(bytes.subarray(offset));
      },
    },
    { skipCheck: true },
  );
}
