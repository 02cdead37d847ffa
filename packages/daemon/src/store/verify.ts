import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as yieldToLoop } from 'node:timers/promises';
import type { Digest } from '../oci/types.ts';
import type { BadBlobs } from './blobs/bad-blobs.ts';
import { hashSteps } from './blobs/hash-file.ts';
import { errnoOf, guarded } from './store-failure.ts';
import { digestOfName, isHexName, type StorePaths } from './store-paths.ts';

/** Other work gets its turn so often. Milliseconds. */
const SLICE = 10;

export interface VerifyParts {
  paths: StorePaths;
  bad: BadBlobs;
  /** Called before anything is set aside. */
  beforeRemoval: () => void;
  /** Called for a blob that was set aside. */
  onRemoved: (bytes: number) => void;
}

export interface VerifyOptions {
  signal?: AbortSignal;
  onProgress?: (done: { bytes: number; blobs: number }) => void;
}

export interface VerifyResult {
  checked: number;
  bad: { digest: Digest; reason: string }[];
}

/** Hashes every blob. What is bad is set aside, and so is what is no blob; what can't be read for want of permission is told. */
export async function verifyBlobs(parts: VerifyParts, options: VerifyOptions): Promise<VerifyResult> {
  const { paths } = parts;
  const result: VerifyResult = { checked: 0, bad: [] };
  const done = { bytes: 0, blobs: 0 };
  let slice = performance.now();
  for (const name of guarded('list', paths.blobs, () => readdirSync(paths.blobs))) {
    if (!isHexName(name)) {
      setStrayAside(name, parts);
      continue;
    }
    const check = checkBlob(name, paths);
    for (;;) {
      const step = check.next();
      if (step.done !== true) done.bytes += step.value;
      else if (step.value === undefined) break;
      else {
        done.bytes += step.value.bytes;
        done.blobs += 1;
        if (step.value.reason !== undefined) {
          if (step.value.remove) removeBad(name, step.value.reason, parts);
          result.bad.push({ digest: digestOfName(name), reason: step.value.reason });
        }
        break;
      }
      slice = await pause(slice, done, options);
    }
    slice = await pause(slice, done, options);
  }
  result.checked = done.blobs;
  options.onProgress?.({ ...done });
  return result;
}

async function pause(since: number, done: { bytes: number; blobs: number }, options: VerifyOptions): Promise<number> {
  if (performance.now() - since < SLICE) return since;
  options.onProgress?.({ ...done });
  await yieldToLoop();
  options.signal?.throwIfAborted();
  return performance.now();
}

interface Checked {
  /** Bytes that were not told of step by step. */
  bytes: number;
  reason?: string;
  remove?: boolean;
}

/** Undefined where the blob went meanwhile. */
function* checkBlob(name: string, paths: StorePaths): Generator<number, Checked | undefined> {
  const path = join(paths.blobs, name);
  for (;;) {
    try {
      let told = 0;
      const steps = hashSteps(path);
      let step = steps.next();
      for (; step.done !== true; step = steps.next()) {
        told += step.value;
        yield step.value;
      }
      const { hex, bytes, stats } = step.value;
      if (hex === name) return { bytes: bytes - told };
      // A good blob may have taken its place while we read the bad one.
      if (statSync(path, { bigint: true }).ino !== stats.ino) continue;
      const reason = bytes === 0 ? 'it is empty' : `its content is sha256:${hex}`;
      return { bytes: bytes - told, reason, remove: true };
    } catch (error) {
      const code = errnoOf(error);
      if (code === undefined) throw error;
      if (code === 'ENOENT') return undefined;
      return { bytes: 0, reason: `it can't be read: ${code}`, remove: code === 'EIO' || code === 'EISDIR' };
    }
  }
}

function removeBad(name: string, reason: string, { paths, bad, beforeRemoval, onRemoved }: VerifyParts): void {
  const path = join(paths.blobs, name);
  beforeRemoval();
  guarded('set aside', path, () => {
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    if (bad.setAside(name, reason)) onRemoved(size);
  });
}

/** Something that others put there: an OCI layout's blobs are named by their digests and nothing else. */
function setStrayAside(name: string, { paths, bad }: VerifyParts): void {
  guarded('set aside', join(paths.blobs, name), () => bad.setAside(name, 'it is no blob'));
}
