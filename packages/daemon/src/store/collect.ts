import { readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as yieldToLoop } from 'node:timers/promises';
import { leasedNames } from './owner/leases.ts';
import type { OwnerWatch } from './owner/owner-watch.ts';
import type { Owner } from './owner/owner.ts';
import type { LastUse } from './last-use.ts';
import { closureOf } from './manifest-digests.ts';
import type { Records } from './records/records.ts';
import { errnoOf, guarded, isFull } from './store-failure.ts';
import { hexName, isHexName, type StorePaths } from './store-paths.ts';
import { removeLeftovers } from './leftovers.ts';
import { restoreTrash, trashPlace } from './trash.ts';

const DAY = 24 * 60 * 60_000;
/** A reference keeps what it names for so long after it was set or its manifest was last used. Milliseconds. */
export const YOUNG_REF = DAY;
/** Where no size is asked for, what nobody used for so long goes. Milliseconds. */
export const UNUSED = 30 * DAY;

const BATCH = 100;

export interface CollectParts {
  paths: StorePaths;
  owner: Owner;
  watch: OwnerWatch;
  records: Records;
  lastUse: LastUse;
  clock: () => number;
  /** A reference whose manifest was removed goes, too. */
  deleteRef: (name: string) => void;
  onRemoved: (bytes: number) => void;
}

export interface CollectOptions {
  /** Bytes that may stay; without it, what was not used for 30 days goes. */
  maxBytes?: number;
  dryRun?: boolean;
  signal?: AbortSignal;
}

interface Candidate {
  hex: string;
  bytes: number;
  used: number;
}

/**
 * Removes blobs, the longest unused first, until `maxBytes` is kept. Pins, leases of any process, and what young references name
 * always stay. `removed` and `kept` count blobs; `bytes` is all that was freed, leftovers of downloads and bad blobs included.
 */
export async function collectBlobs(
  parts: CollectParts,
  options: CollectOptions,
): Promise<{ removed: number; bytes: number; kept: number }> {
  await parts.lastUse.flush();
  const leftovers = removeLeftovers(parts.paths, parts.clock(), options.dryRun === true);
  const all = await listBlobs(parts, options.signal);
  const roots = await findRoots(parts, options.signal);
  const chosen = choose(all, roots, parts.clock(), options.maxBytes);
  if (options.dryRun === true) {
    const bytes = chosen.reduce((sum, c) => sum + c.bytes, leftovers);
    return { removed: chosen.length, bytes, kept: all.length - chosen.length };
  }
  let removed = 0;
  let bytes = leftovers;
  for (let at = 0; at < chosen.length; at += BATCH) {
    for (const { bytes: size } of removeBatch(chosen.slice(at, at + BATCH), parts)) {
      removed += 1;
      bytes += size;
    }
    await yieldToLoop();
    options.signal?.throwIfAborted();
  }
  return { removed, bytes, kept: all.length - removed };
}

async function listBlobs({ paths }: CollectParts, signal: AbortSignal | undefined): Promise<Candidate[]> {
  const all: Candidate[] = [];
  for (const hex of guarded('list', paths.blobs, () => readdirSync(paths.blobs))) {
    if (!isHexName(hex)) continue;
    const stats = statSync(join(paths.blobs, hex), { throwIfNoEntry: false });
    if (stats !== undefined) all.push({ hex, bytes: stats.size, used: stats.mtimeMs });
    if (all.length % 1000 === 0) {
      await yieldToLoop();
      signal?.throwIfAborted();
    }
  }
  return all;
}

async function findRoots(parts: CollectParts, signal: AbortSignal | undefined): Promise<Set<string>> {
  const { paths, records, clock } = parts;
  const roots = leasedNames(paths, parts.owner, parts.watch);
  for (const pin of records.pins().values()) for (const digest of pin.d ?? []) roots.add(hexName(digest));
  let seen = 0;
  for (const ref of [...records.refs().values()]) {
    if (ref.d === null) continue;
    const used = statSync(join(paths.blobs, hexName(ref.d.digest)), { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (clock() - Math.max(ref.t, used) < YOUNG_REF) for (const hex of closureOf(ref.d.digest, paths)) roots.add(hex);
    if ((seen += 1) % BATCH === 0) {
      await yieldToLoop();
      signal?.throwIfAborted();
    }
  }
  return roots;
}

function choose(all: Candidate[], roots: Set<string>, now: number, maxBytes: number | undefined): Candidate[] {
  const free = all.filter(({ hex }) => !roots.has(hex)).sort((a, b) => a.used - b.used);
  if (maxBytes === undefined) return free.filter(({ used }) => now - used > UNUSED);
  let kept = all.reduce((sum, { bytes }) => sum + bytes, 0);
  const chosen: Candidate[] = [];
  for (const candidate of free) {
    if (kept <= maxBytes) break;
    chosen.push(candidate);
    kept -= candidate.bytes;
  }
  return chosen;
}

/** Aside first, then leases once more: who leased a blob before it went aside gets it back. */
function removeBatch(batch: Candidate[], parts: CollectParts): Candidate[] {
  const { paths, owner } = parts;
  try {
    const aside = batch.filter((candidate) => putAside(candidate, parts));
    const leased = leasedNames(paths, owner, parts.watch);
    for (const { hex } of aside) if (leased.has(hex)) restore(hex, parts);
    return removeAside(
      aside.filter(({ hex }) => !leased.has(hex)),
      parts,
    );
  } catch (error) {
    restoreTrash(paths, owner.id);
    throw error;
  }
}

function putAside({ hex, used }: Candidate, { paths, lastUse, owner }: CollectParts): boolean {
  const path = join(paths.blobs, hex);
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.mtimeMs !== used || lastUse.pending(hex) !== undefined) return false;
  // Not in our own folder, which a full disk may not let us make.
  return guarded('remove', path, () => moved(path, trashPlace(paths, owner.id, hex)));
}

function restore(hex: string, { paths, owner }: CollectParts): void {
  const path = join(paths.blobs, hex);
  guarded('restore', path, () => renameSync(trashPlace(paths, owner.id, hex), path));
}

/** Names first: whoever settles what we leave may bring back a blob, but can't know which names had it. */
function removeAside(gone: Candidate[], parts: CollectParts): Candidate[] {
  const names = new Set(gone.map(({ hex }) => hex));
  const again = !forgetRefs(names, parts);
  // As a path only: a full disk may not let us make the folder.
  const own = join(parts.paths.owners, parts.owner.id, 'unsynced');
  for (const { hex, bytes } of gone) {
    const place = trashPlace(parts.paths, parts.owner.id, hex);
    // Our second name would bring the blob back if we ended now. Another's may be of a blob that is just about to appear there.
    for (const path of [join(own, hex), place]) guarded('remove', path, () => rmSync(path, { force: true }));
    parts.onRemoved(bytes);
  }
  if (again) forgetRefs(names, parts);
  return gone;
}

function moved(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** False where the disk is too full to write that down. */
function forgetRefs(gone: ReadonlySet<string>, { records, deleteRef, paths }: CollectParts): boolean {
  if (gone.size === 0) return true;
  try {
    for (const [name, { d }] of [...records.refs()]) {
      if (d === null || !gone.has(hexName(d.digest))) continue;
      if (statSync(join(paths.blobs, hexName(d.digest)), { throwIfNoEntry: false }) === undefined) deleteRef(name);
    }
    return true;
  } catch (error) {
    if (isFull(error)) return false;
    throw error;
  }
}
