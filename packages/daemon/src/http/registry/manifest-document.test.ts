import { describe, expect, it } from 'vitest';
import { readManifest } from './manifest-document.ts';

const digest = (c: string): string => `sha256:${c.repeat(64)}`;
const config = { mediaType: 'application/vnd.oci.empty.v1+json', digest: digest('c'), size: 2 };
const read = (document: unknown, type?: string): ReturnType<typeof readManifest> =>
  readManifest(Buffer.from(JSON.stringify(document)), type);

describe('readManifest', () => {
  it('finds what must be there, the subject, and the type that referrers are listed by', () => {
    const subject = { mediaType: 'x/y', digest: digest('5'), size: 1 };
    const layers = [
      { mediaType: 'application/vnd.conda.package.v2', digest: digest('1'), size: 1 },
      { mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar', digest: digest('2'), size: 1 },
      { mediaType: 'a/b', digest: digest('3'), size: 1, urls: ['https://example.invalid/'] },
    ];
    const facts = read({ schemaVersion: 2, config, layers, subject, annotations: { a: 'b', n: 1 } });
    expect(facts).toMatchObject({
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      artifactType: config.mediaType,
      annotations: { a: 'b' },
      subject: { text: digest('5') },
      blobs: [{ text: digest('c') }, { text: digest('1') }],
      manifests: [],
    });
    expect(read({ schemaVersion: 2, config, artifactType: 'x/sbom' })).toMatchObject({ artifactType: 'x/sbom' });
    const index = read({ schemaVersion: 2, manifests: [{ mediaType: 'x/y', digest: digest('7'), size: 1 }] });
    expect(index).toMatchObject({ manifests: [{ text: digest('7') }], artifactType: undefined, blobs: [] });
  });

  it('goes by the Content-Type without its parameters', () => {
    const type = 'application/vnd.docker.distribution.manifest.v2+json';
    expect(read({ schemaVersion: 2, config }, `${type}; charset=utf-8`)).toMatchObject({ mediaType: type });
  });

  it.each([
    ['no JSON', Buffer.from('{'), /not JSON/],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0x22]), /not JSON/],
    ['no object', Buffer.from('[]'), /not a JSON object/],
    ['another schema', Buffer.from('{"schemaVersion":1}'), /schemaVersion 2/],
    ['neither config nor manifests', Buffer.from('{"schemaVersion":2}'), /neither/],
    ['layers that are no list', Buffer.from(JSON.stringify({ schemaVersion: 2, config, layers: {} })), /not a list/],
    ['a bad digest', Buffer.from(JSON.stringify({ schemaVersion: 2, config: { digest: '../x' } })), /legal digest/],
    ['a bad subject', Buffer.from(JSON.stringify({ schemaVersion: 2, config, subject: {} })), /subject/],
  ])('refuses %s with a sentence', (_title, bytes, sentence) => {
    expect(readManifest(bytes, undefined)).toMatch(sentence);
  });

  it('refuses a manifest that calls itself something else than the request does', () => {
    expect(read({ schemaVersion: 2, mediaType: 'a/b', config }, 'c/d')).toMatch(/calls itself a\/b/);
  });
});
