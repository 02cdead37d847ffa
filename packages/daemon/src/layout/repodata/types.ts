/** A JSON object as it was read; members that Condock does not know go through untouched. */
export type JsonObject = Record<string, unknown>;

/** The two maps of repodata, by archive format (CEP 36). */
export type RecordSection = 'packages' | 'packages.conda';

export const RECORD_SECTIONS: readonly RecordSection[] = ['packages', 'packages.conda'];

/** What has records by file name: repodata.json and run_exports.json. */
export interface RecordDocument extends JsonObject {
  info?: JsonObject;
  packages: Record<string, JsonObject>;
  'packages.conda': Record<string, JsonObject>;
}

/** repodata.json (CEP 36). */
export interface Repodata extends RecordDocument {
  /** File names that were listed once and are no more. */
  removed?: string[];
  repodata_version?: number;
}

/** run_exports.json (CEP 12). */
export type RunExportsDocument = RecordDocument;

/** patch_instructions.json, as conda-build and conda-index read it. */
export interface PatchInstructions extends JsonObject {
  patch_instructions_version?: number;
  /** Members to set by file name; null deletes one. */
  packages?: Record<string, JsonObject>;
  'packages.conda'?: Record<string, JsonObject>;
  /** File names to take out of the repodata; the archives stay. */
  remove?: string[];
  /** File names to keep listed, but make impossible to install. */
  revoke?: string[];
}

/** channeldata.json (CEP 38). */
export interface Channeldata extends JsonObject {
  channeldata_version: number;
  subdirs: string[];
  packages: Record<string, JsonObject>;
}

/** One record and the file that it describes. */
export interface FileRecord {
  fileName: string;
  record: JsonObject;
}
