/** Null: written as null or left empty. Undefined: not written. Never a number: versions such as 3.10 stay what they are. */
export type Scalar = string | null | undefined;

/** What Condock reads of a record, and of a reference to one; everything else is skipped. */
export const FIELDS = [
  'conda',
  'pypi',
  'conda_source',
  'kind',
  'name',
  'version',
  'build',
  'subdir',
  'url',
  'path',
  'channel',
  'file_name',
  'sha256',
  'md5',
  'size',
  'license',
] as const;

export type Field = (typeof FIELDS)[number];
export type LockRecord = Record<Field, Scalar>;

/** A pixi.lock of versions 4 to 7, before its environments are joined with its records. */
export interface LockDocument {
  version: Scalar;
  /** Version 7 alone. */
  platforms: { name: string; subdir: string | null }[];
  environments: { name: string; platforms: { name: string; references: LockRecord[] }[] }[];
  records: LockRecord[];
}

/** All members from the start: records of one shape are what makes the scanner fast. */
export function emptyRecord(): LockRecord {
  return {
    conda: undefined,
    pypi: undefined,
    conda_source: undefined,
    kind: undefined,
    name: undefined,
    version: undefined,
    build: undefined,
    subdir: undefined,
    url: undefined,
    path: undefined,
    channel: undefined,
    file_name: undefined,
    sha256: undefined,
    md5: undefined,
    size: undefined,
    license: undefined,
  };
}
