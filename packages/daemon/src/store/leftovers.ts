import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { removeLeftTemporaries } from '../system/atomic-file.ts';
import { errnoOf, guarded } from './store-failure.ts';
import { isHexName, type StorePaths } from './store-paths.ts';

const DAY = 24 * 60 * 60_000;
/** An unfinished download that nobody went on with. Milliseconds. */
export const STALE_PARTIAL = 7 * DAY;
/** A bad blob that nobody looked at. Milliseconds. */
export const OLD_BAD = 7 * DAY;
/** A process that ended while it made its folder. Milliseconds. */
const UNBORN = 60 * 60_000;

/** Removes what no blob is and nobody will ask for. Bytes that this frees, or would. */
export function removeLeftovers(paths: StorePaths, now: number, dryRun: boolean): number {
  if (!dryRun)
    removeLeftTemporaries(
      paths.root,
      () => true,
      () => now,
    );
  return (
    removeOld(paths.ingest, isHexName, now - STALE_PARTIAL, dryRun) +
    removeOld(paths.bad, () => true, now - OLD_BAD, dryRun) +
    removeOld(paths.owners, (name) => name.startsWith('.new-'), now - UNBORN, dryRun)
  );
}

/** By the time of the last change of what a name stands for: a rename moves it, and so does setting a blob aside. */
function removeOld(folder: string, isOurs: (name: string) => boolean, before: number, dryRun: boolean): number {
  let freed = 0;
  for (const name of listOrNone(folder)) {
    if (!isOurs(name)) continue;
    const path = join(folder, name);
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined || stats.ctimeMs > before) continue;
    if (!dryRun) guarded('remove', path, () => rmSync(path, { recursive: true, force: true }));
    freed += stats.isFile() ? stats.size : 0;
  }
  return freed;
}

/** Unfinished downloads: those that wait, and those under way in any process. */
export function countPartials(paths: StorePaths): number {
  let partials = listOrNone(paths.ingest).filter(isHexName).length;
  for (const id of listOrNone(paths.owners)) {
    partials += listOrNone(join(paths.owners, id)).filter((name) => name.startsWith('partial-')).length;
  }
  return partials;
}

function listOrNone(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return [];
    return guarded('list', folder, () => {
      throw error;
    });
  }
}
