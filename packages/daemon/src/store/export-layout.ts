import {
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { setImmediate as yieldToLoop } from 'node:timers/promises';
import { CondockError } from '@condock/protocol';
import type { Descriptor } from '../oci/types.ts';
import {
  removeLeftTemporaries,
  syncDirectory,
  targetOfTemporary,
  temporaryBeside,
  writeFileAtomic,
} from '../system/atomic-file.ts';
import { BLOB_MODE } from './blobs/blob-files.ts';
import { syncFile } from './blobs/sync-file.ts';
import { indexDocument, liveRefs, REF_NAME } from './index-file.ts';
import { layoutName } from './layout-name.ts';
import { closureOf } from './manifest-digests.ts';
import { isDescriptor, isObject } from './records/record.ts';
import type { Records } from './records/records.ts';
import { LAYOUT_DOCUMENT, layoutVersion } from './skeleton.ts';
import { errnoOf, guarded, storeFailure } from './store-failure.ts';
import { isHexName, storePaths, type StorePaths } from './store-paths.ts';

export interface ExportParts {
  paths: StorePaths;
  records: Records;
  clock: () => number;
}

export interface ExportOptions {
  /** Names; without them, all references and all blobs. */
  refs?: readonly string[];
  signal?: AbortSignal;
}

/**
 * Writes a legal OCI image layout, or adds to one that is there: an empty one first, so that an export that did not come to its
 * end can be asked for again, then blobs (hard links, or copies where the disk is another), then the index. Throws `not-found`
 * for a name that the store does not have, `already-exists` for a folder of another kind.
 */
export async function exportLayout(
  directory: string,
  parts: ExportParts,
  options: ExportOptions,
): Promise<{ blobs: number; bytes: number }> {
  const target = storePaths(directory);
  if (target.root === parts.paths.root) {
    throw new CondockError('usage', `${directory} is the store itself, which is an OCI image layout already.`, {
      hint: 'Name another folder, or let the other tool read the store where it is.',
    });
  }
  const refs = chosenRefs(parts.records, options.refs);
  prepareTarget(target, parts.clock);
  const names = options.refs === undefined ? allBlobs(parts.paths) : closuresOf(refs, parts.paths);
  const done = { blobs: 0, bytes: 0 };
  for (const hex of names) {
    const bytes = guarded('write', join(target.blobs, hex), () => copyBlob(hex, parts.paths, target));
    if (bytes === undefined) continue;
    done.blobs += 1;
    done.bytes += bytes;
    if (done.blobs % 64 === 0 || bytes > 1024 * 1024) await yieldToLoop();
    options.signal?.throwIfAborted();
  }
  guarded('write', directory, () => {
    syncDirectory(target.blobs);
    const replaced = new Set([...refs].flatMap(([name, { digest }]) => [name, layoutName(name, digest)]));
    // Read at the last moment: another export may have added to it.
    const kept = (readIndex(target.index) ?? []).filter((entry) => !replaced.has(entry.annotations?.[REF_NAME] ?? ''));
    const named = [...kept.map((entry) => [entry.annotations?.[REF_NAME], entry] as const), ...refs];
    writeFileAtomic(target.index, indexDocument(named), { mode: 0o644 });
  });
  return done;
}

function chosenRefs(records: Records, names: readonly string[] | undefined): Map<string, Descriptor> {
  const all = new Map(liveRefs(records));
  if (names === undefined) return all;
  return new Map(
    names.map((name) => {
      const target = all.get(name);
      if (target !== undefined) return [name, target];
      throw new CondockError('not-found', `The store has nothing under ${name}.`, {
        hint: 'Prefetch it first, with its info layer, so that its manifest is kept.',
        data: { reference: name },
      });
    }),
  );
}

/** A layout, without blobs where there was none: `oci-layout` first, which tells the next export that the rest is ours. */
function prepareTarget(target: StorePaths, clock: () => number): void {
  const isLayout = layoutVersion(target.layout) === '1.0.0';
  const isSound = isLayout && (!existsSync(target.index) || readIndex(target.index) !== undefined);
  if (!isSound && namesIn(target.root).some((name) => !isOurs(targetOfTemporary(name) ?? ''))) {
    throw new CondockError('already-exists', `${target.root} is not empty, and no OCI image layout either.`, {
      hint: 'Name a new folder, or one that an earlier export made.',
      data: { path: target.root },
    });
  }
  guarded('write', target.root, () => {
    mkdirSync(target.root, { recursive: true });
    if (!isLayout) writeFileAtomic(target.layout, LAYOUT_DOCUMENT, { mode: 0o644, keep: true });
    if (!existsSync(target.index)) writeFileAtomic(target.index, indexDocument([]), { mode: 0o644, keep: true });
    mkdirSync(target.blobs, { recursive: true });
  });
  for (const folder of [target.root, target.blobs]) removeLeftTemporaries(folder, isOurs, clock);
}

const isOurs = (name: string): boolean => name === 'oci-layout' || name === 'index.json' || isHexName(name);

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw storeFailure(error, 'read', folder);
  }
}

/** What a layout's index lists; undefined where there is none, or none that can be read as one. */
function readIndex(path: string): Descriptor[] | undefined {
  let document: unknown;
  try {
    document = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError || errnoOf(error) === 'ENOENT') return undefined;
    throw storeFailure(error, 'read', path);
  }
  const manifests = isObject(document) ? document.manifests : undefined;
  return Array.isArray(manifests) && manifests.every(isDescriptor) ? manifests : undefined;
}

function allBlobs(paths: StorePaths): string[] {
  return guarded('list', paths.blobs, () => readdirSync(paths.blobs).filter(isHexName));
}

function closuresOf(refs: Map<string, Descriptor>, paths: StorePaths): Set<string> {
  const names = new Set<string>();
  for (const { digest } of refs.values()) for (const hex of closureOf(digest, paths)) names.add(hex);
  return names;
}

/** Bytes of the blob; undefined where it went meanwhile. */
function copyBlob(hex: string, from: StorePaths, to: StorePaths): number | undefined {
  const [source, place] = [join(from.blobs, hex), join(to.blobs, hex)];
  const size = statSync(source, { throwIfNoEntry: false })?.size;
  if (size === undefined || statSync(place, { throwIfNoEntry: false })?.size === size) return size;
  const temporary = temporaryBeside(place);
  try {
    try {
      linkSync(source, temporary);
    } catch {
      copyFileSync(source, temporary, constants.COPYFILE_FICLONE);
      chmodSync(temporary, BLOB_MODE);
      syncFile(temporary);
    }
    renameSync(temporary, place);
  } finally {
    rmSync(temporary, { force: true });
  }
  return size;
}
