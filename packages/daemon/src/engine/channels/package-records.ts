import { addToChanneldata, emptyChanneldata } from '../../layout/repodata/channeldata.ts';
import { addRecords, emptyRepodata, removeRecords, sectionOf } from '../../layout/repodata/records.ts';
import { addRunExports, emptyRunExports, type RunExportsEntry } from '../../layout/repodata/run-exports.ts';
import { equalJson } from '../../layout/repodata/stable-json.ts';
import type { Channeldata, FileRecord, JsonObject, Repodata, RunExportsDocument } from '../../layout/repodata/types.ts';
import type { ChanneldataSource } from '../../layout/repodata/channeldata.ts';
import type { DocumentEdit } from './document-update.ts';

/** Lists packages in repodata.json. */
export function recordsEdit(subdir: string, records: readonly FileRecord[]): DocumentEdit {
  return {
    apply: (current) => addRecords((current as Repodata | undefined) ?? emptyRepodata(subdir), records),
    // The hash says which archive is listed; what hotfixes made of the other members stays.
    holds: (current) => records.every(({ fileName, record }) => listed(current, fileName)?.sha256 === record.sha256),
  };
}

/** Takes packages out of repodata.json. */
export function unlistEdit(subdir: string, fileNames: readonly string[]): DocumentEdit {
  return {
    apply: (current) => removeRecords((current as Repodata | undefined) ?? emptyRepodata(subdir), fileNames),
    holds: (current) => !fileNames.some((name) => listed(current, name) !== undefined),
  };
}

/** Lists what packages export, in run_exports.json. */
export function runExportsEdit(subdir: string, entries: readonly RunExportsEntry[]): DocumentEdit {
  return {
    apply: (current) => addRunExports((current as RunExportsDocument | undefined) ?? emptyRunExports(subdir), entries),
    holds: (current) =>
      entries.every(({ fileName, runExports }) => equalJson(listed(current, fileName)?.run_exports, runExports)),
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
