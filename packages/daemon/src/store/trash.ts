import { readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { hashFile } from './blobs/hash-file.ts';
import { errnoOf } from './store-failure.ts';
import { isHexName, type StorePaths } from './store-paths.ts';

/** Where a collection puts a blob that it is about to remove. */
export function trashPlace(paths: StorePaths, owner: string, hex: string): string {
  return join(paths.bad, `trash-${owner}-${hex}`);
}

/** Gives back what a collection had put aside that did not come to its end: somebody may hold a lease, and names are still there. */
export function restoreTrash(paths: StorePaths, owner: string): void {
  const start = `trash-${owner}-`;
  for (const name of readdirSync(paths.bad)) {
    const hex = name.startsWith(start) ? name.slice(start.length) : '';
    if (!isHexName(hex)) continue;
    const [place, path] = [join(paths.bad, name), join(paths.blobs, hex)];
    try {
      if (statSync(path, { throwIfNoEntry: false }) !== undefined) rmSync(place, { force: true });
      // What is no blob any more is left for a look at it, as all that is bad.
      else if (hashFile(place).hex === hex) renameSync(place, path);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
    }
  }
}
