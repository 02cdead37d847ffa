import { CondockError } from '@condock/protocol';
import type { FileRecord, JsonObject, RecordDocument, RecordSection, Repodata } from './types.ts';
import { RECORD_SECTIONS } from './types.ts';
import { compareCodePoints, isJsonObject } from './stable-json.ts';

/** What only the archive itself can say about a package. */
export interface ArchiveFacts {
  fileName: string;
  /** Hex digits. */
  sha256: string;
  /** Hex digits; left out of the record where nobody knows it (v1 artifacts do not say it). */
  md5?: string;
  /** Bytes. */
  size: number;
}

export const emptyRepodata = (subdir: string): Repodata => ({
  info: { subdir },
  packages: {},
  'packages.conda': {},
  removed: [],
  repodata_version: 1,
});

/** The section that lists a file. Throws `illegal-name` for what is no package file name. */
export function sectionOf(fileName: string): RecordSection {
  if (fileName.endsWith('.conda')) return 'packages.conda';
  if (fileName.endsWith('.tar.bz2')) return 'packages';
  throw new CondockError('illegal-name', `${JSON.stringify(fileName)} is neither a .conda nor a .tar.bz2 file.`, {
    hint: 'Repodata lists package files only.',
  });
}

/** The name of the same build in the other archive format. */
export const counterpartOf = (fileName: string): string =>
  fileName.endsWith('.conda') ? fileName.replace(/\.conda$/, '.tar.bz2') : fileName.replace(/\.tar\.bz2$/, '.conda');

/** Members of info/index.json that conda-index leaves out: of the build machine, or of formats long gone. */
const UNLISTED = new Set([
  ...['arch', 'platform', 'machine', 'operatingsystem', 'target-triplet', 'ucs'],
  ...['has_prefix', 'mtime', 'requires_features', 'binstar'],
]);

/**
 * A package's record as conda-index writes it: info/index.json, then hashes and size of the archive. `depends` and
 * `build_number`, which solvers rely on, get their defaults. Throws `invalid-package` where name, version or build is
 * missing.
 */
export function recordFromIndex(indexJson: unknown, facts: ArchiveFacts): FileRecord {
  const { fileName, sha256, md5, size } = facts;
  sectionOf(fileName);
  const index: JsonObject = isJsonObject(indexJson) ? indexJson : {};
  for (const key of ['name', 'version', 'build']) {
    if (typeof index[key] === 'string' && index[key] !== '') continue;
    throw new CondockError('invalid-package', `info/index.json of ${fileName} does not say its ${key}.`, {
      hint: 'Build the package again.',
      data: { fileName },
    });
  }
  return {
    fileName,
    record: {
      build_number: 0,
      depends: [],
      ...Object.fromEntries(Object.entries(index).filter(([key]) => key !== 'md5' && !UNLISTED.has(key))),
      ...(md5 === undefined ? {} : { md5 }),
      sha256,
      size,
    },
  };
}

/**
 * Lists packages, replacing records of the same file names. Where a build stands in both formats, the `.conda` record
 * says the hash and size of the other (`legacy_bz2_md5`, `legacy_bz2_size`). Nothing is changed in place.
 */
export function addRecords(repodata: Repodata, records: readonly FileRecord[]): Repodata {
  const added = copySections(repodata);
  for (const { fileName, record } of records) added[sectionOf(fileName)][fileName] = record;
  for (const { fileName } of records) {
    const conda = fileName.endsWith('.conda') ? fileName : counterpartOf(fileName);
    const record = added['packages.conda'][conda];
    const legacy = added.packages[counterpartOf(conda)];
    if (record === undefined || legacy === undefined) continue;
    added['packages.conda'][conda] = { ...record, legacy_bz2_md5: legacy.md5, legacy_bz2_size: legacy.size };
  }
  const names = new Set(records.map((r) => r.fileName));
  if (added.removed !== undefined) added.removed = added.removed.filter((name) => !names.has(name));
  return added;
}

/** Takes files out and lists them under `removed`; names that were not listed change nothing. */
export function removeRecords(repodata: Repodata, fileNames: readonly string[]): Repodata {
  const rest = copySections(repodata);
  const gone = new Set(rest.removed ?? []);
  for (const fileName of fileNames) {
    for (const section of RECORD_SECTIONS) {
      if (rest[section][fileName] === undefined) continue;
      gone.add(fileName);
      rest[section] = without(rest[section], fileName);
    }
  }
  return { ...rest, removed: [...gone].sort(compareCodePoints) };
}

/** A copy whose sections may be written to; sections that a document lacks are made. */
export function copySections<T extends RecordDocument>(document: T): T {
  const section = (name: RecordSection): Record<string, JsonObject> => {
    const records: unknown = document[name];
    return isJsonObject(records) ? ({ ...records } as Record<string, JsonObject>) : {};
  };
  return { ...document, packages: section('packages'), 'packages.conda': section('packages.conda') };
}

export const without = <T>(records: Record<string, T>, key: string): Record<string, T> =>
  Object.fromEntries(Object.entries(records).filter(([name]) => name !== key));
