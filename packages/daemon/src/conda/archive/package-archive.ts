import type { InfoFiles } from '../info-files.ts';
import type { PackageFileEntry } from '../inside/package-paths.ts';
import type { ArchiveFormat } from '../types.ts';
import type { Bunzip2 } from './bunzip2.ts';
import type { ArchiveLimits } from './limits.ts';

/** A package archive on disk. It holds no file open between calls, and there is nothing to close. */
export interface PackageArchive {
  path: string;
  format: ArchiveFormat;
  /** What is unusual about the archive and does not keep it from being read, as sentences. */
  warnings: readonly string[];
  /**
   * The whole info directory. From a `.conda` the payload is not touched; a `.tar.bz2` is decompressed to its end (and
   * the payload thrown away), because conda-build sorts most of info/ among the payload. Throws `invalid-package`,
   * `too-large`.
   */
  infoFiles(): Promise<InfoFiles>;
  /** What the package installs, as its info directory says. Throws as `infoFiles`. */
  files(): Promise<PackageFileEntry[]>;
}

export interface OpenArchiveOptions {
  /** Default: what the file's name says; a blob of a store has no name. */
  format?: ArchiveFormat | undefined;
  limits?: Partial<ArchiveLimits> | undefined;
  signal?: AbortSignal | undefined;
  /** How bzip2 is undone; default the system's program, else JavaScript. */
  bunzip2?: Bunzip2 | undefined;
}
