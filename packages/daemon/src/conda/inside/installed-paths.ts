import type { InfoFiles } from '../info-files.ts';
import { isObject, readJsonObject } from './json-member.ts';

/** One file of info/paths.json, and how it spells its prefix, where it does. */
export interface InstalledPath {
  /** Relative to the prefix, as the package spells it: never to be used as a path unchecked. */
  path: string;
  prefixMode?: 'text' | 'binary';
}

const MAX_BYTES = 128 * 1024 * 1024;

/** What a package installs, by info/paths.json alone (CEP 34), as conda-index reads it; empty where none can be read. */
export function readInstalledPaths(infoFiles: InfoFiles): InstalledPath[] {
  const paths = listed(infoFiles);
  if (!Array.isArray(paths)) return [];
  return paths.flatMap((entry: unknown): InstalledPath[] => {
    if (!isObject(entry) || typeof entry._path !== 'string') return [];
    const hasPrefix = typeof entry.prefix_placeholder === 'string' && entry.prefix_placeholder !== '';
    const mode = entry.file_mode;
    return [
      { path: entry._path, ...(hasPrefix && (mode === 'text' || mode === 'binary') ? { prefixMode: mode } : {}) },
    ];
  });
}

function listed(infoFiles: InfoFiles): unknown {
  try {
    return readJsonObject(infoFiles, 'paths.json', MAX_BYTES)?.paths;
  } catch {
    return undefined;
  }
}
