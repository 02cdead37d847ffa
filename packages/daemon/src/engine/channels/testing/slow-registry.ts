import { setTimeout as delay } from 'node:timers/promises';
import { sha256Digest } from '../../../oci/digest.ts';
import { parseManifest } from '../../../oci/manifest.ts';
import type { RegistryClient } from '../../../oci/registry-client.ts';
import type { Repository } from '../../../oci/types.ts';
import type { UpdateParts } from '../document-update.ts';

/** A registry in memory that answers after a while, so that publishers come between one another. */
export function slowRegistry(pause: () => Promise<void>) {
  const blobs = new Map<string, Uint8Array>();
  const tags = new Map<string, { bytes: Uint8Array; mediaType: string }>();
  let moves = 0;
  const client = {
    getManifest: async ({ name }: Repository, tag: string) => {
      await pause();
      const found = tags.get(`${name}:${tag}`);
      if (found === undefined) return undefined;
      return { ...found, digest: sha256Digest(found.bytes), document: parseManifest(found.bytes) };
    },
    getBlob: async (_: unknown, digest: string) => {
      await pause();
      const bytes = blobs.get(digest);
      if (bytes === undefined) return undefined;
      return {
        offset: 0,
        size: bytes.length,
        chunks: (async function* () {
          yield await Promise.resolve(bytes);
        })(),
      };
    },
    uploadBlob: async (
      _: unknown,
      source: { digest: string; size: number; open: (n: number) => AsyncIterable<Uint8Array> },
    ) => {
      await pause();
      const chunks: Uint8Array[] = [];
      for await (const chunk of source.open(0)) chunks.push(chunk);
      blobs.set(source.digest, Buffer.concat(chunks));
      return { digest: source.digest, size: source.size, moved: 'uploaded' };
    },
    putManifest: async ({ name }: Repository, tag: string, bytes: Uint8Array, mediaType: string) => {
      await pause();
      if (tag === 'latest') moves += 1;
      tags.set(`${name}:${tag}`, { bytes, mediaType });
      return { digest: sha256Digest(bytes), subjectHandled: false };
    },
  } as unknown as RegistryClient;
  return { client, moves: () => moves };
}

/** With a short wait, so that a test takes a second. */
export const updateParts = (registry: RegistryClient): UpdateParts => ({
  registry,
  now: () => new Date(),
  sleep: async (ms) => {
    await delay(ms);
  },
  random: Math.random,
  settleMs: 400,
});
