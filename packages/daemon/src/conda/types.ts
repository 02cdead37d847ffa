/** The two archive formats, named by their file name extensions (CEP 35). */
export type ArchiveFormat = 'conda' | 'tar.bz2';

/** What tells one build of a package from another within a channel's subdir; original, unencoded spelling. */
export interface PackageIdentity {
  name: string;
  version: string;
  build: string;
}

/** A package file name taken apart; `fileName` is `<name>-<version>-<build>.<format>`. */
export interface PackageFileName extends PackageIdentity {
  fileName: string;
  format: ArchiveFormat;
}

/** A channel URL taken apart: no token, no userinfo, no final slash, no subdir. */
export interface ChannelUrl {
  /** `https://conda.anaconda.org/conda-forge`, with `/label/<label>` where there is one. */
  url: string;
  /** Absent for the label `main`. */
  label?: string;
}
