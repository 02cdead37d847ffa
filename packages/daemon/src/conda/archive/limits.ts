/** What a package may cost to look at, whatever its archive claims. All are far beyond real packages. */
export interface ArchiveLimits {
  /** Members of the info directory. */
  infoMembers: number;
  /** Bytes of the info directory, compressed and decompressed each. */
  infoBytes: number;
  /** Members of a `.conda`'s zip; real ones have three. */
  zipMembers: number;
  /** Members of a `.tar.bz2`, payload included. */
  tarMembers: number;
  /** Decompressed bytes of a `.tar.bz2`: they pass by, but take time. */
  tarBytes: number;
  /** Decompressed bytes per compressed byte, held from `ratioFrom` decompressed bytes on. */
  ratio: number;
  ratioFrom: number;
}

const MIB = 1024 * 1024;

export const DEFAULT_ARCHIVE_LIMITS: Readonly<ArchiveLimits> = {
  infoMembers: 50_000,
  infoBytes: 128 * MIB,
  zipMembers: 100,
  tarMembers: 2_000_000,
  tarBytes: 64 * 1024 * MIB,
  ratio: 1_000,
  ratioFrom: 16 * MIB,
};
