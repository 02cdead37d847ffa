import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { extract } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import type { InfoFile } from '../conda/info-files.ts';
import type { Manifest } from '../oci/types.ts';
import { buildArtifact, type BuildArtifactOptions } from './build-artifact.ts';
import { readPackageArtifact } from './package-artifact.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const INDEX = text('{"name":"_p","version":"1!2+x","build":"h0_0"}\n');
const FILES: [string, Uint8Array][] = [
  ['index.json', INDEX],
  ['about.json', text('{"license":"MIT"}')],
  ['licenses/LICENSE.txt', text('Do what you like.\n'.repeat(40))],
  ['files', text(Array.from({ length: 5000 }, (_, i) => `lib/part-${i}.txt\n`).join(''))],
];
const infoFile = ([path, bytes]: readonly [string, Uint8Array]): InfoFile => ({
  path,
  bytes,
  type: 'file',
  mode: 0o755,
});
const options = (layout: 'v0' | 'v1'): BuildArtifactOptions => ({
  archive: { path: '/build/_p-1!2+x-h0_0.conda', digest: `sha256:${'1'.repeat(64)}`, size: 1234, md5: '2'.repeat(32) },
  infoFiles: FILES.map(infoFile),
  identity: { name: '_p', version: '1!2+x', build: 'h0_0' },
  layout,
});
const read = (bytes: Uint8Array): Manifest => JSON.parse(new TextDecoder().decode(bytes)) as Manifest;
const sha256 = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

describe('buildArtifact', () => {
  it('writes a v0 manifest as the mirror does, without what changes from push to push', async () => {
    const built = await buildArtifact(options('v0'));
    const stem = '_p-1!2+x-h0_0';
    expect(read(built.manifest)).toEqual({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: {
        mediaType: 'application/vnd.unknown.config.v1+json',
        digest: 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
        size: 2,
      },
      layers: [
        {
          mediaType: 'application/vnd.conda.package.v2',
          digest: `sha256:${'1'.repeat(64)}`,
          size: 1234,
          annotations: { 'org.conda.md5': '2'.repeat(32), 'org.opencontainers.image.title': `${stem}.conda` },
        },
        {
          mediaType: 'application/vnd.conda.info.v1.tar+gzip',
          digest: sha256(built.info.bytes),
          size: built.info.bytes.length,
          annotations: { 'org.opencontainers.image.title': `${stem}/info.tar.gz` },
        },
        {
          mediaType: 'application/vnd.conda.info.index.v1+json',
          digest: sha256(INDEX),
          size: INDEX.length,
          annotations: { 'org.opencontainers.image.title': `${stem}/info/index.json` },
        },
      ],
    });
    expect(built.encoded).toEqual({ component: 'zzz_p', tag: '1__e__2__p__x-h0_0', hashed: false });
    expect(built.digest).toBe(sha256(built.manifest));
  });

  it('writes a v1 manifest with the four annotations of the draft and no other of org.conda', async () => {
    const built = await buildArtifact(options('v1'));
    const manifest = read(built.manifest);
    expect(manifest.annotations).toEqual({
      'org.conda.oci.schema': '1',
      'org.conda.package.name': '_p',
      'org.conda.package.version': '1!2+x',
      'org.conda.package.build': 'h0_0',
    });
    expect(manifest.layers).toHaveLength(3);
    expect(JSON.stringify(manifest.layers)).not.toContain('org.conda.');
    expect(built.encoded.tag).toBe('1_N2_Px-h0__0');
    expect(readPackageArtifact(manifest)).toMatchObject({ layout: 'v1', identity: options('v1').identity });
  });

  it('uses the same blobs for both layouts', async () => {
    const [v0, v1] = [await buildArtifact(options('v0')), await buildArtifact(options('v1'))];
    for (const part of ['config', 'info', 'index'] as const) {
      expect(v1[part].descriptor.digest).toBe(v0[part].descriptor.digest);
    }
    expect(v1.archive).toEqual(v0.archive);
    expect(v1.digest).not.toBe(v0.digest);
  });

  it('gives known digests: a dependency that writes other bytes must not pass unseen', async () => {
    const v0 = await buildArtifact(options('v0'));
    const v1 = await buildArtifact({ ...options('v1'), infoFiles: [...FILES].reverse().map(infoFile) });
    expect({ info: v0.info.descriptor.digest, v0: v0.digest, v1: v1.digest }).toEqual({
      info: 'sha256:4327da0d33d53e8bbca2f95e062aec515c2dd13c1851479f87b74264f6e75a5f',
      v0: 'sha256:a79ebd27e9cbd41f5cfd1274387d82ae423cc9d6800dee44a2765a15c0f75480',
      v1: 'sha256:486c2e37bf7c50a89dd634b3a5958e675b278c220acb77e0464ed3a7ea1a51cb',
    });
  });

  it('packs info files sorted, at the root, without owner, time or permissions of their own', async () => {
    const { info } = await buildArtifact(options('v0'));
    expect([...info.bytes.subarray(0, 10)]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 3]);
    const reader = extract();
    reader.end(gunzipSync(info.bytes));
    const seen: string[] = [];
    for await (const entry of reader) {
      const { name, uid, gid, mode, mtime, uname } = entry.header;
      seen.push(name);
      expect({ uid, gid, mode, mtime: mtime.getTime(), uname }).toEqual({
        uid: 0,
        gid: 0,
        mode: 0o644,
        mtime: 0,
        uname: '',
      });
      const parts: Buffer[] = [];
      for await (const part of entry) parts.push(part as Buffer);
      expect(Buffer.compare(Buffer.concat(parts), FILES.find(([n]) => n === name)![1])).toBe(0);
    }
    expect(seen).toEqual(['about.json', 'files', 'index.json', 'licenses/LICENSE.txt']);
  });

  it('refuses a v0 manifest without MD5, names that leave info/, and packages without index.json', async () => {
    const { path, digest, size } = options('v0').archive;
    const archive = { path, digest, size };
    await expect(buildArtifact({ ...options('v0'), archive })).rejects.toMatchObject({ code: 'usage' });
    await expect(buildArtifact({ ...options('v1'), archive })).resolves.toBeDefined();
    for (const name of ['../x', '/etc/passwd', 'a//b', 'a\\b', 'a\0', '']) {
      const infoFiles = [...FILES, [name, text('x')] as const].map(infoFile);
      await expect(buildArtifact({ ...options('v0'), infoFiles })).rejects.toMatchObject({ code: 'invalid-package' });
    }
    await expect(buildArtifact({ ...options('v0'), infoFiles: [] })).rejects.toMatchObject({ code: 'invalid-package' });
  });

  it('refuses a name that the layout cannot spell before anything is pushed', async () => {
    const identity = { name: 'p', version: '1', build: 'a=b' };
    await expect(buildArtifact({ ...options('v1'), identity })).rejects.toMatchObject({ code: 'illegal-name' });
  });
});
