import { describe, expect, it } from 'vitest';
import type { Descriptor, Manifest } from '../oci/types.ts';
import { checkIdentity, identifyArtifact, readPackageArtifact } from './package-artifact.ts';

const PACKAGE_V1 = 'application/vnd.conda.package.v1';
const PACKAGE_V2 = 'application/vnd.conda.package.v2';
const INFO = 'application/vnd.conda.info.v1.tar+gzip';
const INDEX = 'application/vnd.conda.info.index.v1+json';
const UNKNOWN_CONFIG = 'application/vnd.unknown.config.v1+json';

const blob = (mediaType: string, annotations?: Record<string, string>): Descriptor => ({
  mediaType,
  digest: `sha256:${Buffer.from(mediaType.padEnd(32).slice(-32)).toString('hex')}`,
  size: mediaType.length,
  ...(annotations === undefined ? {} : { annotations }),
});
const manifest = (config: string, layers: Descriptor[], annotations?: Record<string, string>): Manifest => ({
  schemaVersion: 2,
  config: blob(config),
  layers,
  ...(annotations === undefined ? {} : { annotations }),
});
const title = (text: string) => ({ 'org.opencontainers.image.title': text });

describe('readPackageArtifact', () => {
  it.each([
    [
      'the manifest of four layers that the layout began with',
      manifest(UNKNOWN_CONFIG, [
        blob('application/vnd.oci.image.layer.v1.tar'),
        blob(PACKAGE_V2),
        blob(INFO),
        blob(INDEX),
      ]),
    ],
    [
      'what the oras command line pushed in 2022',
      manifest(UNKNOWN_CONFIG, [
        blob(PACKAGE_V2, title('p-1-0.conda')),
        blob(INFO, title('p-1-0/info.tar.gz')),
        blob(INDEX, title('p-1-0/info/index.json')),
      ]),
    ],
    [
      "what the mirror's own pusher made until 2023",
      manifest(
        'application/vnd.oci.image.config.v1+json',
        [blob(INDEX), blob(PACKAGE_V2, { 'org.conda.md5': '0'.repeat(32) }), blob(INFO)],
        { 'org.opencontainers.image.description': 'p 1 0' },
      ),
    ],
    [
      'what oras-py pushes since',
      manifest(
        UNKNOWN_CONFIG,
        [blob(PACKAGE_V2, { creationTime: '2026.11.24.02.08', size: '12' }), blob(INFO), blob(INDEX)],
        {},
      ),
    ],
  ])('reads %s', (_, document) => {
    const artifact = readPackageArtifact(document);
    expect(artifact.layout).toBe('v0');
    expect(artifact.archives).toEqual({ conda: document.layers.find((l) => l.mediaType === PACKAGE_V2) });
    expect(artifact.info?.mediaType).toBe(INFO);
    expect(artifact.index?.mediaType).toBe(INDEX);
    expect(artifact.identity).toBeUndefined();
  });

  it('goes without info and index layers, as mirrored from Windows, and takes either format', () => {
    expect(readPackageArtifact(manifest(UNKNOWN_CONFIG, [blob(PACKAGE_V1)]))).toMatchObject({
      archives: { 'tar.bz2': blob(PACKAGE_V1) },
      info: undefined,
      index: undefined,
    });
    expect(
      Object.keys(readPackageArtifact(manifest(UNKNOWN_CONFIG, [blob(PACKAGE_V1), blob(PACKAGE_V2)])).archives).sort(),
    ).toEqual(['conda', 'tar.bz2']);
  });

  it('takes a manifest for v1 by its annotation alone', () => {
    const annotations = {
      'org.conda.oci.schema': '1',
      'org.conda.package.name': '_p',
      'org.conda.package.version': '1!2',
      'org.conda.package.build': 'a_0',
    };
    const artifact = readPackageArtifact(
      manifest('application/vnd.oci.empty.v1+json', [blob(PACKAGE_V2)], annotations),
    );
    expect(artifact).toMatchObject({ layout: 'v1', identity: { name: '_p', version: '1!2', build: 'a_0' } });
    const rest = { ...annotations, 'org.conda.oci.schema': '' };
    expect(readPackageArtifact(manifest(UNKNOWN_CONFIG, [blob(PACKAGE_V2)], rest))).toMatchObject({
      layout: 'v0',
      identity: undefined,
    });
  });

  it('refuses manifests without an archive and image indexes', () => {
    expect(() =>
      readPackageArtifact(manifest(UNKNOWN_CONFIG, [blob('application/vnd.conda.repodata.v1+json')])),
    ).toThrow(/no conda archive, but application\/vnd.conda.repodata/);
    const index = { schemaVersion: 2, manifests: [] } as unknown as Manifest;
    expect(() => readPackageArtifact(index)).toThrow(expect.objectContaining({ code: 'invalid-package' }) as Error);
  });
});

describe('identifyArtifact', () => {
  const v0 = readPackageArtifact(manifest(UNKNOWN_CONFIG, [blob(PACKAGE_V2)]));
  const v1 = readPackageArtifact(
    manifest(UNKNOWN_CONFIG, [blob(PACKAGE_V2)], {
      'org.conda.oci.schema': '1',
      'org.conda.package.name': 'make',
      'org.conda.package.version': '4.3',
      'org.conda.package.build': '0',
    }),
  );
  const index = { name: 'cmake', version: '4.3', build: '0', subdir: 'linux-64' };

  it('goes by the annotations, then by the index layer, and else does not know', () => {
    expect(identifyArtifact(v1, index)).toEqual({ name: 'make', version: '4.3', build: '0' });
    expect(identifyArtifact(v0, index)).toEqual({ name: 'cmake', version: '4.3', build: '0' });
    expect(identifyArtifact(v0)).toBeUndefined();
    for (const bad of [null, [], 'x', {}, { ...index, build: 0 }, { ...index, name: '' }]) {
      expect(identifyArtifact(v0, bad)).toBeUndefined();
    }
  });

  it('lets a caller find out that v1 make is not v0 cmake', () => {
    const asked = { name: 'cmake', version: '4.3', build: '0' };
    const reference = 'oci://r.example/c/linux-64/cmake:4.3-0';
    expect(() => {
      checkIdentity(asked, identifyArtifact(v1)!, reference);
    }).toThrow(`${reference} holds another package than cmake-4.3-0: make-4.3-0.`);
    expect(() => {
      checkIdentity(asked, identifyArtifact(v0, index)!, reference);
    }).not.toThrow();
  });
});
