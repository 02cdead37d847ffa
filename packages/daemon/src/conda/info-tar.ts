import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { collectInfo } from './archive/collect-info.ts';
import { type ArchiveLimits, DEFAULT_ARCHIVE_LIMITS } from './archive/limits.ts';
import { invalidPackage } from './archive/refusals.ts';
import { guardSize } from './archive/size-guard.ts';
import type { InfoFiles } from './info-files.ts';

export type InfoTarLimits = Pick<ArchiveLimits, 'infoMembers' | 'infoBytes' | 'ratio' | 'ratioFrom'>;

const WHERE = 'The info layer';

/**
 * The info directory out of the gzip-compressed tar that registries hold. Members may be called `index.json`,
 * `./index.json` or `info/index.json`: writers differ. Throws `invalid-package`, `too-large`.
 */
export async function readInfoTar(
  source: Uint8Array | AsyncIterable<Uint8Array>,
  limits: Partial<InfoTarLimits> = {},
): Promise<InfoFiles> {
  const all = { ...DEFAULT_ARCHIVE_LIMITS, ...limits };
  const counted = { bytes: 0 };
  const tar = guardSize(gunzip(count(source, counted)), {
    where: WHERE,
    bytes: all.infoBytes + all.infoMembers * 2048,
    get compressed() {
      return counted.bytes;
    },
    limits: all,
  });
  return collectInfo(tar, { where: WHERE, limits: all, members: all.infoMembers * 2, root: 'either' });
}

async function* count(source: Uint8Array | AsyncIterable<Uint8Array>, counted: { bytes: number }) {
  if (source instanceof Uint8Array) {
    counted.bytes = source.length;
    yield source;
    return;
  }
  for await (const chunk of source) {
    counted.bytes += chunk.length;
    yield chunk;
  }
}

async function* gunzip(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const input = Readable.from(source, { objectMode: false });
  const output = createGunzip();
  let failure: unknown;
  input.on('error', (error) => {
    failure = error;
    output.destroy(error);
  });
  try {
    for await (const chunk of input.pipe(output)) yield chunk as Uint8Array;
  } catch (error) {
    if (error === failure) throw error;
    throw invalidPackage(WHERE, 'it is no whole gzip stream', error);
  } finally {
    input.destroy();
    output.destroy();
  }
}
