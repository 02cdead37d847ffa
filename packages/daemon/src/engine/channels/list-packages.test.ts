import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { parseFileName } from '../../conda/file-name.ts';
import type { ArchiveFormat } from '../../conda/types.ts';
import { PACKAGE_MEDIA_TYPES } from '../../layout/media-types.ts';
import { buildPackageManifest } from '../../layout/package-manifest.ts';
import { counterpartOf } from '../../layout/repodata/records.ts';
import type { LayoutVersion } from '../../layout/types.ts';
import { sha256Digest } from '../../oci/digest.ts';
import type { RegistryClient } from '../../oci/registry-client.ts';
import { MEDIA_TYPES } from '../../oci/types.ts';
import { listPackages } from './list-packages.ts';
import { placeOf, readDocument } from './metadata-documents.ts';
import { slowRegistry, updateParts } from './testing/slow-registry.ts';

const channel = { host: '127.0.0.1:1', path: 'c' };
const { signal } = new AbortController();
const FORMATS = ['conda', 'tar.bz2'] as const;
const fileNameOf = (format: ArchiveFormat): string => `a-1-0.${format}`;
const digestOf = (format: ArchiveFormat) => sha256Digest(Buffer.from(format));

/** Puts one archive under the tag of the build, as publishing does. */
async function putUnderTag(format: ArchiveFormat, layout: LayoutVersion, registry: RegistryClient): Promise<void> {
  const blob = { mediaType: PACKAGE_MEDIA_TYPES[format], digest: digestOf(format), size: 1 };
  const identity = parseFileName(fileNameOf(format));
  const md5 = 'a'.repeat(32);
  const { encoded, bytes } = buildPackageManifest({
    layout,
    identity,
    format,
    blobs: { archive: blob, info: blob, index: blob },
    md5,
  });
  const repository = { host: channel.host, name: `c/noarch/${encoded.component}` };
  await registry.putManifest(repository, encoded.tag, bytes, MEDIA_TYPES.manifest);
}

function list(
  format: ArchiveFormat,
  layout: LayoutVersion,
  registry: RegistryClient,
  { replaces }: { replaces: string | undefined } = { replaces: counterpartOf(fileNameOf(format)) },
) {
  const fileName = fileNameOf(format);
  const record = { name: 'a', version: '1', build: '0', sha256: digestOf(format).slice('sha256:'.length) };
  const listing = { subdir: 'noarch', record: { fileName, record }, ...(replaces === undefined ? {} : { replaces }) };
  return listPackages([listing], { channel, layout, restore: false }, updateParts(registry), { signal });
}

async function namesIn(kind: 'repodata' | 'run_exports', layout: LayoutVersion, registry: RegistryClient) {
  const document = await readDocument(placeOf(channel, 'noarch', layout, kind), registry, { signal });
  return [document?.json.packages, document?.json['packages.conda']].flatMap((section) => Object.keys(section ?? {}));
}

describe('the two archives of a build, which share one tag', () => {
  it.each(['v0', 'v1'] as const)('are listed one instead of the other, in all that layout %s says', async (layout) => {
    const { client, moves } = slowRegistry(() => Promise.resolve());
    for (const [before, format] of [...FORMATS, ...FORMATS].entries()) {
      await putUnderTag(format, layout, client);
      expect([...(await list(format, layout, client)).values()]).toEqual([]);
      expect(await namesIn('repodata', layout, client)).toEqual([fileNameOf(format)]);
      if (layout === 'v1') expect(await namesIn('run_exports', layout, client)).toEqual([fileNameOf(format)]);
      // In one update: no client sees both, or neither.
      expect(moves()).toBe((before + 1) * (layout === 'v1' ? 2 : 1));
    }
  });

  it('are both listed where one artifact holds both', async () => {
    const { client } = slowRegistry(() => Promise.resolve());
    for (const format of FORMATS) await list(format, 'v0', client, { replaces: undefined });
    expect(await namesIn('repodata', 'v0', client)).toEqual(['a-1-0.tar.bz2', 'a-1-0.conda']);
  });

  it('are told apart by the tag where who was replaced comes to list last', async () => {
    const { client } = slowRegistry(() => Promise.resolve());
    for (const format of FORMATS) await putUnderTag(format, 'v1', client);
    expect([...(await list('tar.bz2', 'v1', client)).values()]).toEqual([]);
    expect([...(await list('conda', 'v1', client)).values()]).toMatchObject([{ code: 'conflict' }]);
    for (const kind of ['repodata', 'run_exports'] as const)
      expect(await namesIn(kind, 'v1', client)).toEqual(['a-1-0.tar.bz2']);
  });

  it.each([1, 2, 3, 4])('leave the one that the tag holds, of two that are published at once (%d)', async () => {
    const { client } = slowRegistry(() => delay(Math.random() * 8).then(() => undefined));
    const publish = async (format: ArchiveFormat) => {
      await delay(Math.random() * 60);
      await putUnderTag(format, 'v1', client);
      return [...(await list(format, 'v1', client)).values()].map(({ code }) => code);
    };
    const [conda, bz2] = await Promise.all([publish('conda'), publish('tar.bz2')]);
    const tag = await client.getManifest({ host: channel.host, name: 'c/noarch/ca' }, '1-0');
    const holds = FORMATS.find((format) => Buffer.from(tag!.bytes).toString().includes(digestOf(format)));
    expect(await namesIn('repodata', 'v1', client)).toEqual([fileNameOf(holds!)]);
    expect(await namesIn('run_exports', 'v1', client)).toEqual([fileNameOf(holds!)]);
    // Who is replaced later, when all is through, was published; who is replaced meanwhile is told.
    expect(holds === 'conda' ? conda : bz2).toEqual([]);
  });
});
