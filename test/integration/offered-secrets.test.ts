import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Client } from '@condock/client';
import { type FullStack, startFullStack } from '../support/full-stack.ts';
import {
  basicAuth,
  digestOf,
  type MisbehavingRegistry,
  startMisbehavingRegistry,
} from '../support/misbehaving-registry/index.ts';

const SECRET = 'the-s3cret/of+one-window';
const ARCHIVE = Buffer.from('an archive that is private');

describe('a secret that one editor offers', () => {
  let stack: FullStack;
  let registry: MisbehavingRegistry;
  let mine: Client;
  let theirs: Client;
  let path: string;
  beforeEach(async () => {
    stack = await startFullStack();
    registry = await startMisbehavingRegistry({ behaviours: [basicAuth({ username: 'me', password: SECRET })] });
    const layer = { mediaType: 'application/vnd.conda.package.v2', bytes: ARCHIVE };
    await registry.content.addArtifact('team/noarch/pkg', '1.0-0', [layer]);
    const line = `oci://${registry.host}/team/noarch/pkg-1.0-0.conda#${digestOf(ARCHIVE).slice('sha256:'.length)}`;
    path = stack.write('explicit.txt', `@EXPLICIT\n${line}\n`);
    mine = await stack.connect();
    theirs = await stack.connect();
    await mine.request('session/offer', { identity: 'me', host: registry.host, username: 'me', secret: SECRET });
  });
  afterEach(async () => {
    await Promise.all([mine.close(), theirs.close()]);
    await stack[Symbol.asyncDispose]();
    await registry.stop();
  });

  const stateFor = async (client: Client, identity?: string): Promise<string | undefined> => {
    const named = identity === undefined ? {} : { identity };
    const { environments } = await client.request('env/show', { path, check: true, ...named });
    return environments[0]?.packages[0]?.state;
  };
  /** How often the secret was sent while that went on. */
  const sentDuring = async (work: () => Promise<unknown>): Promise<number> => {
    const before = registry.requests.length;
    await work();
    return registry.requests.slice(before).filter(({ headers }) => headers.authorization !== undefined).length;
  };

  it('answers its own questions alone, and no answer to them is told to others', async () => {
    expect(await stateFor(mine, 'me')).toBe('available');
    const sent = await sentDuring(async () => {
      expect(await stateFor(theirs)).toBe('login-required');
      expect(await stateFor(theirs, 'me')).toBe('login-required');
      expect(await stateFor(mine)).toBe('login-required');
      expect(await stateFor(mine, 'you')).toBe('login-required');
      const target = { target: `oci://${registry.host}/team/noarch/pkg:1.0-0` };
      for (const named of [{}, { identity: 'me' }]) {
        await expect(theirs.request('package/inspect', { ...target, ...named })).rejects.toMatchObject({
          code: 'login-required',
        });
      }
      await stack.condock(['registry', 'test', registry.host, '--repository', 'team/noarch/pkg']);
    });
    expect(sent).toBe(0);
    // Its own answer is still there for it.
    expect(await sentDuring(async () => expect(await stateFor(mine, 'me')).toBe('available'))).toBe(0);
  });

  it('is in no list but its own, and can be made to serve nobody by offering the same name', async () => {
    await stateFor(mine, 'me');
    const list = async (client: Client) => JSON.stringify(await client.request('session/list', {}));
    expect(await list(mine)).toContain('offered by the client');
    expect(await list(theirs)).not.toContain('offered by the client');
    await theirs.request('session/offer', { identity: 'me', host: registry.host, username: 'me', secret: 'wrong' });
    expect(await stateFor(theirs, 'me')).toBe('login-required');
    expect(await stateFor(mine, 'me')).toBe('available');
    for (const client of [mine, theirs]) expect(await list(client)).not.toContain(SECRET);
  });

  it('brings its archive though others without one asked for the same at the same time', async () => {
    const prefetch = (client: Client, named: object = {}) =>
      client.request('prefetch/run', { path, layers: ['package'], ...named });
    const all = await Promise.all([
      prefetch(theirs),
      prefetch(theirs, { identity: 'me' }),
      prefetch(mine, { identity: 'me' }),
    ]);
    expect(all[2]).toMatchObject({ failed: [] });
  });

  it('ends with its connection, with all that was got by it', async () => {
    expect(await stateFor(mine, 'me')).toBe('available');
    await mine.close();
    mine = await stack.connect();
    const sent = await sentDuring(async () => {
      expect(await stateFor(mine, 'me')).toBe('login-required');
      expect(await stateFor(theirs, 'me')).toBe('login-required');
    });
    expect(sent).toBe(0);
  });
});
