import { CondockError, toCondockError } from '@condock/protocol';
import pLimit from 'p-limit';
import { readInfoTar } from '../../conda/info-tar.ts';
import { addRunExports, emptyRunExports, removeRunExports } from '../../layout/repodata/run-exports.ts';
import { equalJson } from '../../layout/repodata/stable-json.ts';
import type { JsonObject, RunExportsDocument } from '../../layout/repodata/types.ts';
import { describeListing } from './channel-index.ts';
import { type CompareOptions, type Comparison, recordsOf } from './compare-subdir.ts';
import { type DocumentEdit, type PutChange, putChange, type UpdateParts } from './document-update.ts';
import type { Listing } from './list-packages.ts';
import { placeOf, readDocument } from './metadata-documents.ts';
import { channeldataEdit, listed } from './package-records.ts';
import type { ScanParts, StoredPackage } from './read-tag.ts';

const AT_ONCE = 16;

/** An info layer is kilobytes. */
const INFO_LAYER_BYTES = 64 * 1024 * 1024;

/**
 * What layout v1 says of packages beside the repodata, run_exports.json and channeldata.json, made good for those whose archive is new to
 * the list or that run_exports.json does not know, out of their info layers. Entries of what is gone are taken out of run_exports.json.
 * What can't be read is told in `warnings`. To be confirmed with the caller's other changes.
 */
export async function describeStored(
  comparison: Comparison,
  options: CompareOptions,
  parts: ScanParts & UpdateParts,
  warnings: string[],
): Promise<PutChange[]> {
  const { channel, layout, request } = options;
  const { subdir, stored, current, isUnread } = comparison;
  if (layout === 'v0' || (stored.length === 0 && current === undefined)) return [];
  const place = placeOf(channel, subdir, layout, 'run_exports');
  const there = (await readDocument(place, parts.registry, request))?.json as RunExportsDocument | undefined;
  const known = new Map(recordsOf(current).map(([name, { sha256 }]) => [name, sha256]));
  const isKnown = ({ fileName, archive }: StoredPackage): boolean =>
    known.get(fileName) === archive.digest.slice('sha256:'.length) && listed(there, fileName) !== undefined;
  const limit = pLimit(AT_ONCE);
  const described = await Promise.all(
    stored.filter((p) => !isKnown(p)).map((p) => limit(() => describe(p, options, parts, warnings))),
  );
  const listings = described.filter((listing) => listing !== undefined);
  const held = new Set(stored.map((p) => p.fileName));
  const gone = recordsOf(there).flatMap(([name]) => (held.has(name) || isUnread(name) ? [] : [name]));
  const put: PutChange[] = [];
  const sources = listings.flatMap(({ source }) => (source === undefined ? [] : [source]));
  if (sources.length > 0) {
    const channeldata = placeOf(channel, '', layout, 'channeldata');
    put.push(await putChange(channeldata, channeldataEdit(sources), parts, request));
  }
  if (listings.length > 0 || gone.length > 0)
    put.push(await putChange(place, runExportsEdit(subdir, listings, gone), parts, request));
  return put;
}

async function describe(
  stored: StoredPackage,
  { request }: CompareOptions,
  parts: ScanParts,
  warnings: string[],
): Promise<Listing | undefined> {
  const { subdir, fileName, archive } = stored;
  try {
    const infoFiles = await readInfoTar(await infoLayer(stored, request, parts));
    const facts = { fileName, sha256: archive.digest.slice('sha256:'.length), size: archive.size };
    return describeListing(infoFiles, subdir, facts, fileName);
  } catch (error) {
    if (request.signal.aborted) throw error;
    const why = toCondockError(error).message;
    warnings.push(`run_exports.json and channeldata.json are without ${subdir}/${fileName}: ${why}`);
    return undefined;
  }
}

async function infoLayer(
  { info, repository, fileName }: StoredPackage,
  request: CompareOptions['request'],
  { store, transfers }: ScanParts,
): Promise<Uint8Array> {
  if (info === undefined || info.size > INFO_LAYER_BYTES) {
    throw new CondockError('invalid-package', `The manifest of ${fileName} has no info layer that can be read.`, {
      hint: 'Publish the package again with "condock publish".',
    });
  }
  await transfers.fetch({ digest: info.digest, size: info.size, repositories: [repository] }, request);
  const bytes = store.readSmall(info.digest, INFO_LAYER_BYTES);
  if (bytes !== undefined) return bytes;
  throw new CondockError('store-failed', `The store lost ${info.digest} at once.`, { hint: 'Try again.' });
}

function runExportsEdit(subdir: string, listings: readonly Listing[], gone: readonly string[]): DocumentEdit {
  const entries = listings.map(({ record, runExports }) => ({
    fileName: record.fileName,
    runExports: runExports ?? {},
  }));
  const apply = (there: JsonObject | undefined): RunExportsDocument =>
    addRunExports(
      removeRunExports((there as RunExportsDocument | undefined) ?? emptyRunExports(subdir), gone),
      entries,
    );
  return { apply, holds: (there) => equalJson(apply(there), there) };
}
