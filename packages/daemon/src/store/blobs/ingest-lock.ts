import { linkSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CondockError } from '@condock/protocol';
import type { Digest } from '../../oci/types.ts';
import { isOwnerId, type Owner } from '../owner/owner.ts';
import { reap, reapEnded, type ReapParts } from '../owner/reap.ts';
import { errnoOf, hasNoHardLinks } from '../store-failure.ts';
import { hexName } from '../store-paths.ts';

/** A lock whose owner left no trace (somebody cleaned up by hand) holds for this long after that. Milliseconds. */
const NAMELESS = 60_000;

export interface IngestLockParts extends ReapParts {
  clock: () => number;
  /** Another process ended without a word: its part of the counts is unknown. */
  onReaped: () => void;
}

/**
 * One ingest per digest in all processes. The lock saves work and nothing more: each ingest writes a file of its own, so even
 * two at once could not harm each other. Throws `conflict` while a living process holds it.
 */
export function lockIngest(digest: Digest, parts: IngestLockParts): Disposable {
  const path = join(parts.paths.ingest, `${hexName(digest)}.lock`);
  const { id } = parts.owner;
  // The folder before the lock: a lock always names an owner that can be judged.
  parts.owner.ensure();
  for (let tries = 0; tries < 3; tries += 1) {
    try {
      make(path, parts.owner);
      return { [Symbol.dispose]: () => release(path, id) };
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') parts.owner.remake();
      else if (errnoOf(error) !== 'EEXIST') throw error;
      else if (!isStale(path, parts)) break;
    }
  }
  throw new CondockError('conflict', `Another process or request is fetching ${digest} at this moment.`, {
    hint: 'Wait for it, then try again.',
    data: { digest },
  });
}

/** A link appears with its owner's name in it: a process that is killed at any moment leaves no lock that nobody can judge. */
function make(path: string, owner: Owner): void {
  try {
    linkSync(owner.idFile, path);
  } catch (error) {
    if (!hasNoHardLinks(error)) throw error;
    write(path, owner.id);
  }
}

function write(path: string, id: string): void {
  try {
    writeFileSync(path, id, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    // Made, but not filled.
    if (errnoOf(error) !== 'EEXIST') rmSync(path, { force: true });
    throw error;
  }
}

function isStale(path: string, parts: IngestLockParts): boolean {
  const holder = read(path);
  if (holder === undefined) return true;
  if (holder === parts.owner.id) return false;
  // Where there are no hard links its maker was killed before the whole name was in it.
  if (!isOwnerId(holder)) {
    rmSync(path, { force: true });
    return true;
  }
  const folder = join(parts.paths.owners, holder);
  if (statSync(folder, { throwIfNoEntry: false }) !== undefined) {
    if (!parts.watch.hasEnded(folder)) return false;
    if (reap(holder, parts)) parts.onReaped();
    return true;
  }
  // Whoever was about to take it over may have ended, too.
  if (reapEnded(parts)) {
    parts.onReaped();
    return true;
  }
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats !== undefined && parts.clock() - stats.ctimeMs < NAMELESS) return false;
  rmSync(path, { force: true });
  return true;
}

function release(path: string, id: string): void {
  if (read(path) === id) rmSync(path, { force: true });
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
