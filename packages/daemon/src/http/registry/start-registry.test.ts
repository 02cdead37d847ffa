import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask, type Asked, type AskOptions } from '../../../../../test/support/misbehaving-registry/ask.ts';
import { fixedUsers, type RunningRegistry, startRegistry, type StartRegistryOptions } from './index.ts';

const sha256 = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const blob = randomBytes(300_000);
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

describe('the embedded registry', () => {
  let directory: string;
  let registry: RunningRegistry;
  const running: RunningRegistry[] = [];
  const start = async (options: Partial<StartRegistryOptions> = {}): Promise<RunningRegistry> => {
    const started = await startRegistry({ directory, ...options });
    running.push(started);
    return started;
  };
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'condock-registry-'));
    registry = await start();
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((one) => one.stop()));
    await rm(directory, { recursive: true });
  });
  const at = (path: string, options: AskOptions = {}): Promise<Asked> => ask(`${registry.url}/v2/${path}`, options);
  const put = (path: string, body: Buffer | string, headers: Record<string, string> = {}): Promise<Asked> =>
    at(path, { method: 'PUT', body, headers });
  const begin = async (name: string): Promise<string> =>
    String((await at(`${name}/blobs/uploads/`, { method: 'POST' })).headers.location).replace('/v2/', '');
  const pushBlob = async (name: string, bytes: Buffer): Promise<string> => {
    const digest = sha256(bytes);
    const answer = await at(`${name}/blobs/uploads/?digest=${digest}`, { method: 'POST', body: bytes });
    expect(answer.status, answer.body.toString()).toBe(201);
    return digest;
  };
  const pushManifest = async (name: string, reference: string, more: object = {}): Promise<Asked> => {
    const config = { mediaType: 'application/vnd.oci.empty.v1+json', digest: await pushBlob(name, Buffer.from('{}')) };
    const document = { schemaVersion: 2, mediaType: MANIFEST, config: { ...config, size: 2 }, layers: [], ...more };
    return await put(`${name}/manifests/${reference}`, JSON.stringify(document), { 'content-type': MANIFEST });
  };
  const codeOf = (answer: Asked): string =>
    (JSON.parse(answer.body.toString()) as { errors: { code: string }[] }).errors[0]!.code;

  it('shows a blob only in the repository that it was pushed to or mounted into', async () => {
    const digest = await pushBlob('a', blob);
    expect((await at(`a/blobs/${digest}`)).body.equals(blob)).toBe(true);
    expect(await at(`b/blobs/${digest}`)).toMatchObject({ status: 404 });
    const mount = (query: string): Promise<Asked> => at(`b/blobs/uploads/?mount=${digest}${query}`, { method: 'POST' });
    expect(await mount('&from=c')).toMatchObject({ status: 202 });
    expect(await mount('&from=a')).toMatchObject({ status: 201, headers: { 'docker-content-digest': digest } });
    expect(await at(`b/blobs/${digest}`, { method: 'HEAD' })).toMatchObject({ status: 200 });
  });

  it('answers ranges, conditions and HEAD', async () => {
    const path = `a/blobs/${await pushBlob('a', blob)}`;
    const part = await at(path, { headers: { range: 'bytes=-7' } });
    expect(part).toMatchObject({ status: 206, headers: { 'content-range': 'bytes 299993-299999/300000' } });
    expect(part.body.equals(blob.subarray(-7))).toBe(true);
    expect(await at(path, { headers: { range: 'bytes=300000-' } })).toMatchObject({
      status: 416,
      headers: { 'content-range': 'bytes */300000' },
    });
    const etag = String(part.headers.etag);
    expect(await at(path, { headers: { 'if-none-match': etag } })).toMatchObject({ status: 304 });
    const stale = await at(path, { headers: { range: 'bytes=0-1', 'if-range': '"other"' } });
    expect(stale.status).toBe(200);
    const head = await at(path, { method: 'HEAD' });
    expect(head.headers['content-length']).toBe('300000');
  });

  it('takes chunks in order only, says how far it is, and forgets a cancelled session', async () => {
    const place = await begin('a');
    const patch = (from: number, to: number, body = blob.subarray(from, to + 1)): Promise<Asked> =>
      at(place, { method: 'PATCH', body, headers: { 'content-range': `${String(from)}-${String(to)}` } });
    expect(await patch(0, 99_999)).toMatchObject({ status: 202, headers: { range: '0-99999' } });
    expect(await patch(150_000, 199_999)).toMatchObject({ status: 416, headers: { range: '0-99999' } });
    expect(await patch(0, 99_999)).toMatchObject({ status: 416 });
    expect(codeOf(await patch(100_000, 199_999, blob.subarray(0, 5)))).toBe('SIZE_INVALID');
    expect((await at(place)).headers.range).toBe('0-99999');
    expect(await patch(100_000, 199_999)).toMatchObject({ status: 202 });
    const last = { 'content-range': '200000-299999' };
    const done = await put(`${place}?digest=${sha256(blob)}`, blob.subarray(200_000), last);
    expect(done).toMatchObject({ status: 201, headers: { location: `/v2/a/blobs/${sha256(blob)}` } });
    expect((await at(`a/blobs/${sha256(blob)}`)).body.equals(blob)).toBe(true);
    expect(codeOf(await at(place))).toBe('BLOB_UPLOAD_UNKNOWN');

    const other = await begin('a');
    expect(await at(other.replace(/^a\//, 'b/'))).toMatchObject({ status: 404 });
    expect(await at(other, { method: 'DELETE' })).toMatchObject({ status: 204 });
    expect(await at(other, { method: 'PATCH', body: 'x' })).toMatchObject({ status: 404 });
  });

  it('keeps nothing whose digest is not the one that was said', async () => {
    const place = await begin('a');
    expect(codeOf(await put(`${place}?digest=${sha256(blob)}`, 'other bytes'))).toBe('DIGEST_INVALID');
    expect(codeOf(await put(place, blob))).toBe('DIGEST_INVALID');
    expect(await at(`a/blobs/${sha256(blob)}`)).toMatchObject({ status: 404 });
    expect(codeOf(await put(`a/manifests/${sha256(blob)}`, '{"schemaVersion":2}'))).toBe('DIGEST_INVALID');
  });

  it('goes on with an upload after a restart', async () => {
    const place = await begin('a');
    await at(place, { method: 'PATCH', body: blob.subarray(0, 100_000) });
    await registry.stop();
    registry = await start();
    expect((await at(place)).headers.range).toBe('0-99999');
    expect(await put(`${place}?digest=${sha256(blob)}`, blob.subarray(100_000))).toMatchObject({ status: 201 });
  });

  it('gives uploads up that nobody has touched for long', async () => {
    let now = Date.now();
    await registry.stop();
    registry = await start({ clock: () => now, uploadExpiryMs: 60_000 });
    const old = await begin('a');
    now += 2 * 60 * 60 * 1000;
    await begin('a');
    expect(await at(old)).toMatchObject({ status: 404 });
  });

  it('lets the newest request to a session have it', async () => {
    const place = await begin('a');
    const controller = new AbortController();
    const endless = (async function* () {
      yield blob.subarray(0, 1000);
      await new Promise((_, reject) => controller.signal.addEventListener('abort', () => reject(new Error('over'))));
    })();
    const first = at(place, { method: 'PATCH', body: Readable.from(endless) }).catch(() => 'cut');
    await expect.poll(async () => (await at(place)).headers.range).toBe('0-999');
    const rest = await at(place, { method: 'PATCH', body: blob.subarray(1000) });
    expect(rest.headers.range).toBe('0-299999');
    expect(await first).toBe('cut');
    controller.abort();
    expect(await put(`${place}?digest=${sha256(blob)}`, '')).toMatchObject({ status: 201 });
  });

  it('takes a manifest only when all that it names is there, except its subject', async () => {
    const missing = { mediaType: 'x/y', digest: sha256(blob), size: blob.length };
    const refused = await pushManifest('a', 't', { layers: [missing] });
    expect([refused.status, codeOf(refused)]).toEqual([400, 'MANIFEST_BLOB_UNKNOWN']);
    expect(refused.body.toString()).toContain(missing.digest);
    expect(await at('a/manifests/t')).toMatchObject({ status: 404 });
    await pushBlob('a', blob);
    const taken = await pushManifest('a', 't', {
      layers: [missing],
      subject: { ...missing, digest: sha256(Buffer.of()) },
    });
    expect(taken).toMatchObject({ status: 201, headers: { 'oci-subject': sha256(Buffer.of()) } });
    const got = await at('a/manifests/t');
    expect(got.headers).toMatchObject({ 'content-type': MANIFEST, 'docker-content-digest': sha256(got.body) });
  });

  it('takes manifests up to 4 MiB and no larger ones', async () => {
    const filling = (size: number): object => ({ annotations: { filling: 'x'.repeat(size) } });
    expect(await pushManifest('a', 'large', filling(4 * 1024 * 1024 - 1000))).toMatchObject({ status: 201 });
    expect(await pushManifest('a', 'larger', filling(4 * 1024 * 1024))).toMatchObject({ status: 413 });
    const chunked = Readable.from(Array.from({ length: 5 }, () => Buffer.alloc(1024 * 1024, ' ')));
    expect(await at('a/manifests/larger', { method: 'PUT', body: chunked })).toMatchObject({ status: 413 });
    expect(await at('a/manifests/larger')).toMatchObject({ status: 404 });
  });

  it('moves a tag only on the conditions that a publisher sets', async () => {
    const first = String((await pushManifest('a', 't')).headers['docker-content-digest']);
    const put2 = async (headers: Record<string, string>): Promise<number> => {
      const { body } = await at('a/manifests/t');
      const changed = { ...(JSON.parse(body.toString()) as object), annotations: { n: String(Math.random()) } };
      return (await put('a/manifests/t', JSON.stringify(changed), { 'content-type': MANIFEST, ...headers })).status;
    };
    expect(await put2({ 'if-none-match': '*' })).toBe(412);
    expect(await put2({ 'if-match': `"${first}"` })).toBe(201);
    expect(await put2({ 'if-match': `"${first}"` })).toBe(412);
    expect(await put2({})).toBe(201);
  });

  it('lists tags and repositories in pages, sorted by their bytes', async () => {
    for (const tag of ['b', 'B', 'a', '1.0-h_0', 'a.'])
      expect(await pushManifest('x/y', tag)).toMatchObject({ status: 201 });
    await pushManifest('a', 't');
    const tags = async (query: string): Promise<[unknown, unknown]> => {
      const answer = await at(`x/y/tags/list${query}`);
      return [(JSON.parse(answer.body.toString()) as { tags: string[] }).tags, answer.headers.link];
    };
    expect(await tags('')).toEqual([['1.0-h_0', 'B', 'a', 'a.', 'b'], undefined]);
    expect(await tags('?n=2')).toEqual([['1.0-h_0', 'B'], '</v2/x/y/tags/list?n=2&last=B>; rel="next"']);
    expect(await tags('?n=2&last=B')).toEqual([['a', 'a.'], '</v2/x/y/tags/list?n=2&last=a.>; rel="next"']);
    expect(await tags('?n=2&last=a.')).toEqual([['b'], undefined]);
    expect(await tags('?n=0')).toEqual([[], undefined]);
    expect(await at('x/y/tags/list?n=-1')).toMatchObject({ status: 400 });
    expect(codeOf(await at('none/tags/list'))).toBe('NAME_UNKNOWN');
    const catalog = await at('_catalog?n=1');
    expect(JSON.parse(catalog.body.toString())).toEqual({ repositories: ['a'] });
    expect(catalog.headers.link).toBe('</v2/_catalog?n=1&last=a>; rel="next"');
  });

  it('lists referrers by artifact type, also of what it does not have, until they are deleted', async () => {
    const subject = { mediaType: MANIFEST, digest: sha256(blob), size: 1 };
    const sbom = await pushManifest('a', 'sbom', { subject, artifactType: 'x/sbom', annotations: { k: 'v' } });
    await pushManifest('a', 'plain', { subject });
    const list = async (query = ''): Promise<{ types: unknown[]; filtered: unknown }> => {
      const answer = await at(`a/referrers/${subject.digest}${query}`);
      const index = JSON.parse(answer.body.toString()) as { manifests: { artifactType: string }[] };
      const types = index.manifests.map((m) => m.artifactType).sort();
      return { types, filtered: answer.headers['oci-filters-applied'] };
    };
    const empty = 'application/vnd.oci.empty.v1+json';
    expect(await list()).toEqual({ types: [empty, 'x/sbom'], filtered: undefined });
    expect(await list('?artifactType=x/sbom')).toEqual({ types: ['x/sbom'], filtered: 'artifactType' });
    const digest = String(sbom.headers['docker-content-digest']);
    expect(await at(`a/manifests/${digest}`, { method: 'DELETE' })).toMatchObject({ status: 202 });
    expect((await list()).types).toEqual([empty]);
    const place = join(directory, 'repositories', '~a', 'referrers', subject.digest.replace(':', '-'));
    expect(await readdir(place)).toHaveLength(1);
    expect(await at(`none/referrers/${subject.digest}`)).toMatchObject({ status: 200 });
    expect(await at('a/referrers/sha256:x')).toMatchObject({ status: 400 });
  });

  it('deletes a tag alone, a manifest with its tags, and bytes that nobody has any more', async () => {
    const digest = String((await pushManifest('a', 'one')).headers['docker-content-digest']);
    await pushManifest('a', 'two');
    expect(await at('a/manifests/one', { method: 'DELETE' })).toMatchObject({ status: 202 });
    expect(await at('a/manifests/two')).toMatchObject({ status: 200 });
    expect(await at(`a/manifests/${digest}`, { method: 'DELETE' })).toMatchObject({ status: 202 });
    expect(await at('a/manifests/two')).toMatchObject({ status: 404 });
    expect(JSON.parse((await at('a/tags/list')).body.toString())).toEqual({ name: 'a', tags: [] });
    expect(await at(`a/manifests/${digest}`, { method: 'DELETE' })).toMatchObject({ status: 404 });

    const config = await pushBlob('b', Buffer.from('{}'));
    const files = async (): Promise<number> =>
      (await readdir(join(directory, 'blobs'), { recursive: true, withFileTypes: true })).filter((f) => f.isFile())
        .length;
    expect(await at(`a/blobs/${config}`, { method: 'DELETE' })).toMatchObject({ status: 202 });
    expect(await at(`b/blobs/${config}`)).toMatchObject({ status: 200 });
    expect(await files()).toBe(1);
    expect(await at(`b/blobs/${config}`, { method: 'DELETE' })).toMatchObject({ status: 202 });
    expect(await files()).toBe(0);
  });

  it.each([
    ['A/manifests/t', 'GET', 400, 'NAME_INVALID'],
    ['a/..%2fb/manifests/t', 'GET', 400, 'NAME_INVALID'],
    ['..%2f..%2fetc/blobs/sha256:00', 'GET', 400, 'NAME_INVALID'],
    ['a/blobs/sha256:00', 'GET', 400, 'DIGEST_INVALID'],
    [`a/blobs/sha256:..%2f${'0'.repeat(61)}`, 'GET', 404, 'UNSUPPORTED'],
    ['a/manifests/-t', 'GET', 404, 'NAME_UNKNOWN'],
    ['a/manifests/t', 'POST', 405, 'UNSUPPORTED'],
    ['a/blobs/uploads/00000000-0000-0000-0000-000000000000', 'GET', 404, 'BLOB_UPLOAD_UNKNOWN'],
    ['a/blobs/uploads/..', 'PATCH', 404, 'UNSUPPORTED'],
    ['a/other', 'GET', 404, 'UNSUPPORTED'],
    ['%zz', 'GET', 400, 'NAME_INVALID'],
  ] as const)('answers %s (%s) with %d %s', async (path, method, status, code) => {
    const answer = await at(path, { method });
    expect([answer.status, codeOf(answer)]).toEqual([status, code]);
  });

  it('asks for a name and a password where it is told to', async () => {
    registry = await start({ auth: fixedUsers({ me: 'p:w' }) });
    const with_ = (pair: string): Promise<Asked> =>
      at('', { headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } });
    const anonymous = await at('');
    expect([anonymous.status, codeOf(anonymous)]).toEqual([401, 'UNAUTHORIZED']);
    expect(anonymous.headers['www-authenticate']).toBe('Basic realm="condock", charset="UTF-8"');
    expect(await with_('me:p:w')).toMatchObject({ status: 200 });
    for (const wrong of ['me:p', 'me', ':p:w', 'you:p:w']) expect(await with_(wrong)).toMatchObject({ status: 401 });
  });

  it('answers neither web pages nor names that point here from elsewhere', async () => {
    const port = registry.host.split(':')[1]!;
    for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1.evil.example', '10.0.0.1', 'a@127.0.0.1'])
      expect(await at('', { headers: { host } }), host).toMatchObject({ status: 403 });
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`])
      expect(await at('', { headers: { host } }), host).toMatchObject({ status: 200 });
    expect(await at('', { headers: { origin: registry.url } })).toMatchObject({ status: 403 });
    expect(await at('', { headers: { 'sec-fetch-site': 'cross-site' } })).toMatchObject({ status: 403 });
    expect((await at('')).headers['access-control-allow-origin']).toBeUndefined();
  });

  it('listens beyond loopback only when it is told under which name', async () => {
    await expect(startRegistry({ directory, host: '0.0.0.0' })).rejects.toMatchObject({ code: 'insecure' });
    const taken = Number(registry.host.split(':')[1]);
    await expect(startRegistry({ directory, port: taken })).rejects.toMatchObject({ code: 'store-failed' });
    await expect(startRegistry({ directory: join(directory, '\0') })).rejects.toMatchObject({ code: 'store-failed' });
    registry = await start({ exposeAs: ['registry.lan'] });
    expect(await at('', { headers: { host: 'registry.lan:5000' } })).toMatchObject({ status: 200 });
    expect(await at('', { headers: { host: 'other.lan' } })).toMatchObject({ status: 403 });
  });
});
