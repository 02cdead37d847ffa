import { addToChanneldata, emptyChanneldata } from '../../layout/repodata/channeldata.ts';
import { addRecords, emptyRepodata, removeRecords, sectionOf } from '../../layout/repodata/records.ts';
import {
  addRunExports,
  emptyRunExports,
  removeRunExports,
  type RunExportsEntry,
} from '../../layout/repodata/run-exports.ts';
import { equalJson } from '../../layout/repodata/stable-json.ts';
import type { Channeldata, FileRecord, JsonObject, Repodata, RunExportsDocument } from '../../layout/repodata/types.ts';
import type { ChanneldataSource } from '../../layout/repodata/channeldata.ts';
import type { DocumentEdit } from './document-update.ts';

/** Lists packages in repodata.json, and takes out those that they replaced. */
export function recordsEdit(
  subdir: string,
  records: readonly FileRecord[],
  replaced: readonly string[] = [],
): DocumentEdit {
  const there = (current: JsonObject | undefined): string[] =>
    replaced.filter((name) => listed(current, name) !== undefined);
  return {
    apply: (current) => {
      const base = (current as Repodata | undefined) ?? emptyRepodata(subdir);
      const gone = there(current);
      return addRecords(gone.length === 0 ? base : removeRecords(base, gone), records);
    },
    // The hash says which archive is listed; what hotfixes made of the other members stays.
    holds: (current) =>
      records.every(({ fileName, record }) => listed(current, fileName)?.sha256 === record.sha256) &&
      there(current).length === 0,
  };
}

/** Takes packages out of repodata.json. */
export function unlistEdit(subdir: string, fileNames: readonly string[]): DocumentEdit {
  return {
    apply: (current) => removeRecords((current as Repodata | undefined) ?? emptyRepodata(subdir), fileNames),
    holds: (current) => !fileNames.some((name) => listed(current, name) !== undefined),
  };
}

/** Lists what packages export, in run_exports.json, and takes out those that they replaced. */
export function runExportsEdit(
  subdir: string,
  entries: readonly RunExportsEntry[],
  replaced: readonly string[] = [],
): DocumentEdit {
  const unexport = unexportEdit(subdir, replaced);
  return {
    apply: (current) => addRunExports(unexport.apply(current) as RunExportsDocument, entries),
    holds: (current) =>
      entries.every(({ fileName, runExports }) => equalJson(listed(current, fileName)?.run_exports, runExports)) &&
      unexport.holds(current),
  };
}

/** Takes packages out of run_exports.json. */
export function unexportEdit(subdir: string, fileNames: readonly string[]): DocumentEdit {
  return {
    apply: (current) =>
      removeRunExports((current as RunExportsDocument | undefined) ?? emptyRunExports(subdir), fileNames),
    holds: (current) => !fileNames.some((name) => listed(current, name) !== undefined),
  };
}

/** Describes packages in channeldata.json. */
export function channeldataEdit(sources: readonly ChanneldataSource[]): DocumentEdit {
  const add = (current: JsonObject | undefined): Channeldata =>
    addToChanneldata((current as Channeldata | undefined) ?? emptyChanneldata(), sources);
  return { apply: add, holds: (current) => equalJson(add(current), current) };
}

/** What repodata.json or run_exports.json says of a file. */
export function listed(document: JsonObject | undefined, fileName: string): JsonObject | undefined {
  const section = document?.[sectionOf(fileName)] as Record<string, JsonObject> | undefined;
  return section?.[fileName];
}
