import { describe, expect, it } from 'vitest';
import { encodeManifest, parseManifest } from './manifest.ts';
import type { Manifest } from './types.ts';

const digest = `sha256:${'1'.repeat(64)}` as const;
const descriptor = { mediaType: 'a/b', digest, size: 1 };
const bytes = (value: unknown): Uint8Array => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));

describe('parseManifest', () => {
  it('takes any config type, unknown members, and a missing mediaType', () => {
    const document = { schemaVersion: 2, config: descriptor, layers: [{ ...descriptor, urls: ['x'] }], more: { a: 1 } };
    expect(parseManifest(bytes(document))).toEqual(document);
  });

  it('tells an index by its manifests', () => {
    expect(parseManifest(bytes({ schemaVersion: 2, manifests: [descriptor] }))).toMatchObject({
      manifests: [descriptor],
    });
  });

  it.each([
    ['what is no JSON', 'nonsense'],
    ['JSON that is no object', '[]'],
    ['null', 'null'],
    ['another schema version', { schemaVersion: 1, config: descriptor, layers: [] }],
    ['no layers', { schemaVersion: 2, config: descriptor }],
    ['no config', { schemaVersion: 2, layers: [] }],
    ['a digest that is none', { schemaVersion: 2, config: { ...descriptor, digest: '../x' }, layers: [] }],
    ['a size that is none', { schemaVersion: 2, config: descriptor, layers: [{ ...descriptor, size: -1 }] }],
    ['annotations that are no strings', { schemaVersion: 2, config: descriptor, layers: [], annotations: { a: 1 } }],
    ['a subject that is none', { schemaVersion: 2, config: descriptor, layers: [], subject: {} }],
  ])('refuses %s', (_, document) => {
    expect(() => parseManifest(bytes(document))).toThrow(expect.objectContaining({ code: 'registry-error' }));
  });

  it('refuses more than 4 MiB', () => {
    expect(() => parseManifest(new Uint8Array(4 * 1024 * 1024 + 1))).toThrow(
      expect.objectContaining({ code: 'too-large' }),
    );
  });
});

describe('encodeManifest', () => {
  it('gives the same bytes whatever the order of members and annotations', () => {
    const one: Manifest = {
      schemaVersion: 2,
      config: descriptor,
      layers: [{ ...descriptor, annotations: { b: '2', a: '1' } }],
      annotations: { y: '1', x: '2' },
    };
    const other: Manifest = {
      annotations: { x: '2', y: '1' },
      layers: [{ size: 1, annotations: { a: '1', b: '2' }, digest, mediaType: 'a/b' }],
      config: { digest, size: 1, mediaType: 'a/b' },
      schemaVersion: 2,
    };
    expect(Buffer.from(encodeManifest(one)).toString()).toBe(Buffer.from(encodeManifest(other)).toString());
    expect(parseManifest(encodeManifest(one))).toEqual(one);
  });
});
