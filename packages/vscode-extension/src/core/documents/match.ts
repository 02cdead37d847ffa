import { posix, win32 } from 'node:path';
import type { EnvironmentPackage } from '@condock/protocol';
import type { FoundEnvironment } from '../environments/target.ts';
import type { DocumentEntry, DocumentFormat } from './entry.ts';

/** What a place in a document may be asked about: packages by URL and by name. */
export interface PackageLookup {
  find(entry: DocumentEntry): EnvironmentPackage | undefined;
}

/** Names of conda and of manifests: `-`, `_` and `.` are kept apart by conda, letters are not. */
export function createLookup(packages: readonly EnvironmentPackage[]): PackageLookup {
  const byUrl = new Map<string, EnvironmentPackage>();
  const byName = new Map<string, EnvironmentPackage>();
  for (const entry of packages) {
    if (entry.url !== null) byUrl.set(entry.url, entry);
    if (entry.fileName !== null) byUrl.set(`${entry.subdir}/${entry.fileName}`, entry);
    if (entry.kind === 'conda' || !byName.has(entry.name)) byName.set(entry.name.toLowerCase(), entry);
  }
  return {
    find: ({ kind, text }) => {
      if (kind === 'name') return byName.get(text.toLowerCase());
      return byUrl.get(text) ?? byUrl.get(text.split('/').slice(-2).join('/'));
    },
  };
}

/** The path that `env/show` is asked for so that it tells of a document; undefined where nothing does. */
export function environmentPathFor(
  document: string,
  format: DocumentFormat,
  found: readonly FoundEnvironment[],
): string | undefined {
  const paths = document.includes('\\') ? win32 : posix;
  const folder = paths.dirname(document);
  const workspace = found.find(({ path, kind }) => path === folder && kind === 'pixi-workspace');
  if (format === 'pixi-lock') return workspace?.path ?? document;
  if (format === 'conda-lock' || format === 'explicit') return document;
  if (format === 'toml')
    return workspace?.path ?? found.find(({ path }) => path === paths.join(folder, 'pixi.lock'))?.path;
  // An environment.yml is answered for by the lock, or else the prefix, that lies beside it.
  const beside = found.filter(({ path, kind }) => paths.dirname(path) === folder && kind !== 'specs');
  return (beside.find(({ kind }) => kind === 'conda-lock') ?? beside[0] ?? workspace)?.path;
}
