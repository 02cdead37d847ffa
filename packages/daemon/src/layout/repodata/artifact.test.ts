import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../oci/types.ts';
import { zstdDecompress } from '../compression.ts';
import { METADATA_KINDS } from '../metadata-names.ts';
import { buildRepodataArtifact, readRepodataArtifact } from './artifact.ts';
import { historyTag, metadataRepository } from './names.ts';
import { emptyRepodata } from './records.ts';
import { encodeStableJson, parseJsonObject } from './stable-json.ts';

const read = (bytes: Uint8Array): Manifest => JSON.parse(new TextDecoder().decode(bytes)) as Manifest;
const json = emptyRepodata('noarch');
const types = (manifest: Manifest): string[] => manifest.layers.map((layer) => layer.mediaType);

describe('buildRepodataArtifact', () => {
  it('writes v0 repodata as plain and zstd layers of the same document, without annotations', async () => {
    const built = await buildRepodataArtifact({ layout: 'v0', kind: 'repodata', json });
    const manifest = read(built.manifest);
    expect(types(manifest)).toEqual([
      'application/vnd.conda.repodata.v1+json',
      'application/vnd.conda.repodata.v1+json+zst',
    ]);
    expect(manifest.annotations).toBeUndefined();
    expect(manifest.config.mediaType).toBe('application/vnd.unknown.config.v1+json');
    const [plain, zst] = built.layers;
    expect(parseJsonObject(plain!.bytes, 'it')).toEqual(json);
    expect(Buffer.compare(await zstdDecompress(zst!.bytes, 1e6), plain!.bytes)).toBe(0);
  });

  it.each(METADATA_KINDS)('writes v1 %s with the schema annotation and no other', async (kind) => {
    const built = await buildRepodataArtifact({ layout: 'v1', kind, json: { channeldata_version: 1 } });
    const manifest = read(built.manifest);
    const form = kind.endsWith('repodata') || kind.startsWith('repodata') ? 'repodata' : kind;
    const plain = `application/vnd.conda.${form}.v1+json`;
    expect(types(manifest)).toEqual(kind === 'channeldata' ? [plain] : [plain, `${plain}+zst`]);
    expect(manifest.annotations).toEqual({ 'org.conda.oci.schema': '1' });
    expect(readRepodataArtifact(manifest)).toMatchObject({ layout: 'v1', form });
  });

  it('names repodata with base URLs v2, takes a copy made before, and leaves it out on demand', async () => {
    const two = { ...json, repodata_version: 2 };
    const compressed = Uint8Array.of(1, 2, 3);
    const given = await buildRepodataArtifact({ layout: 'v1', kind: 'repodata', json: two, compressed });
    expect(types(read(given.manifest))).toEqual([
      'application/vnd.conda.repodata.v2+json',
      'application/vnd.conda.repodata.v2+json+zst',
    ]);
    expect(given.layers[1]?.bytes).toBe(compressed);
    expect(
      (await buildRepodataArtifact({ layout: 'v0', kind: 'repodata', json, compressed: false })).layers,
    ).toHaveLength(1);
  });

  it('gives the same plain layer for the same document, however its members are ordered', async () => {
    const one = await buildRepodataArtifact({
      layout: 'v0',
      kind: 'repodata',
      json: { a: 1, b: { y: [2], x: 1 } },
      compressed: false,
    });
    const two = await buildRepodataArtifact({
      layout: 'v0',
      kind: 'repodata',
      json: { b: { x: 1, y: [2] }, a: 1 },
      compressed: false,
    });
    expect(two.digest).toBe(one.digest);
  });
});

describe('readRepodataArtifact', () => {
  const layer = (suffix: string) => ({
    mediaType: `application/vnd.conda.repodata.v1+json${suffix}`,
    digest: `sha256:${'0'.repeat(64)}` as const,
    size: 1,
    annotations: { 'org.opencontainers.image.title': 'repodata.json' },
  });
  const manifest = (...suffixes: string[]): Manifest => ({
    schemaVersion: 2,
    config: { ...layer(''), mediaType: 'application/vnd.unknown.config.v1+json' },
    layers: suffixes.map(layer),
  });

  it.each([
    [['', '+zst', '+gzip', '+bz2'], 'zst'],
    [['+bz2', '', '+gzip'], 'gzip'],
    [['', '+bz2'], 'bz2'],
    [[''], 'plain'],
    [['+xz', ''], 'plain'],
  ])('of layers %j takes the one that is %s', (suffixes, compression) => {
    expect(readRepodataArtifact(manifest(...suffixes)).best.compression).toBe(compression);
  });

  it('refuses a manifest without metadata', () => {
    expect(() => readRepodataArtifact(manifest('+xz'))).toThrow(
      expect.objectContaining({ code: 'invalid-package' }) as Error,
    );
    expect(() => readRepodataArtifact({} as Manifest)).toThrow('no channel metadata');
  });
});

describe('names of channel metadata', () => {
  const channel = { host: 'r.example', path: 'ch' };
  it('follow the layout', () => {
    expect(metadataRepository(channel, 'linux-64', 'v0', 'repodata').name).toBe('ch/linux-64/repodata.json');
    expect(metadataRepository(channel, 'linux-64', 'v1', 'run_exports').name).toBe('ch/linux-64/mrun_exports.json');
    expect(metadataRepository(channel, 'linux-64', 'v1', 'channeldata').name).toBe('ch/channeldata.json');
    const time = new Date('2026-01-02T03:04:05Z');
    expect([historyTag('v0', time), historyTag('v1', time)]).toEqual(['2026.01.02.03.04', '20260102T030405Z']);
  });
});

describe('encodeStableJson', () => {
  const text = (document: unknown): string => new TextDecoder().decode(encodeStableJson(document));

  it('sorts by code point, numbers-like keys and astral characters included', () => {
    expect(text({ b: 1, a: { z: null, 10: 1, 9: 2 } })).toBe('{"a":{"10":1,"9":2,"z":null},"b":1}');
    expect(text({ '\u{1f600}': 1, '\uffee': 2 })).toBe('{"\uffee":2,"\u{1f600}":1}');
  });

  it('is JSON: what has no JSON form is left out or null', () => {
    expect(text({ a: undefined, b: [undefined, 1], c: '"' })).toBe('{"b":[null,1],"c":"\\""}');
    expect(JSON.parse(text({ __proto__: 1, x: [] }))).toEqual({ x: [] });
    const hostile = JSON.parse('{"__proto__":{"polluted":true}}') as unknown;
    expect(text(hostile)).toBe('{"__proto__":{"polluted":true}}');
  });

  it('refuses to read what is no object', () => {
    for (const bad of ['[]', 'null', '"x"', '{', '']) {
      expect(() => parseJsonObject(Buffer.from(bad), 'repodata.json')).toThrow('repodata.json is no JSON object');
    }
  });
});
