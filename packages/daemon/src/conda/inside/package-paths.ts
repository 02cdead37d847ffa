import { infoContent, type InfoFiles } from '../info-files.ts';
import { invalidMember, isObject, readJsonObject } from './json-member.ts';

/** One file that a package installs, as `package/files` answers. */
export interface PackageFileEntry {
  /** Relative to the prefix, as the package spells it: never to be used as a path unchecked. */
  path: string;
  type: 'file' | 'symlink' | 'directory';
  /** Bytes; null where the package does not say (info/files). */
  size: number | null;
  /** Lower-case hex; null where the package does not say. */
  sha256: string | null;
}

const MAX_BYTES = 128 * 1024 * 1024;

const TYPES: Readonly<Record<string, PackageFileEntry['type']>> = {
  hardlink: 'file',
  softlink: 'symlink',
  directory: 'directory',
};

/**
 * What a package installs: info/paths.json (CEP 34), or the older info/files; empty where it has neither. Throws
 * `invalid-package` for a paths.json that cannot be understood, `too-large`.
 */
export function listFiles(infoFiles: InfoFiles): PackageFileEntry[] {
  return findFiles(infoFiles) ?? [];
}

/** As `listFiles`, but undefined where the package has neither file. */
export function findFiles(infoFiles: InfoFiles): PackageFileEntry[] | undefined {
  const document = readJsonObject(infoFiles, 'paths.json', MAX_BYTES);
  if (document === undefined) return fromFiles(infoFiles);
  const { paths } = document;
  if (!Array.isArray(paths)) throw invalidMember('paths.json', 'has no list "paths"');
  return paths.map(entryOf);
}

function entryOf(value: unknown): PackageFileEntry {
  const path = isObject(value) ? value._path : undefined;
  if (!isObject(value) || typeof path !== 'string' || path === '') {
    throw invalidMember('paths.json', 'has an entry without a "_path"');
  }
  const { path_type: type, size_in_bytes: size, sha256 } = value;
  return {
    path,
    type: (typeof type === 'string' && Object.hasOwn(TYPES, type) ? TYPES[type] : undefined) ?? 'file',
    size: typeof size === 'number' && Number.isSafeInteger(size) && size >= 0 ? size : null,
    sha256: typeof sha256 === 'string' && /^[0-9a-f]{64}$/i.test(sha256) ? sha256.toLowerCase() : null,
  };
}

function fromFiles(infoFiles: InfoFiles): PackageFileEntry[] | undefined {
  const bytes = infoContent(infoFiles, 'files');
  if (bytes === undefined) return undefined;
  return Buffer.from(bytes)
    .toString('utf8')
    .split(/\r?\n/)
    .filter((path) => path !== '')
    .map((path) => ({ path, type: 'file', size: null, sha256: null }));
}
