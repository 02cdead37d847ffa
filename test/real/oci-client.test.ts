import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Credential } from '../../packages/daemon/src/oci/auth/credential-source.ts';
import { createRegistryClient, type FullRegistryClient } from '../../packages/daemon/src/oci/client.ts';
import { sha256Digest } from '../../packages/daemon/src/oci/digest.ts';
import { encodeManifest } from '../../packages/daemon/src/oci/manifest.ts';
import type { UploadSource } from '../../packages/daemon/src/oci/registry-client.ts';
import { type Digest, type Manifest, MEDIA_TYPES } from '../../packages/daemon/src/oci/types.ts';
import { startTokenServer, type TokenServer, usersMayAll } from '../support/token-server/index.ts';
import { type DockerRegistry, dockerRegistryMissing, startDockerRegistry } from './support/docker-registry.ts';

const missing = dockerRegistryMissing('htpasswd');
if (missing !== undefined) console.log(`skipped: the client against docker-registry, since ${missing}`);

function sourceOf(bytes: Buffer, digest?: Digest): UploadSource {
  return {
    size: bytes.length,
    ...(digest === undefined ? {} : { digest }),
    open: async function* (offset) {
      await Promise.resolve();
      for (let at = offset; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
    },
  };
}

async function gather(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

for (const auth of [undefined, 'htpasswd', 'token'] as const) {
  describe.skipIf(missing !== undefined)(`docker-registry, ${auth ?? 'open to everybody'}`, () => {
    let registry: DockerRegistry;
    let client: FullRegistryClient;

    let tokens: TokenServer | undefined;
    let folder: string;
    const credential: Credential = { kind: 'basic', username: 'user', secret: 'pass:word', source: 'test' };
    const createClient = (): FullRegistryClient =>
      createRegistryClient({
        credentials: { find: () => Promise.resolve(auth === undefined ? undefined : credential) },
      });

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'condock-client-'));
      if (auth === 'token') {
        tokens = await startTokenServer({
          users: { user: credential.secret },
          grant: usersMayAll({ anonymousPull: false }),
        });
        const rootCertificates = join(folder, 'bundle.pem');
        await writeFile(rootCertificates, tokens.certificate);
        registry = await startDockerRegistry({ auth: { ...tokens, rootCertificates } });
      } else registry = await startDockerRegistry(auth === undefined ? {} : { auth });
      client = createClient();
    });
    afterAll(async () => {
      await client.close();
      await registry.stop();
      await tokens?.stop();
      await rm(folder, { recursive: true });
    });

    const repository = (name: string) => ({ host: registry.host, name });

    it('takes blobs in one pass of unknown digest, in one request of known digest, and without content', async () => {
      for (const [size, known] of [
        [10_000_000, false],
        [10_000_000, true],
        [30_000, true],
        [30_000, false],
        [0, true],
        [0, false],
      ] as const) {
        const bytes = randomBytes(size);
        const digest = sha256Digest(bytes);
        const progress: number[] = [];
        const result = await client.uploadBlob(repository('up/loads'), sourceOf(bytes, known ? digest : undefined), {
          onProgress: (sent) => progress.push(sent),
        });
        expect(result).toMatchObject({ digest, size });
        if (size > 0) expect(progress.at(-1)).toBe(size);
        expect(await client.headBlob(repository('up/loads'), digest)).toEqual({ size });
        const body = await client.getBlob(repository('up/loads'), digest);
        expect((await gather(body!.chunks)).equals(bytes)).toBe(true);
      }
    });

    it('says that a blob is present, and mounts it into another repository', async () => {
      const bytes = randomBytes(1000);
      const digest = sha256Digest(bytes);
      const source = sourceOf(bytes, digest);
      expect(await client.uploadBlob(repository('mount/a'), source)).toMatchObject({ moved: 'uploaded' });
      expect(await client.uploadBlob(repository('mount/a'), source)).toMatchObject({ moved: 'present' });
      expect(await client.uploadBlob(repository('mount/b'), source, { mountFrom: ['mount/a'] })).toMatchObject({
        moved: 'mounted',
      });
      expect(
        await client.uploadBlob(repository('mount/c'), source, { mountFrom: ['mount/none', 'mount/b'] }),
      ).toMatchObject({ moved: 'mounted' });
    });

    it('downloads from an offset, and knows the end', async () => {
      const bytes = randomBytes(100_000);
      const digest = sha256Digest(bytes);
      await client.uploadBlob(repository('ranges'), sourceOf(bytes, digest));
      const rest = await client.getBlob(repository('ranges'), digest, { offset: 60_000 });
      expect(rest).toMatchObject({ offset: 60_000, size: 100_000 });
      expect((await gather(rest!.chunks)).equals(bytes.subarray(60_000))).toBe(true);
      const part = await client.getBlob(repository('ranges'), digest, { offset: 10, end: 19 });
      expect((await gather(part!.chunks)).equals(bytes.subarray(10, 20))).toBe(true);
      const beyond = await client.getBlob(repository('ranges'), digest, { offset: 100_000 });
      expect(beyond!.offset + (await gather(beyond!.chunks)).length).toBe(100_000);
    });

    it('pushes, reads, lists, refers to and deletes manifests', async () => {
      const config = Buffer.from('{}');
      const there = repository('mani/fests');
      await client.uploadBlob(there, sourceOf(config, sha256Digest(config)));
      const manifest: Manifest = {
        schemaVersion: 2,
        mediaType: MEDIA_TYPES.manifest,
        config: { mediaType: MEDIA_TYPES.emptyConfig, digest: sha256Digest(config), size: 2 },
        layers: [],
      };
      const bytes = encodeManifest(manifest);
      const digest = sha256Digest(bytes);
      for (const tag of ['1.0-0', '1.0-1', digest]) {
        expect(await client.putManifest(there, tag, bytes, MEDIA_TYPES.manifest)).toEqual({
          digest,
          subjectHandled: false,
        });
      }
      const fetched = await client.getManifest(there, '1.0-0');
      expect(fetched).toMatchObject({ digest, mediaType: MEDIA_TYPES.manifest, document: manifest });
      expect(Buffer.from(fetched!.bytes).equals(Buffer.from(bytes))).toBe(true);
      expect(await client.headManifest(there, digest)).toEqual({ digest, size: bytes.length });
      const tags: string[] = [];
      for await (const page of client.listTags(there)) tags.push(...page);
      expect(tags.sort()).toEqual(['1.0-0', '1.0-1']);
      const names: string[] = [];
      for await (const page of client.listRepositories(registry.host)) names.push(...page);
      expect(names).toContain('mani/fests');

      const referrer = { mediaType: MEDIA_TYPES.manifest, digest, size: bytes.length, artifactType: 'text/x' };
      const index = encodeManifest({ schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests: [referrer] });
      await client.putManifest(there, digest.replace(':', '-'), index, MEDIA_TYPES.index);
      expect(await client.listReferrers(there, digest)).toEqual([referrer]);
      expect(await client.listReferrers(there, digest, { artifactType: 'other' })).toEqual([]);

      expect(await client.deleteManifest(there, digest)).toBe(true);
      expect(await client.deleteManifest(there, digest)).toBe(false);
      expect(await client.getManifest(there, digest)).toBeUndefined();
      expect(await client.deleteBlob(there, sha256Digest(config))).toBe(true);
    });

    it('takes manifests of one repository from several publishers who all bring the same config', async () => {
      const publishers = Array.from({ length: 4 }, () => createClient());
      const config = Buffer.from('{}');
      for (let round = 0; round < 20; round += 1) {
        const there = repository(`crowded/${String(round)}`);
        const push = async (publisher: FullRegistryClient, name: string): Promise<void> => {
          const layer = Buffer.from(name);
          for (const blob of [layer, config]) await publisher.uploadBlob(there, sourceOf(blob, sha256Digest(blob)));
          const manifest = encodeManifest({
            schemaVersion: 2,
            mediaType: MEDIA_TYPES.manifest,
            config: { mediaType: MEDIA_TYPES.emptyConfig, digest: sha256Digest(config), size: 2 },
            layers: [{ mediaType: 'text/plain', digest: sha256Digest(layer), size: layer.length }],
          });
          await publisher.putManifest(there, name, manifest, MEDIA_TYPES.manifest);
        };
        // Two from each: a client shares its own uploads, and lives with those of others.
        await Promise.all(publishers.flatMap((p, at) => ['a', 'b'].map((half) => push(p, `${half}-${String(at)}`))));
      }
      await Promise.all(publishers.map((p) => p.close()));
    });

    it('answers undefined for what is not there', async () => {
      const digest = sha256Digest(Buffer.from('nowhere'));
      expect(await client.headBlob(repository('no/such'), digest)).toBeUndefined();
      expect(await client.getBlob(repository('no/such'), digest)).toBeUndefined();
      expect(await client.getManifest(repository('no/such'), 'latest')).toBeUndefined();
      for await (const page of client.listTags(repository('no/such'))) expect(page).toEqual([]);
    });

    it('says who it is to the registry, and what the registry said', async () => {
      const { status, challenges } = await client.ping(registry.host);
      expect(status).toBe(200);
      expect(challenges.length).toBe(auth === undefined ? 0 : 1);
      expect(JSON.stringify(client.sessions())).not.toContain(registry.password);
      if (auth === undefined) return;
      expect(client.sessions()[0]).toMatchObject({ host: registry.host, username: registry.username, source: 'test' });
      const wrong = createRegistryClient({
        credentials: {
          find: () => Promise.resolve({ kind: 'basic', username: 'user', secret: 'no', source: 'old file' }),
        },
      });
      expect((await wrong.ping(registry.host)).status).toBe(401);
      await expect(wrong.getManifest(repository('a/b'), 'c')).rejects.toMatchObject({
        code: 'login-required',
        data: { host: registry.host, status: 401, credentialSource: 'old file' },
      });
      await wrong.close();
    });

    if (auth !== 'token') return;

    it('needs at most 20 tokens for 500 private repositories', async () => {
      const repositories = Array.from({ length: 500 }, (_, i) => repository(`many/linux-64/package-${String(i)}`));
      const bytes = randomBytes(100);
      const source = sourceOf(bytes, sha256Digest(bytes));
      for (const name of [0, 250, 499]) await client.uploadBlob(repositories[name]!, source);
      client.forget();
      const before = tokens!.tokenRequests.length;
      await client.authorize(repositories, 'pull');
      const found = await Promise.all(repositories.map((r) => client.headBlob(r, sha256Digest(bytes))));
      expect(found.filter((f) => f !== undefined).length).toBe(3);
      expect(tokens!.tokenRequests.length - before).toBeLessThanOrEqual(20);
    });

    it('gets tokens for a refresh token that is replaced at every use', async () => {
      let secret = tokens!.createRefreshToken('user');
      tokens!.rotateRefreshTokens();
      const rotating = createRegistryClient({
        credentials: {
          find: () => Promise.resolve({ kind: 'identity-token', secret, source: 'test' }),
          rotated: (_query, _previous, next) => {
            secret = next;
            return Promise.resolve();
          },
        },
      });
      for (const name of ['r/a', 'r/b', 'r/c']) {
        expect(await rotating.headBlob(repository(name), sha256Digest(Buffer.from(name)))).toBeUndefined();
      }
      await rotating.close();
    });
  });
}
