import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { sha256Digest } from '../digest.ts';
import { answer } from '../testing/scripted-server.ts';
import { createTestClient } from '../testing/test-client.ts';
import { startTokenRegistry } from '../testing/token-registry.ts';

const blob = Buffer.from('content');
const digest = sha256Digest(blob);
const AT_ONCE = 64;
const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

/** A registry that takes its time, longer for each request than for the one before, so that refusals come one by one. */
async function start(accepts?: (count: number) => boolean) {
  const made = await startTokenRegistry({
    expiresIn: 300,
    serve: (_, response) => answer(response, 200, {}, blob),
    ...(accepts === undefined ? {} : { accepts: ({ scopes }) => accepts(scopes.length) }),
  });
  const { script } = made.registry;
  made.registry.script = async (request, response) => {
    await sleep((made.registry.seen.length % AT_ONCE) * 2);
    await script(request, response);
  };
  const test = createTestClient();
  open.push(made, test);
  const ask = (name: string) => test.client.headBlob({ host: made.host, name }, digest);
  const all = (nameOf: (n: number) => string) => Promise.all(Array.from({ length: AT_ONCE }, (_, n) => ask(nameOf(n))));
  return { ...made, ...test, ask, all };
}

describe('a token that is refused to 64 requests, one after the other', () => {
  it('is replaced once', async () => {
    const started = await start();
    const { ask, all, issued } = started;
    await ask('a');
    started.revoke('token-1');
    expect((await all(() => 'a')).every((found) => found !== undefined)).toBe(true);
    expect(issued.map(({ scopes }) => scopes)).toEqual([['repository:a:pull'], ['repository:a:pull']]);
  });

  it('because it ended is replaced once, and each of the many repositories in it once', async () => {
    const { ask, all, clock, client, host, issued } = await start();
    await ask('a');
    clock.pass(301_000);
    await all(() => 'a');
    expect(issued.length).toBe(2);
    const names = Array.from({ length: 4 }, (_, n) => `many-${String(n)}`);
    await client.authorize(
      names.map((name) => ({ host, name })),
      'pull',
    );
    expect(issued.length).toBe(3);
    await all((n) => names[n % 4] ?? '');
    expect(issued.length).toBe(3);
  });

  it('because it is for many repositories is replaced by one for each', async () => {
    const { all, client, host, issued } = await start((count) => count === 1);
    const names = Array.from({ length: 4 }, (_, n) => `many-${String(n)}`);
    await client.authorize(
      names.map((name) => ({ host, name })),
      'pull',
    );
    await all((n) => names[n % 4] ?? '');
    expect(issued.map(({ scopes }) => scopes.length)).toEqual([4, 1, 1, 1, 1]);
  });
});
