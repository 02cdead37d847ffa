import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Digest } from '../oci/types.ts';
import { readSmall } from './blobs/read-blob.ts';
import { isDescriptor, isObject } from './records/record.ts';
import { digestOfName, hexName, type StorePaths } from './store-paths.ts';

/** What registries allow for a manifest, with room. */
const MANIFEST_BYTES = 16 * 1024 * 1024;

/**
 * A manifest or index and all that it references and that is here, by hex digest: config, layers, subject, the manifests of an
 * index and theirs. Digests that are not here are left out: layers that nobody fetched are no fault (image-layout.md).
 */
export function closureOf(root: Digest, paths: StorePaths): Set<string> {
  const found = new Set<string>();
  const queue: { hex: string; isManifest: boolean }[] = [{ hex: hexName(root), isManifest: true }];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const path = join(paths.blobs, next.hex);
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined || found.has(next.hex)) continue;
    found.add(next.hex);
    if (next.isManifest && stats.size <= MANIFEST_BYTES) queue.push(...referenced(next.hex, path));
  }
  return found;
}

function referenced(hex: string, path: string): { hex: string; isManifest: boolean }[] {
  let document: unknown;
  try {
    const bytes = readSmall(digestOfName(hex), path, MANIFEST_BYTES);
    document = bytes === undefined ? undefined : JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    // What is no JSON references nothing.
    if (error instanceof SyntaxError) return [];
    throw error;
  }
  if (!isObject(document)) return [];
  const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);
  const pick = (values: unknown[], isManifest: boolean) =>
    values.filter(isDescriptor).map(({ digest }) => ({ hex: hexName(digest), isManifest }));
  return [
    ...pick([document.config, ...list(document.layers)], false),
    ...pick([document.subject, ...list(document.manifests)], true),
  ];
}
