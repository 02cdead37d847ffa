import { copySections, sectionOf, without } from './records.ts';
import type { JsonObject, RunExportsDocument } from './types.ts';
import { RECORD_SECTIONS } from './types.ts';

export const emptyRunExports = (subdir: string): RunExportsDocument => ({
  info: { subdir, version: 1 },
  packages: {},
  'packages.conda': {},
});

export interface RunExportsEntry {
  fileName: string;
  /** info/run_exports.json; `{}` says that the package is known to have none. */
  runExports: JsonObject;
}

/** Lists what packages export (CEP 12), replacing entries of the same file names. */
export function addRunExports(document: RunExportsDocument, entries: readonly RunExportsEntry[]): RunExportsDocument {
  const added = copySections(document);
  for (const { fileName, runExports } of entries) added[sectionOf(fileName)][fileName] = { run_exports: runExports };
  return added;
}

/** Takes files out; names that were not listed change nothing. */
export function removeRunExports(document: RunExportsDocument, fileNames: readonly string[]): RunExportsDocument {
  const rest = copySections(document);
  for (const section of RECORD_SECTIONS) {
    for (const fileName of fileNames) rest[section] = without(rest[section], fileName);
  }
  return rest;
}
