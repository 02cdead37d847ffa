import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildPackage } from '../support/packages/index.ts';
import { usersMayAll } from '../support/token-server/token-rules.ts';
import { createCondockHome } from './support/condock.ts';
import { dockerRegistryMissing } from './support/docker-registry.ts';
import { startTokenRegistry, type TokenRegistry } from './support/token-registry.ts';

const reason = dockerRegistryMissing();
if (reason !== undefined) console.log(`Skipped: refresh tokens that are good for one use. ${reason}.`);

const NAMES = ['one', 'two', 'three', 'four', 'five'];

describe.skipIf(reason !== undefined)('a token server that takes each refresh token once', () => {
  let folder: string;
  let stage: TokenRegistry;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'condock-rotation-'));
    const grant = usersMayAll({ anonymousPull: false });
    stage = await startTokenRegistry({ users: { user: 'pass:word' }, grant, lifetimeSeconds: 300 });
    stage.tokens.rotateRefreshTokens();
  });
  afterAll(async () => {
    await stage[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is satisfied by one login: for many repositories at once, and after the daemon was started anew', async () => {
    await using home = createCondockHome();
    const { host } = stage.registry;
    const refresh = stage.tokens.createRefreshToken('user');
    await home.succeed(['login', host, '--identity-token', '--keep', 'file'], { stdin: `${refresh}\n` });
    const archives = await Promise.all(NAMES.map((name) => buildPackage({ name, build: '0' }, folder)));
    await home.succeed(['publish', ...archives, '--to', `oci://${host}/team`]);
    await home.succeed(['daemon', 'stop']);
    const references = NAMES.map((name) => `oci://${host}/team/noarch/${name}:1.0-0`);
    const report = (await home.succeed(['prefetch', ...references, '--layers', 'package,info', '--json'])).json();
    expect(report).toMatchObject({ fetched: NAMES.length, failed: [] });
    const uses = stage.tokens.tokenRequests.filter(({ grant }) => grant === 'refresh_token');
    expect(uses.length).toBeGreaterThan(2);
    expect(uses.filter(({ access }) => access === undefined)).toEqual([]);
  });
});
