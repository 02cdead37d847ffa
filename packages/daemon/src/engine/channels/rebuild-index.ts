import type { ResultOf } from '@condock/protocol';
import { formatOciChannel } from '../../layout/channel.ts';
import { mergeRebuilt } from '../../layout/repodata/merge.ts';
import { addRecords, emptyRepodata, recordFromIndex, removeRecords } from '../../layout/repodata/records.ts';
import { equalJson } from '../../layout/repodata/stable-json.ts';
import { type FileRecord, type JsonObject, RECORD_SECTIONS, type Repodata } from '../../layout/repodata/types.ts';
import type { CallContext } from '../engine-host.ts';
import { Progress } from '../packages/progress.ts';
import { compareSubdir, type CompareOptions, type Comparison, patched, recordsOf } from './compare-subdir.ts';
import { describeStored } from './describe-stored.ts';
import { dropDeleted, takenOut, withoutDeleted } from './drop-deleted.ts';
import { confirmChange, type DocumentEdit, type PutChange, putChange, type UpdateParts } from './document-update.ts';
import { forgetLost, type LostBuild } from './keep-channeldata.ts';
import { placeOf } from './metadata-documents.ts';
import { recordsEdit } from './package-records.ts';
import type { ScanParts, StoredPackage } from './read-tag.ts';

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
  const lists: ListedSubdir[] = [];
  const lost: LostBuild[] = [];
  let hasNoarch = false;
  try {
    for (const subdir of options.subdirs) {
      const found = await compareSubdir(subdir, options, parts, () => progress.addPackage(subdir));
      const comparison = options.dryRun ? found : await withoutDeleted(found, parts, options.request);
      result.warnings.push(...comparison.warnings);
      const next = rebuilt(comparison);
      const row: Rebuilt = { ...countsOf(comparison, next), digest: null };
      result.subdirs.push(row);
      const isNews = comparison.current === undefined ? row.packages > 0 : !sameRecords(comparison.current, next);
      lost.push(...lostBetween(comparison, next));
      if (!options.dryRun) put.push(...(await describeStored(comparison, options, parts, result.warnings)));
      const change = options.dryRun || !isNews ? undefined : await list(comparison, next, options, parts);
      if (change !== undefined) lists.push({ comparison, change, row });
      hasNoarch ||= subdir === 'noarch' && (change ?? comparison.current) !== undefined;
    }
    // Clients look for noarch in every channel, so an empty one has to be there.
    if (!options.dryRun && !hasNoarch && result.subdirs.some(({ packages }) => packages > 0)) {
      const place = placeOf(options.channel, 'noarch', options.layout, 'repodata');
      put.push(await putChange(place, recordsEdit('noarch', []), parts, options.request));
    }
    await Promise.all([
      ...put.map((change) => confirmChange(change, parts, options.request)),
      ...lists.map((listed) => confirmList(listed, options, parts)),
    ]);
    if (!options.dryRun) await forgetLost(options.channel, options.layout, lost, parts, options.request);
    return result;
  } finally {
    progress.end();
  }
}

/** A subdir whose repodata was put, and its row of the result. */
interface ListedSubdir {
  comparison: Comparison;
  change: PutChange;
  row: Rebuilt;
}

async function confirmList(
  { comparison, change, row }: ListedSubdir,
  options: RebuildOptions,
  parts: RebuildParts,
): Promise<void> {
  row.digest = await confirmChange(change, parts, options.request);
  const { digest, unlisted } = await dropDeleted(comparison, change.place, parts, options.request);
  row.digest = digest ?? row.digest;
  row.packages -= unlisted;
  row.added -= unlisted;
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

/** Names of which a subdir listed builds, and neither lists nor holds one any more. */
function lostBetween({ subdir, current, stored }: Comparison, next: Repodata): LostBuild[] {
  const namesIn = (repodata: Repodata | undefined): Set<unknown> =>
    new Set(recordsOf(repodata).map(([, { name }]) => name));
  const after = new Set([...namesIn(next), ...stored.map(({ index }) => index.name)]);
  return [...namesIn(current)].flatMap((name) =>
    typeof name === 'string' && !after.has(name) ? [{ name, subdir }] : [],
  );
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

/** What had been taken out before is listed once: who takes it out again has the last word, and no two wait for each other. */
async function list(
  comparison: Comparison,
  next: Repodata,
  { channel, layout, request }: RebuildOptions,
  parts: UpdateParts,
): Promise<PutChange> {
  const { subdir, current: base } = comparison;
  const editTo = (rebuilt: Repodata): DocumentEdit => {
    const apply = (there: JsonObject | undefined): Repodata =>
      mergeRebuilt({ base, rebuilt, current: there as Repodata | undefined });
    return { apply, holds: (there) => sameRecords(there as Repodata, apply(there)) };
  };
  const put = await putChange(placeOf(channel, subdir, layout, 'repodata'), editTo(next), parts, request);
  const once = takenOut(comparison).map((p) => p.fileName);
  return once.length === 0 ? put : { ...put, edit: editTo(removeRecords(next, once)) };
}

const sameRecords = (a: Repodata, b: Repodata): boolean =>
  RECORD_SECTIONS.every((section) => equalJson(a[section], b[section]));
