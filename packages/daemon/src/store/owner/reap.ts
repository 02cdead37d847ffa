import { readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { BadBlobs } from '../blobs/bad-blobs.ts';
import { hashFile } from '../blobs/hash-file.ts';
import { syncFile } from '../blobs/sync-file.ts';
import { errnoOf } from '../store-failure.ts';
import type { StoreLog } from '../store-log.ts';
import { isHexName, type StorePaths } from '../store-paths.ts';
import { restoreTrash } from '../trash.ts';
import { syncDirectory } from '../../system/atomic-file.ts';
import type { OwnerWatch } from './owner-watch.ts';
import type { Owner } from './owner.ts';

export interface ReapParts {
  paths: StorePaths;
  owner: Owner;
  watch: OwnerWatch;
  bad: BadBlobs;
  log: StoreLog;
}

/** The folders of all instances: ours and others', living or ended. */
export function ownerFolders(paths: StorePaths): string[] {
  try {
    return readdirSync(paths.owners).filter((name) => !name.startsWith('.'));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}

/**
 * Takes over what ended processes left: their blobs that the disk may not have are checked and synced, unfinished downloads
 * become resumable, locks and leases go. True where there was such a process: its part of the counts is then unknown.
 */
export function reapEnded(parts: ReapParts): boolean {
  let found = false;
  for (const id of ownerFolders(parts.paths)) {
    if (id !== parts.owner.id && parts.watch.hasEnded(join(parts.paths.owners, id))) found = reap(id, parts) || found;
  }
  return found;
}

/** Takes over one ended process. False where another process was first: the rename has one winner. */
export function reap(id: string, parts: ReapParts): boolean {
  const taken = `${parts.owner.scratch('reaped')}-${id}`;
  try {
    renameSync(join(parts.paths.owners, id), taken);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
  parts.log({ level: 'info', message: `Taking over what an ended process (${id}) left in the store.` });
  settle(taken, id, parts);
  return true;
}

/** Blobs first, the folder last: who ends in the middle leaves the rest to whoever reaps it. */
function settle(directory: string, id: string, parts: ReapParts): void {
  const names = readdirSync(directory);
  for (const name of names) {
    const nested = /^reaped-\d+-([0-9a-f]+)$/.exec(name)?.[1];
    if (nested !== undefined) settle(join(directory, name), nested, parts);
  }
  if (names.includes('unsynced')) {
    for (const name of readdirSync(join(directory, 'unsynced'))) {
      if (isHexName(name)) recheck(name, join(directory, 'unsynced', name), parts);
    }
    syncDirectory(parts.paths.blobs);
  }
  for (const name of names) {
    const hex = name.startsWith('partial-') ? name.slice('partial-'.length) : '';
    if (isHexName(hex)) keepPartial(join(directory, name), hex, parts.paths);
  }
  restoreTrash(parts.paths, id);
  releaseLocks(id, parts.paths);
  rmSync(directory, { recursive: true, force: true });
}

/** `mark` is the second name, which a blob has before it appears: an end in between does not cost a whole download. */
function recheck(hex: string, mark: string, { paths, bad }: ReapParts): void {
  const path = join(paths.blobs, hex);
  if (statSync(path, { throwIfNoEntry: false }) === undefined) {
    if (hashFile(mark).hex !== hex) return;
    syncFile(mark);
    renameSync(mark, path);
    return;
  }
  try {
    if (hashFile(path).hex === hex) syncFile(path);
    else bad.setAside(hex, 'its content was lost when the machine or its process ended');
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}

function keepPartial(path: string, hex: string, paths: StorePaths): void {
  const size = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? -1;
  const place = join(paths.ingest, hex);
  if (size(join(paths.blobs, hex)) < 0 && size(path) > Math.max(0, size(place))) renameSync(path, place);
}

function releaseLocks(id: string, paths: StorePaths): void {
  for (const name of readdirSync(paths.ingest)) {
    if (!name.endsWith('.lock')) continue;
    const path = join(paths.ingest, basename(name));
    try {
      if (readFileSync(path, 'utf8').trim() === id) rmSync(path, { force: true });
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
    }
  }
}
