import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Digest } from '../../oci/types.ts';
import { errnoOf, guarded, storeFailure } from '../store-failure.ts';
import { hexName, isHexName, type StorePaths } from '../store-paths.ts';
import type { OwnerWatch } from './owner-watch.ts';
import type { Owner } from './owner.ts';
import { ownerFolders } from './reap.ts';

/** Writes down which digests are in use, for collections of any process. Ends with the process at the latest. */
export function lease(digests: readonly Digest[], owner: Owner): Disposable {
  const names = digests.map(hexName);
  if (names.length === 0) return { [Symbol.dispose]: () => undefined };
  let path: string | undefined;
  try {
    path = writeLease(names, owner);
  } catch (error) {
    // Where nothing can be written nothing can be collected.
    if (errnoOf(error) !== 'EROFS') throw error;
  }
  return {
    [Symbol.dispose]: () => {
      if (path !== undefined) rmSync(path, { force: true });
    },
  };
}

function writeLease(names: readonly string[], owner: Owner): string {
  const write = (path: string): string => {
    writeFileSync(path, names.join('\n'), { flag: 'wx', mode: 0o600 });
    return path;
  };
  const path = owner.scratch('lease');
  try {
    return write(path);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw storeFailure(error, 'write', path);
    owner.remake();
    return guarded('write', path, () => write(path));
  }
}

/** Hex digests that any process has leased. */
export function leasedNames(paths: StorePaths, owner: Owner, watch: OwnerWatch): Set<string> {
  const leased = new Set<string>();
  for (const id of ownerFolders(paths)) {
    const folder = join(paths.owners, id);
    if (id !== owner.id && watch.hasEnded(folder)) continue;
    for (const name of list(folder)) {
      if (!name.startsWith('lease-')) continue;
      for (const hex of readLease(join(folder, name))) if (isHexName(hex)) leased.add(hex);
    }
  }
  return leased;
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}

function readLease(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}
