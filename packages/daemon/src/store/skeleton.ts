import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { CondockError } from '@condock/protocol';
import { writeFileAtomic } from '../system/atomic-file.ts';
import { errnoOf, guarded } from './store-failure.ts';
import type { StorePaths } from './store-paths.ts';

/** image-spec v1.1, image-layout.md: the only version there is. */
export const LAYOUT_DOCUMENT = '{"imageLayoutVersion":"1.0.0"}';
const EMPTY_INDEX = '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}';

/** Makes what is missing of the store, `oci-layout` last: its presence says that the rest is there. */
export function ensureSkeleton(paths: StorePaths): void {
  guarded('make the store at', paths.root, () => {
    for (const directory of [paths.blobs, paths.ingest, paths.owners, paths.bad, paths.records]) {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
    }
    if (!existsSync(paths.index)) writeFileAtomic(paths.index, EMPTY_INDEX, { mode: 0o644, keep: true });
    if (!existsSync(paths.layout)) writeFileAtomic(paths.layout, LAYOUT_DOCUMENT, { mode: 0o644, keep: true });
  });
}

/**
 * Opens a store that is there, else makes one. True where something was missing: the index is then to be published. Throws
 * `store-failed` where the folder is of a kind not known here.
 */
export function openSkeleton(paths: StorePaths): boolean {
  const version = layoutVersion(paths.layout);
  if (version === undefined || !existsSync(paths.index)) {
    ensureSkeleton(paths);
    return true;
  }
  if (version !== '1.0.0') {
    throw new CondockError('store-failed', `${paths.layout} is of version ${version}, which is not known here.`, {
      hint: 'Update Condock, or choose another place with CONDOCK_HOME.',
      data: { path: paths.layout },
    });
  }
  return false;
}

/** `imageLayoutVersion` of an `oci-layout` file; undefined where there is none, or none that can be read as one. */
export function layoutVersion(path: string): string | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    return guarded('read', path, () => {
      throw error;
    });
  }
  try {
    const value = JSON.parse(text) as { imageLayoutVersion?: unknown } | null;
    return typeof value?.imageLayoutVersion === 'string' ? value.imageLayoutVersion : undefined;
  } catch {
    return undefined;
  }
}
