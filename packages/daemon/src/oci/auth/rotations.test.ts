import { afterEach, describe, expect, it } from 'vitest';
import { sha256Digest } from '../digest.ts';
import { answer } from '../testing/scripted-server.ts';
import { createTestClient } from '../testing/test-client.ts';
import { startTokenRegistry } from '../testing/token-registry.ts';

const blob = Buffer.from('content');
const digest = sha256Digest(blob);
const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

/** A registry whose token server takes each refresh token once, and a client that starts with the first. */
async function start() {
  let valid = 'refresh-0';
  let count = 0;
  const stolen: string[] = [];
  const made = await startTokenRegistry({
    expiresIn: 300,
    serve: (_, response) => answer(response, 200, {}, blob),
    refuse: ({ body }) => {
      const shown = new URLSearchParams(body.toString()).get('refresh_token') ?? '';
      if (shown === valid) return undefined;
      stolen.push(shown);
      return { status: 401 };
    },
    extra: () => ({ refresh_token: (valid = `refresh-${String((count += 1))}`) }),
  });
  let kept = 'refresh-0';
  const test = createTestClient({
    credentials: {
      find: () => Promise.resolve({ kind: 'identity-token', secret: kept, source: 'docker config' }),
      rotated: (_query, _previous, secret) => {
        kept = secret;
        return Promise.resolve();
      },
    },
  });
  open.push(made, test);
  return { ...made, ...test, stolen };
}

describe('refresh tokens that are good for one use', () => {
  it('are used one after the other, however many tokens are wanted at once', async () => {
    const { client, host, stolen } = await start();
    const names = Array.from({ length: 200 }, (_, n) => `channel/linux-64/package-${String(n)}`);
    await client.authorize(
      names.map((name) => ({ host, name })),
      'pull',
    );
    for (const found of await Promise.all(names.map((name) => client.headBlob({ host, name }, digest)))) {
      expect(found).toBeDefined();
    }
    expect(stolen).toEqual([]);
  });

  it('cost no token that is held already, and are one login in the list of sessions', async () => {
    const { client, host, issued } = await start();
    for (const name of ['a', 'b', 'a', 'b', 'a']) expect(await client.headBlob({ host, name }, digest)).toBeDefined();
    expect(issued.map(({ scopes }) => scopes)).toEqual([['repository:a:pull'], ['repository:b:pull']]);
    expect(client.sessions()).toMatchObject([
      {
        source: 'docker config',
        kind: 'identity-token',
        scopes: [{ scope: 'repository:a:pull' }, { scope: 'repository:b:pull' }],
      },
    ]);
  });
});
