import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask } from './ask.ts';
import {
  endlessPages,
  foreignNextPage,
  foreignUploadLocation,
  forgetSessions,
  htmlAnswers,
  loseUploadBytes,
  loseUploadBytesSilently,
  minimumChunk,
  type MisbehavingRegistry,
  movingLocation,
  pagingLoop,
  rateLimit,
  redirectLoop,
  redirectToOrigin,
  redirectToStorage,
  refuseDelete,
  requireAccept,
  serverErrors,
  startMisbehavingRegistry,
  startStorageHost,
  withoutMount,
  withoutReferrers,
} from './index.ts';

const layer = { mediaType: 'application/vnd.conda.package.v2', bytes: Buffer.from('the archive') };

describe('the misbehaving registry', () => {
  let registry: MisbehavingRegistry;
  let at: (path: string) => string;
  let blob: string;
  beforeEach(async () => {
    registry = await startMisbehavingRegistry();
    at = (path) => `${registry.url}${path}`;
    const { layers } = await registry.content.addArtifact('a/b', '1.0-0', [layer]);
    blob = at(`/v2/a/b/blobs/${layers[0]!.digest}`);
  });
  afterEach(() => registry.stop());

  it.each([
    ['seconds', rateLimit({ retryAfter: 7 }), '7', 'too many requests'],
    ['a date', rateLimit({ retryAfter: new Date(0) }), 'Thu, 01 Jan 1970 00:00:00 GMT', 'too many'],
    ['microseconds', rateLimit({ hint: { amount: 714.253, unit: 'µs' } }), undefined, 'retry-after: 714.253µs'],
    ['milliseconds', rateLimit({ hint: { amount: 3, unit: 'ms' } }), undefined, 'retry-after: 3ms'],
  ])('limits rates, and says for how long in %s', async (_unit, behaviour, header, text) => {
    registry.use(behaviour);
    const answer = await ask(blob);
    expect(answer).toMatchObject({ status: 429 });
    expect(answer.headers['retry-after']).toBe(header);
    expect(answer.body.toString()).toContain(text);
  });

  it('fails so many times, after so many good answers, for the requests that are meant', async () => {
    registry.use(serverErrors({ status: 502, on: { kind: 'blob', skip: 1, times: 2 } }));
    const statuses = [];
    for (const url of [blob, blob, at('/v2/a/b/tags/list'), blob, blob]) statuses.push((await ask(url)).status);
    expect(statuses).toEqual([200, 502, 200, 502, 200]);
  });

  it('answers HTML, refuses DELETE, knows no referrers, wants Accept', async () => {
    const manifest = at('/v2/a/b/manifests/1.0-0');
    registry.use(refuseDelete());
    expect(await ask(manifest, { method: 'DELETE' })).toMatchObject({ status: 405 });
    expect(await ask(blob, { method: 'DELETE' })).toMatchObject({ status: 405 });
    registry.use(withoutReferrers());
    expect(await ask(at(`/v2/a/b/referrers/sha256:${'0'.repeat(64)}`))).toMatchObject({ status: 404 });
    const subject = { mediaType: 'x/y', digest: `sha256:${'1'.repeat(64)}`, size: 1 };
    const { layers, ...rest } = JSON.parse((await ask(manifest)).body.toString()) as Record<string, unknown>;
    const body = JSON.stringify({ ...rest, layers, subject });
    const put = await ask(at('/v2/a/b/manifests/with-subject'), { method: 'PUT', body });
    expect(put.status).toBe(201);
    expect(put.headers['oci-subject']).toBeUndefined();
    const picky = registry.use(requireAccept());
    expect(await ask(manifest)).toMatchObject({ status: 404 });
    const accept = 'application/vnd.oci.image.manifest.v1+json';
    expect(await ask(manifest, { headers: { accept } })).toMatchObject({ status: 200 });
    picky[Symbol.dispose]();
    registry.use(htmlAnswers({ status: 200 }));
    expect((await ask(manifest)).body.toString()).toContain('<h1>');
    expect((await ask(at('/v2/'))).body.toString()).toContain('<h1>');
  });

  it('redirects to another origin, in circles, and to storage whose URLs expire', async () => {
    const circle = registry.use(redirectLoop());
    const first = await ask(blob);
    const second = await ask(at(String(first.headers.location)));
    expect([first.status, second.status]).toEqual([307, 307]);
    expect(second.headers.location).not.toBe(first.headers.location);
    circle[Symbol.dispose]();

    await using storage = await startStorageHost({ uses: 2 });
    expect(storage.url).toMatch(/^http:\/\/127\.0\.0\.2:/);
    registry.use(redirectToStorage(storage));
    const signed = String((await ask(blob, { headers: { range: 'bytes=4-6' } })).headers.location);
    expect(await ask(signed, { headers: { range: 'bytes=4-6' } })).toMatchObject({
      status: 206,
      body: Buffer.from('arc'),
    });
    expect(await ask(signed, { headers: { authorization: 'Bearer t' } })).toMatchObject({ status: 400 });
    expect(await ask(signed)).toMatchObject({ status: 200, body: layer.bytes });
    expect(await ask(signed)).toMatchObject({ status: 403 });
    const next = String((await ask(blob)).headers.location);
    storage.expireAll();
    expect(await ask(next)).toMatchObject({ status: 403 });
    expect(storage.requests).toHaveLength(5);
    expect(storage.leaksOf('Bearer t')).toEqual(['plain']);

    await using elsewhere = await startMisbehavingRegistry({ behaviours: [redirectToOrigin('http://127.0.0.3:1')] });
    const path = new URL(blob).pathname;
    expect((await ask(`${elsewhere.url}${path}`)).headers.location).toBe(`http://127.0.0.3:1${path}`);
  });

  it('pages in circles, without end, and to other hosts', async () => {
    const tags = at('/v2/a/b/tags/list');
    const link = async (): Promise<unknown> => (await ask(tags)).headers.link;
    const circle = registry.use(pagingLoop());
    expect(await link()).toBe('</v2/a/b/tags/list>; rel="next"');
    circle[Symbol.dispose]();
    const endless = registry.use(endlessPages());
    expect([await link(), await link()]).toEqual([
      '</v2/a/b/tags/list?n=1&page=1>; rel="next"',
      '</v2/a/b/tags/list?n=1&page=2>; rel="next"',
    ]);
    endless[Symbol.dispose]();
    registry.use(foreignNextPage('http://127.0.0.2:9'));
    expect(await link()).toBe('<http://127.0.0.2:9/v2/a/b/tags/list>; rel="next"');
  });

  it('loses what was uploaded, openly or silently', async () => {
    const begin = async (): Promise<string> =>
      at(String((await ask(at('/v2/a/b/blobs/uploads/'), { method: 'POST' })).headers.location));
    const open = registry.use(loseUploadBytes({ bytes: 4, on: { times: 1 } }));
    const one = await begin();
    const patch = { method: 'PATCH', body: '0123456789', headers: { 'content-range': '0-9' } } as const;
    expect((await ask(one, patch)).headers.range).toBe('0-5');
    const rest = { method: 'PATCH', body: '6789', headers: { 'content-range': '6-9' } } as const;
    expect((await ask(one, rest)).headers.range).toBe('0-9');
    open[Symbol.dispose]();
    registry.use(loseUploadBytesSilently({ bytes: 4 }));
    const two = await begin();
    expect((await ask(two, patch)).headers.range).toBe('0-9');
    expect((await ask(two)).headers.range).toBe('0-5');
  });

  it('moves, sends away and forgets upload sessions, and does not mount', async () => {
    const uploads = at('/v2/a/b/blobs/uploads/');
    const moving = registry.use(movingLocation());
    const first = String((await ask(uploads, { method: 'POST' })).headers.location);
    const patched = await ask(at(first), { method: 'PATCH', body: 'abc' });
    expect(patched.status).toBe(202);
    expect(patched.headers.location).not.toBe(first);
    expect(await ask(at(first), { method: 'PATCH', body: 'def' })).toMatchObject({ status: 404 });
    const second = String(patched.headers.location);
    expect(await ask(at(second), { method: 'PATCH', body: 'def' })).toMatchObject({ headers: { range: '0-5' } });
    moving[Symbol.dispose]();

    const away = registry.use(foreignUploadLocation('http://127.0.0.2:9'));
    const sent = await ask(uploads, { method: 'POST' });
    expect(sent.headers.location).toMatch(/^http:\/\/127\.0\.0\.2:9\/v2\/a\/b\/blobs\/uploads\//);
    away[Symbol.dispose]();

    registry.use(minimumChunk(5_000_000));
    registry.use(withoutMount());
    const mounted = await ask(`${uploads}?mount=${blob.slice(blob.lastIndexOf('/') + 1)}&from=a/b`, { method: 'POST' });
    expect(mounted).toMatchObject({ status: 202, headers: { 'oci-chunk-min-length': '5000000' } });
    registry.use(forgetSessions({ times: 1 }));
    const place = at(String(mounted.headers.location));
    expect(await ask(place, { method: 'PATCH', body: 'x' })).toMatchObject({ status: 404 });
    expect(await ask(place, { method: 'PATCH', body: 'x' })).toMatchObject({ status: 202 });
  });

  it('speaks TLS with a certificate that only those trust who were given it', async () => {
    await using secure = await startMisbehavingRegistry({ tls: true });
    expect(secure.url).toMatch(/^https:/);
    const headers = { authorization: 'Bearer sesame' };
    expect(await ask(`${secure.url}/v2/`, { ca: secure.certificate?.cert, headers })).toMatchObject({ status: 200 });
    await expect(ask(`${secure.url}/v2/`)).rejects.toThrow(/self-signed/);
    expect(secure.leaksOf('sesame')).toEqual(['plain']);
  });

  it('listens on loopback addresses only', async () => {
    await expect(startMisbehavingRegistry({ address: '0.0.0.0' })).rejects.toThrow(/loopback/);
    await using other = await startMisbehavingRegistry({ address: '127.0.0.2' });
    expect(other.host).toMatch(/^127\.0\.0\.2:\d+$/);
  });
});
