import type { ResultOf } from '@condock/protocol';
import { formatOciChannel } from '../../layout/channel.ts';
import { mergeRebuilt } from '../../layout/repodata/merge.ts';
import { addRecords, emptyRepodata, recordFromIndex } from '../../layout/repodata/records.ts';
import { equalJson } from '../../layout/repodata/stable-json.ts';
import { type FileRecord, type JsonObject, RECORD_SECTIONS, type Repodata } from '../../layout/repodata/types.ts';
import type { Digest } from '../../oci/types.ts';
import type { CallContext } from '../engine-host.ts';
import { Progress } from '../packages/progress.ts';
import { compareSubdir, type CompareOptions, type Comparison, patched, recordsOf } from './compare-subdir.ts';
import { describeStored } from './describe-stored.ts';
import { confirmChange, type DocumentEdit, type PutChange, putChange, type UpdateParts } from './document-update.ts';
import { placeOf } from './metadata-documents.ts';
import { recordsEdit } from './package-records.ts';
import type { ScanParts, StoredPackage } from './scan-channel.ts';

export type RebuildParts = ScanParts & UpdateParts;

export type RebuildOptions = CompareOptions & { dryRun: boolean };

type Rebuilt = ResultOf<'channel/index'>['subdirs'][number];

/**
 * Rebuilds a channel's metadata from the registry alone: repodata out of index layers, and in layout v1 run_exports and channeldata out of
 * the info layers of what these do not know yet. Yanks and hotfixes of the patch instructions are applied again; what others publish
 * or take out meanwhile stays as they left it; what could not be read stays as it is listed.
 */
export async function rebuildIndex(
  options: RebuildOptions,
  parts: RebuildParts,
  context: CallContext,
): Promise<ResultOf<'channel/index'>> {
  const title = `Index ${formatOciChannel(options.channel)}`;
  const progress = new Progress(context.progress, title, { packages: 0, bytes: 0 });
  const result: ResultOf<'channel/index'> = { subdirs: [], warnings: [] };
  const put: PutChange[] = [];
  /** Of repodata, by their row of the result. */
  const lists = new Map<number, PutChange>();
  let hasNoarch = false;
  try {
    for (const subdir of options.subdirs) {
      const comparison = await compareSubdir(subdir, options, parts, () => progress.addPackage(subdir));
      result.warnings.push(...comparison.warnings);
      const next = rebuilt(comparison);
      const counts = countsOf(comparison, next);
      const isNews = comparison.current === undefined ? counts.packages > 0 : !sameRecords(comparison.current, next);
      if (!options.dryRun) put.push(...(await describeStored(comparison, options, parts, result.warnings)));
      const change = options.dryRun || !isNews ? undefined : await list(comparison, next, options, parts);
      if (change !== undefined) lists.set(result.subdirs.length, change);
      hasNoarch ||= subdir === 'noarch' && (change ?? comparison.current) !== undefined;
      result.subdirs.push({ ...counts, digest: null });
    }
    // Clients look for noarch in every channel, so an empty one has to be there.
    if (!options.dryRun && !hasNoarch && result.subdirs.some(({ packages }) => packages > 0)) {
      const place = placeOf(options.channel, 'noarch', options.layout, 'repodata');
      put.push(await putChange(place, recordsEdit('noarch', []), parts, options.request));
    }
    const confirm = (change: PutChange): Promise<Digest> => confirmChange(change, parts, options.request);
    const confirmed = [...lists].map(async ([at, change]) => [at, await confirm(change)] as const);
    const [digests] = await Promise.all([Promise.all(confirmed), ...put.map(confirm)]);
    const last = new Map(digests);
    return { ...result, subdirs: result.subdirs.map((row, at) => ({ ...row, digest: last.get(at) ?? null })) };
  } finally {
    progress.end();
  }
}

function rebuilt(comparison: Comparison): Repodata {
  const { subdir, stored, current, isUnread } = comparison;
  const known = new Map(recordsOf(current));
  const list = { ...emptyRepodata(subdir), removed: current?.removed ?? [] };
  const next = patched(
    addRecords(
      list,
      stored.map((p) => recordOf(p, known.get(p.fileName))),
    ),
    comparison,
  );
  for (const section of RECORD_SECTIONS) {
    for (const [fileName, record] of Object.entries(current?.[section] ?? {}))
      if (isUnread(fileName)) next[section][fileName] = record;
  }
  return next;
}

/** A v1 manifest says no MD5; the record that is replaced may know the one of these very bytes. */
function recordOf({ fileName, archive, index }: StoredPackage, known: JsonObject | undefined): FileRecord {
  const sha256 = archive.digest.slice('sha256:'.length);
  const md5 = archive.md5 ?? (known?.sha256 === sha256 && typeof known.md5 === 'string' ? known.md5 : undefined);
  return recordFromIndex(index, { fileName, sha256, size: archive.size, ...(md5 === undefined ? {} : { md5 }) });
}

function countsOf({ subdir, current }: Comparison, next: Repodata): Omit<Rebuilt, 'digest'> {
  const before = new Set(recordsOf(current).map(([name]) => name));
  const after = new Set(recordsOf(next).map(([name]) => name));
  return {
    subdir,
    packages: after.size,
    added: [...after].filter((name) => !before.has(name)).length,
    removed: [...before].filter((name) => !after.has(name)).length,
  };
}

function list(
  { subdir, current: base }: Comparison,
  next: Repodata,
  { channel, layout, request }: RebuildOptions,
  parts: UpdateParts,
): Promise<PutChange> {
  const apply = (there: JsonObject | undefined): Repodata =>
    mergeRebuilt({ base, rebuilt: next, current: there as Repodata | undefined });
  const edit: DocumentEdit = { apply, holds: (there) => sameRecords(there as Repodata, apply(there)) };
  return putChange(placeOf(channel, subdir, layout, 'repodata'), edit, parts, request);
}

const sameRecords = (a: Repodata, b: Repodata): boolean =>
  RECORD_SECTIONS.every((section) => equalJson(a[section], b[section]));
