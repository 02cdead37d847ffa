import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { RegistryParts } from '../../../packages/daemon/src/http/registry/exchange.ts';
import { route } from '../../../packages/daemon/src/http/registry/router.ts';
import type { Answer } from './types.ts';

export interface ContentDescriptor {
  mediaType: string;
  digest: `sha256:${string}`;
  size: number;
}

export interface ArtifactLayer {
  mediaType: string;
  bytes: Uint8Array;
  annotations?: Record<string, string>;
}

/** What an honest registry would serve. */
export interface Content {
  addBlob(repository: string, bytes: Uint8Array): Promise<ContentDescriptor>;
  /** A document is written as JSON; bytes are kept as they are. With a tag it is pushed by tag, else by digest. */
  addManifest(repository: string, manifest: object | Uint8Array, tag?: string): Promise<ContentDescriptor>;
  /** A manifest with an empty config and these layers, all of it pushed. */
  addArtifact(
    repository: string,
    tag: string,
    layers: readonly ArtifactLayer[],
    more?: object,
  ): Promise<{ manifest: ContentDescriptor; layers: ContentDescriptor[] }>;
  /** Undefined where the repository does not hold it. */
  readBlob(repository: string, digest: string): Promise<Buffer | undefined>;
  tags(repository: string): Promise<string[]>;
}

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

export interface AskOptions {
  headers?: Record<string, string | string[] | undefined>;
  body?: Buffer;
  /** The line breaks after the body. */
  broken?: boolean;
}

/** One request to the honest registry, without a wire. */
export async function askHonest(
  parts: RegistryParts,
  method: string,
  url: string,
  { headers = {}, body = Buffer.alloc(0), broken = false }: AskOptions = {},
): Promise<Answer> {
  const [path = '', search = ''] = url.split('?');
  const request = Object.assign(Readable.from(chunksOf(body, broken)), { method, headers });
  const reply = await route({ ...parts, request, query: new URLSearchParams(search) }, path);
  const bytes = method === 'HEAD' || reply.body === undefined ? Buffer.alloc(0) : reply.body;
  return {
    status: reply.status,
    headers: { ...reply.headers },
    body: typeof bytes === 'function' ? await buffer(bytes()) : Buffer.from(bytes),
  };
}

export function createContent(parts: RegistryParts): Content {
  const push = async (method: string, url: string, type: string, bytes: Uint8Array): Promise<ContentDescriptor> => {
    const body = Buffer.from(bytes);
    const headers = { 'content-type': type, 'content-length': String(body.length) };
    const answer = await askHonest(parts, method, url, { headers, body });
    if (answer.status !== 201) throw new Error(`${method} ${url}: ${answer.body.toString()}`);
    return { mediaType: type, digest: digestOf(body), size: body.length };
  };
  const content: Content = {
    addBlob: (repository, bytes) =>
      push('POST', `/v2/${repository}/blobs/uploads/?digest=${digestOf(bytes)}`, 'application/octet-stream', bytes),
    addManifest: (repository, manifest, tag) => {
      const bytes = manifest instanceof Uint8Array ? manifest : Buffer.from(JSON.stringify(manifest));
      const { mediaType = MANIFEST } = JSON.parse(Buffer.from(bytes).toString()) as { mediaType?: string };
      return push('PUT', `/v2/${repository}/manifests/${tag ?? digestOf(bytes)}`, mediaType, bytes);
    },
    addArtifact: async (repository, tag, layers, more = {}) => {
      const config = await content.addBlob(repository, Buffer.from('{}'));
      const described = [];
      for (const { mediaType, bytes, annotations } of layers) {
        const blob = await content.addBlob(repository, bytes);
        described.push({ ...blob, mediaType, ...(annotations === undefined ? {} : { annotations }) });
      }
      const document = {
        schemaVersion: 2,
        mediaType: MANIFEST,
        config: { ...config, mediaType: 'application/vnd.oci.empty.v1+json' },
        layers: described,
        ...more,
      };
      return { manifest: await content.addManifest(repository, document, tag), layers: described };
    },
    readBlob: async (repository, digest) => {
      const answer = await askHonest(parts, 'GET', `/v2/${repository}/blobs/${digest}`);
      return answer.status === 200 ? answer.body : undefined;
    },
    tags: (repository) => parts.store.repositories.tags(repository),
  };
  return content;
}

export function digestOf(bytes: Uint8Array): `sha256:${string}` {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

function* chunksOf(body: Buffer, broken: boolean): Generator<Buffer> {
  if (body.length > 0) yield body;
  if (broken) throw new Error('the line broke');
}
