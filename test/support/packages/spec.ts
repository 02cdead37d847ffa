/** One file of a package. A string or bytes are a plain file. */
export type PackageFile =
  | string
  | Uint8Array
  | { link: string }
  | {
      content: string | Uint8Array;
      executable?: boolean;
      /** The build prefix that stands in the content, which clients replace by the real one. */
      prefixPlaceholder?: string;
      fileMode?: 'text' | 'binary';
    };

/** A package to build. Everything but the name has a default. */
export interface PackageSpec {
  name: string;
  /** Default 1.0. */
  version?: string;
  /** Default `0`, or `pyh0000000_0` for noarch Python. */
  build?: string;
  buildNumber?: number;
  /** Default noarch. */
  subdir?: string;
  /** Default conda. */
  format?: 'conda' | 'tar.bz2';
  /** Only for the subdir noarch; default generic there. */
  noarch?: 'generic' | 'python';
  depends?: readonly string[];
  constrains?: readonly string[];
  /** By path in the prefix. Default: one small text file that says what it belongs to. */
  files?: Readonly<Record<string, PackageFile>>;
  /** SPDX expression; default MIT. */
  license?: string;
  /** Texts by file name below info/licenses; default: a short LICENSE.txt. */
  licenseTexts?: Readonly<Record<string, string>>;
  summary?: string;
  description?: string;
  home?: string;
  /** By file name below info/recipe; default: a short meta.yaml. */
  recipe?: Readonly<Record<string, string>>;
  runExports?: Readonly<Record<string, readonly string[]>>;
  /** Milliseconds since 1970; default a day in 2023. */
  timestamp?: number;
  /** Further or replaced members of info/, by name without `info/`; null leaves one out. */
  info?: Readonly<Record<string, string | Uint8Array | null>>;
  /** Members that replace those of info/index.json; undefined leaves one out. */
  index?: Readonly<Record<string, unknown>>;
}

/** A package that was built, with all that locks, prefixes and repodata say about it. */
export interface BuiltPackage {
  path: string;
  fileName: string;
  subdir: string;
  /** Hex digits. */
  sha256: string;
  /** Hex digits. */
  md5: string;
  /** Bytes. */
  size: number;
  /** info/index.json */
  index: Record<string, unknown>;
  /** info/paths.json `paths`. */
  paths: readonly PathEntry[];
  /** What is installed, by path. */
  files: Readonly<Record<string, PackageFile>>;
  runExports: Readonly<Record<string, readonly string[]>>;
}

/** One entry of info/paths.json. */
export interface PathEntry {
  _path: string;
  path_type: 'hardlink' | 'softlink';
  sha256: string;
  size_in_bytes: number;
  file_mode?: 'text' | 'binary';
  prefix_placeholder?: string;
}

export const DEFAULT_TIMESTAMP = Date.UTC(2023, 10, 14, 12);

/** Bytes of a plain file; the target for a link. */
export function contentOf(file: PackageFile): Buffer {
  if (typeof file === 'string') return Buffer.from(file);
  if (file instanceof Uint8Array) return Buffer.from(file);
  return 'link' in file ? Buffer.alloc(0) : Buffer.from(file.content as string);
}
