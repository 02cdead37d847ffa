import { afterEach, describe, expect, it } from 'vitest';
import { answer, type Script, startScriptedServer } from '../testing/scripted-server.ts';
import { createTestClient } from '../testing/test-client.ts';
import { startTokenRegistry } from '../testing/token-registry.ts';

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]();
});

describe('a ping', () => {
  const html = { 'content-type': 'text/html; charset=utf-8' };
  it.each<[string, boolean, Script]>([
    ['a page for people', true, (_, response) => answer(response, 200, html, '<h1>Welcome</h1>')],
    ['a page that says that nothing is there', true, (_, response) => answer(response, 404, html, '<h1>?</h1>')],
    ['an empty object', false, (_, response) => answer(response, 200, { 'content-type': 'application/json' }, '{}')],
    ['nothing at all', false, (_, response) => answer(response, 200)],
    [
      'a challenge with a page of a proxy',
      false,
      (_, response) => answer(response, 401, { ...html, 'www-authenticate': 'Basic realm="x"' }, '<h1>401</h1>'),
    ],
  ])('tells whether %s is a web page: %s', async (_what, webPage, script) => {
    const server = await startScriptedServer(script);
    const made = createTestClient();
    open.push(server, made);
    expect(await made.client.ping(server.host)).toMatchObject({ webPage });
  });

  it('shows that a password is wrong though everybody gets tokens without one', async () => {
    const made = await startTokenRegistry({
      refuse: ({ headers }) => (headers.authorization === undefined ? undefined : { status: 401 }),
      accepts: () => true,
      serve: (_, response) => answer(response, 200),
    });
    const credential = { kind: 'basic', username: 'u', secret: 'wrong', source: 'a file' } as const;
    const test = createTestClient({ credential });
    open.push(made, test);
    expect(await test.client.ping(made.host)).toMatchObject({ status: 401 });
    expect(made.issued).toEqual([]);
  });
});
