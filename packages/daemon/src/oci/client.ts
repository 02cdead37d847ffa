import { createHash } from 'node:crypto';
import { request as send, Agent } from 'undici';
import { CondockError } from '@condock/protocol';
import type { CredentialSource } from './auth/credential-source.ts';
import { isDigest, sha256Digest } from './digest.ts';
import { parseManifest } from './manifest.ts';
import type { RegistryClient, RequestOptions } from './registry-client.ts';
import { MEDIA_TYPES, type Digest, type Descriptor, type ImageIndex, type Repository } from './types.ts';

export interface RegistryClientOptions {
  credentials: CredentialSource;
  insecureHosts?: readonly string[];
}

/** The distribution client. */
export function createRegistryClient(options: RegistryClientOptions): RegistryClient {
  const agent = new Agent({ connections: 64 });
  const base = (host: string): string => `${/^(127\.|localhost|\[::1\])/.test(host) ? 'http' : 'https'}://${host}`;
  const call = async (host: string, method: string, path: string, o: RequestOptions & { headers?: Record<string, string>; body?: unknown } = {}) => {
    const credential = await options.credentials.find({ host });
    const url = path.startsWith('http') ? path : base(host) + path;
    try {
      const response = await send(url, {
        method: method as 'GET',
        dispatcher: agent,
        headers: {
          ...(credential === undefined ? {} : { authorization: `Basic ${Buffer.from(`${credential.username ?? ''}:${credential.secret}`).toString('base64')}` }),
          ...o.headers,
        },
        body: (o.body ?? null) as null,
        ...(o.signal === undefined ? {} : { signal: o.signal }),
      });
      if (response.statusCode === 401 || response.statusCode === 403) {
        await response.body.dump();
        throw new CondockError('login-required', `${host} wants a credential.`, { data: { host, status: response.statusCode } });
      }
      return response;
    } catch (error) {
      if (error instanceof CondockError || o.signal?.aborted === true) throw error;
      throw new CondockError('unreachable', `${host} does not answer.`, { cause: error, data: { host } });
    }
  };
  const bad = async (host: string, status: number, body: { dump(): Promise<void> }): Promise<never> => {
    await body.dump();
    throw new CondockError('registry-error', `${host} answered ${status}.`, { data: { host, status } });
  };
  const bytesOf = async (body: AsyncIterable<Uint8Array>): Promise<Uint8Array> => {
    const chunks: Uint8Array[] = [];
    for await (const c of body) chunks.push(c);
    return Buffer.concat(chunks);
  };
  const accept = `${MEDIA_TYPES.manifest}, ${MEDIA_TYPES.index}, application/vnd.docker.distribution.manifest.v2+json`;
  const client: RegistryClient = {
    ping: async (host, o) => {
      const r = await call(host, 'GET', '/v2/', o);
      await r.body.dump();
      return { status: r.statusCode, challenges: [] };
    },
    headBlob: async ({ host, name }, digest, o) => {
      const r = await call(host, 'HEAD', `/v2/${name}/blobs/${digest}`, o);
      await r.body.dump();
      if (r.statusCode === 404) return undefined;
      return { size: Number(r.headers['content-length']) };
    },
    getBlob: async ({ host, name }, digest, o = {}) => {
      const range = o.offset !== undefined && o.offset > 0 ? { range: `bytes=${o.offset}-` } : {};
      const r = await call(host, 'GET', `/v2/${name}/blobs/${digest}`, { ...o, headers: range });
      if (r.statusCode === 404) {
        await r.body.dump();
        return undefined;
      }
      if (r.statusCode !== 200 && r.statusCode !== 206) return bad(host, r.statusCode, r.body);
      const offset = r.statusCode === 206 ? (o.offset ?? 0) : 0;
      return { offset, size: Number(r.headers['content-length']) + offset, chunks: r.body as AsyncIterable<Uint8Array> };
    },
    headManifest: async (repository, tag, o) => {
      const m = await client.getManifest(repository, tag, o);
      return m === undefined ? undefined : { digest: m.digest, size: m.bytes.length };
    },
    getManifest: async ({ host, name }, tag, o) => {
      const r = await call(host, 'GET', `/v2/${name}/manifests/${tag}`, { ...o, headers: { accept } });
      if (r.statusCode === 404) {
        await r.body.dump();
        return undefined;
      }
      if (r.statusCode !== 200) return bad(host, r.statusCode, r.body);
      const bytes = await bytesOf(r.body);
      const digest = sha256Digest(bytes);
      if (isDigest(tag) && tag !== digest) throw new CondockError('digest-mismatch', `${host} sent another manifest.`);
      const document = parseManifest(bytes);
      return { digest, bytes, document, mediaType: document.mediaType ?? MEDIA_TYPES.manifest };
    },
    putManifest: async ({ host, name }, tag, bytes, mediaType, o) => {
      const r = await call(host, 'PUT', `/v2/${name}/manifests/${tag}`, { ...o, body: Buffer.from(bytes), headers: { 'content-type': mediaType } });
      if (r.statusCode !== 201) return bad(host, r.statusCode, r.body);
      await r.body.dump();
      return { digest: sha256Digest(bytes), subjectHandled: r.headers['oci-subject'] !== undefined };
    },
    deleteManifest: async ({ host, name }, tag, o) => {
      const r = await call(host, 'DELETE', `/v2/${name}/manifests/${tag}`, o);
      await r.body.dump();
      return r.statusCode === 202;
    },
    deleteBlob: async ({ host, name }, digest, o) => {
      const r = await call(host, 'DELETE', `/v2/${name}/blobs/${digest}`, o);
      await r.body.dump();
      return r.statusCode === 202;
    },
    listRepositories: async function* (host, o) {
      const r = await call(host, 'GET', '/v2/_catalog?n=10000', o);
      if (r.statusCode !== 200) return bad(host, r.statusCode, r.body);
      yield ((await r.body.json()) as { repositories: string[] }).repositories;
    },
    listTags: async function* ({ host, name }, o) {
      const r = await call(host, 'GET', `/v2/${name}/tags/list`, o);
      if (r.statusCode === 404) return void (await r.body.dump());
      if (r.statusCode !== 200) return bad(host, r.statusCode, r.body);
      yield ((await r.body.json()) as { tags: string[] | null }).tags ?? [];
    },
    listReferrers: async ({ host, name }, digest, o) => {
      const r = await call(host, 'GET', `/v2/${name}/referrers/${digest}`, o);
      if (r.statusCode === 200) return ((await r.body.json()) as ImageIndex).manifests;
      await r.body.dump();
      const m = await client.getManifest({ host, name }, digest.replace(':', '-'), o);
      return m === undefined ? ([] as Descriptor[]) : (m.document as ImageIndex).manifests;
    },
    uploadBlob: async (repository: Repository, source, o = {}) => {
      const { host, name } = repository;
      let digest: Digest | undefined = source.digest;
      if (digest !== undefined && (await client.headBlob(repository, digest, o)) !== undefined) return { digest, size: source.size, moved: 'present' };
      for (const from of digest === undefined ? [] : (o.mountFrom ?? [])) {
        const m = await call(host, 'POST', `/v2/${name}/blobs/uploads/?mount=${String(digest)}&from=${encodeURIComponent(from)}`, o);
        await m.body.dump();
        if (m.statusCode === 201 && digest !== undefined) return { digest, size: source.size, moved: 'mounted' };
      }
      const r = await call(host, 'POST', `/v2/${name}/blobs/uploads/`, o);
      await r.body.dump();
      const place = String(r.headers.location);
      const hash = createHash('sha256');
      let sent = 0;
      const body = async function* () {
        for await (const c of source.open(0)) {
          hash.update(c);
          sent += c.length;
          o.onProgress?.(sent);
          yield c;
        }
      };
      const p = await call(host, 'PATCH', place, { ...o, body: body(), headers: { 'content-type': 'application/octet-stream' } });
      if (p.statusCode >= 300) return bad(host, p.statusCode, p.body);
      await p.body.dump();
      digest ??= `sha256:${hash.digest('hex')}`;
      const next = String(p.headers.location);
      const done = await call(host, 'PUT', `${next}${next.includes('?') ? '&' : '?'}digest=${digest}`, o);
      if (done.statusCode !== 201) return bad(host, done.statusCode, done.body);
      await done.body.dump();
      return { digest, size: source.size, moved: 'uploaded' };
    },
    close: () => agent.close(),
  };
  return client;
}
