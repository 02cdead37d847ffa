import { setTimeout as sleep } from 'node:timers/promises';
import { toCondockError } from '@condock/protocol';
import { sha256Digest } from '../../oci/digest.ts';
import type { Digest } from '../../oci/types.ts';
import type { BlobStore } from '../blob-store.ts';

/** One of the blobs that all test processes know; every fifth is of a few hundred kilobytes. */
export function childBlob(at: number): { bytes: Buffer; digest: Digest } {
  const bytes = Buffer.alloc(at % 5 === 0 ? 300_000 : 2_000, `blob ${at} `);
  return { bytes, digest: sha256Digest(bytes) };
}

/** As a download does: in pieces, resuming, and waiting for whoever is at it. */
export async function ingestWhole(store: BlobStore, digest: Digest, bytes: Buffer): Promise<void> {
  for (;;) {
    try {
      const ingest = await store.begin(digest, bytes.length);
      for (let at = ingest.offset; at < bytes.length; at += 50_000) await ingest.write(bytes.subarray(at, at + 50_000));
      await ingest.commit();
      return;
    } catch (error) {
      if (toCondockError(error).code !== 'conflict') throw error;
    }
    await sleep(5);
    if (store.has(digest) !== undefined) return;
  }
}
