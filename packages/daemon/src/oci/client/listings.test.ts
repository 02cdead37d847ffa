import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { answer, type ScriptedServer, startScriptedServer } from '../testing/scripted-server.ts';
import { createTestClient, type TestClient } from '../testing/test-client.ts';
import { nextLink } from './paging.ts';

async function all(pages: AsyncIterable<string[]>): Promise<string[]> {
  const names: string[] = [];
  for await (const page of pages) names.push(...page);
  return names;
}

describe('nextLink', () => {
  it.each([
    ['</v2/a/tags/list?n=2&last=b>; rel="next"', '/v2/a/tags/list?n=2&last=b'],
    ['<x>; rel=next', 'x'],
    ['<p>; rel="prev", <n>; rel="next"', 'n'],
    ['<n>; title="a, b"; rel="next"', 'n'],
    ['<n>; rel="last next"', 'n'],
    ['<n>; rel="nextish"', undefined],
    ['<n>', undefined],
    ['nonsense', undefined],
    ['', undefined],
  ])('of %j is %j', (header, expected) => {
    expect(nextLink(header)).toBe(expected);
  });
});

describe('listings', () => {
  let server: ScriptedServer;
  let made: TestClient;
  beforeEach(async () => {
    server = await startScriptedServer((_, response) => answer(response, 404));
    made = createTestClient();
  });
  afterEach(async () => {
    await made[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });
  const tags = () => all(made.client.listTags({ host: server.host, name: 'a' }));

  it('follow relative and absolute links to the end', async () => {
    server.script = ({ query }, response) => {
      const last = query.get('last');
      if (last === null) answer(response, 200, { link: '<list?last=b>; rel="next"' }, { tags: ['a', 'b'] });
      else if (last === 'b') {
        answer(response, 200, { link: `<${server.origin}/v2/a/tags/list?last=c>; rel="next"` }, { tags: ['c'] });
      } else answer(response, 200, {}, { tags: ['d', 'not a tag', 7] });
    };
    expect(await tags()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('are empty for what is not there, and for null', async () => {
    expect(await tags()).toEqual([]);
    server.script = (_, response) => answer(response, 200, {}, { name: 'a', tags: null });
    expect(await tags()).toEqual([]);
  });

  it('do not go round in circles, nor to other hosts', async () => {
    server.script = (_, response) => answer(response, 200, { link: '<list?last=a>; rel="next"' }, { tags: ['a'] });
    await expect(tags()).rejects.toMatchObject({ code: 'registry-error' });
    expect(server.seen.length).toBeLessThan(5);
    server.script = (_, response) => answer(response, 200, { link: '<http://127.0.0.9:1/>; rel="next"' }, { tags: [] });
    await expect(tags()).rejects.toMatchObject({ code: 'registry-error' });
  });

  it('of repositories say that a registry has none, or that they are not for us', async () => {
    const repositories = () => all(made.client.listRepositories(server.host));
    await expect(repositories()).rejects.toMatchObject({ code: 'unsupported-by-registry' });
    server.script = (_, response) => answer(response, 401, {});
    await expect(repositories()).rejects.toMatchObject({ code: 'denied' });
  });
});

describe('listReferrers', () => {
  const digest = `sha256:${'a'.repeat(64)}` as const;
  const descriptor = (artifactType: string) => ({ mediaType: 'm', digest, size: 1, artifactType });

  it('asks the API, and filters where the registry did not', async () => {
    await using server = await startScriptedServer((_, response) =>
      answer(response, 200, {}, { schemaVersion: 2, manifests: [descriptor('x'), descriptor('y'), { digest: 'bad' }] }),
    );
    await using made = createTestClient();
    const repository = { host: server.host, name: 'a' };
    expect(await made.client.listReferrers(repository, digest, { artifactType: 'y' })).toEqual([descriptor('y')]);
    expect(server.lines()).toEqual([`GET /v2/a/referrers/${digest}?artifactType=y`]);
  });

  it('falls back to the tag, and remembers that it had to', async () => {
    await using server = await startScriptedServer(({ path }, response) =>
      path.includes('/referrers/')
        ? answer(response, 404)
        : answer(response, 200, {}, { schemaVersion: 2, manifests: [descriptor('x')] }),
    );
    await using made = createTestClient();
    const repository = { host: server.host, name: 'a' };
    expect(await made.client.listReferrers(repository, digest)).toEqual([descriptor('x')]);
    expect(await made.client.listReferrers(repository, digest)).toEqual([descriptor('x')]);
    expect(server.seen.map((r) => r.path)).toEqual([
      `/v2/a/referrers/${digest}`,
      `/v2/a/manifests/sha256-${'a'.repeat(64)}`,
      `/v2/a/manifests/sha256-${'a'.repeat(64)}`,
    ]);
  });
});
