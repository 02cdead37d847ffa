import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256Digest } from '../../oci/digest.ts';
import type { Descriptor, Digest } from '../../oci/types.ts';
import type { BlobStore } from '../blob-store.ts';

/** What a store must hold. */
export interface World {
  refs: Map<string, Digest>;
  pins: Map<string, Digest>;
  blobs: Set<Digest>;
  /** Bytes of unfinished downloads that are there for the next try. */
  partial: Map<Digest, number>;
}

/** One thing that is asked of a store, and what is true once it was done. */
export interface Step {
  name: string;
  run: (store: BlobStore) => unknown;
  then: (world: World) => void;
  /** Made bad on the way, by somebody else. */
  spoils?: Digest;
}

interface Blob {
  bytes: Buffer;
  digest: Digest;
}

const blob = (name: string, size: number): Blob => {
  const bytes = Buffer.alloc(size, `${name} `);
  return { bytes, digest: sha256Digest(bytes) };
};

export const BLOBS = {
  suspended: blob('suspended', 300_000),
  left: blob('left by a dead process', 200_000),
  unsynced: blob('not synced by a dead process', 100),
  layer: blob('layer', 100),
  file: blob('file', 1000),
  spoiled: blob('spoiled', 100),
  verified: blob('verified', 100),
  unused: blob('unused', 100),
  leased: blob('leased', 100),
  unwanted: blob('unwanted', 100),
} as const;

const manifestBytes = Buffer.from(
  JSON.stringify({
    schemaVersion: 2,
    layers: [{ mediaType: 'text/plain', digest: BLOBS.layer.digest, size: BLOBS.layer.bytes.length }],
  }),
);
const manifest: Blob = { bytes: manifestBytes, digest: sha256Digest(manifestBytes) };

const described = ({ bytes, digest }: Blob): Descriptor => ({
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  digest,
  size: bytes.length,
});

export async function finish(store: BlobStore, { bytes, digest }: Blob): Promise<void> {
  const ingest = await store.begin(digest, bytes.length);
  await ingest.write(bytes.subarray(ingest.offset));
  await ingest.commit();
}

/** Time of what nobody has used for long; before now, in milliseconds. */
export const LONG_AGO = 40 * 24 * 60 * 60_000;

/** What a process did long ago that ended in order, and what one left a moment ago that did not: the second is to be abandoned. */
export const before = {
  longAgo: async (store: BlobStore): Promise<void> => {
    for (const one of [BLOBS.unused, BLOBS.leased]) {
      store.putSmall(one.bytes);
      store.touch(one.digest);
    }
    store.setRef('unused', described(BLOBS.unused));
    await store[Symbol.asyncDispose]();
  },
  abandoned: async (store: BlobStore): Promise<void> => {
    store.putSmall(BLOBS.unsynced.bytes);
    store.setRef('unsynced', described(BLOBS.unsynced));
    const ingest = await store.begin(BLOBS.left.digest, BLOBS.left.bytes.length);
    await ingest.write(BLOBS.left.bytes.subarray(0, 150_000));
  },
  world: (): World => ({
    refs: new Map([
      ['unused', BLOBS.unused.digest],
      ['unsynced', BLOBS.unsynced.digest],
    ]),
    pins: new Map(),
    blobs: new Set([BLOBS.unused, BLOBS.leased, BLOBS.unsynced].map((one) => one.digest)),
    partial: new Map(),
  }),
};

/** All that a process does with a store, each step once. `directory`: for files beside the store. */
export function wholeWork(directory: string): Step[] {
  const spoil = (store: BlobStore, digest: Digest): void => {
    // As a disk does: nobody in the process that is to be killed. Of the same size, which is no matter for the counts.
    const bad = join(directory, 'bad');
    writeFileSync(bad, Buffer.alloc(100, 'bad'));
    renameSync(bad, store.pathOf(digest));
  };
  const file = join(directory, 'file');
  writeFileSync(file, BLOBS.file.bytes);
  const adds = (one: Blob) => (world: World) => {
    world.blobs.add(one.digest);
    world.partial.delete(one.digest);
  };
  return [
    {
      name: 'suspends a download',
      run: async (store) => {
        const ingest = await store.begin(BLOBS.suspended.digest, BLOBS.suspended.bytes.length);
        await ingest.write(BLOBS.suspended.bytes.subarray(ingest.offset, Math.max(ingest.offset, 200_000)));
        await ingest.suspend();
      },
      then: ({ partial }) => partial.set(BLOBS.suspended.digest, 200_000),
    },
    { name: 'goes on with it', run: (store) => finish(store, BLOBS.suspended), then: adds(BLOBS.suspended) },
    { name: 'goes on with what was left', run: (store) => finish(store, BLOBS.left), then: adds(BLOBS.left) },
    { name: 'puts a small blob', run: (store) => store.putSmall(BLOBS.layer.bytes), then: adds(BLOBS.layer) },
    { name: 'puts a manifest', run: (store) => store.putSmall(manifest.bytes), then: adds(manifest) },
    { name: 'puts a file', run: (store) => store.putFile(file), then: adds(BLOBS.file) },
    {
      name: 'names a manifest',
      run: (store) => store.setRef('manifest', described(manifest)),
      then: ({ refs }) => refs.set('manifest', manifest.digest),
    },
    {
      name: 'names a file',
      run: (store) => store.setRef('file', described(BLOBS.file)),
      then: ({ refs }) => refs.set('file', BLOBS.file.digest),
    },
    {
      name: 'forgets a name',
      run: (store) => store.deleteRef('file'),
      then: ({ refs }) => refs.delete('file'),
    },
    {
      name: 'pins',
      run: (store) => store.pin('pin', [BLOBS.file.digest]),
      then: ({ pins }) => pins.set('pin', BLOBS.file.digest),
    },
    { name: 'unpins', run: (store) => store.unpin('pin'), then: ({ pins }) => pins.delete('pin') },
    { name: 'publishes names', run: (store) => store.publishRefs(), then: () => undefined },
    { name: 'puts a blob', run: (store) => store.putSmall(BLOBS.spoiled.bytes), then: adds(BLOBS.spoiled) },
    {
      name: 'replaces one that is bad',
      spoils: BLOBS.spoiled.digest,
      run: async (store) => {
        spoil(store, BLOBS.spoiled.digest);
        await finish(store, BLOBS.spoiled);
      },
      then: adds(BLOBS.spoiled),
    },
    { name: 'puts another', run: (store) => store.putSmall(BLOBS.verified.bytes), then: adds(BLOBS.verified) },
    {
      name: 'sets one aside that is bad',
      spoils: BLOBS.verified.digest,
      run: async (store) => {
        spoil(store, BLOBS.verified.digest);
        await store.verify({});
      },
      then: ({ blobs }) => blobs.delete(BLOBS.verified.digest),
    },
    { name: 'brings it back', run: (store) => store.putSmall(BLOBS.verified.bytes), then: adds(BLOBS.verified) },
    {
      name: 'discards a download',
      run: async (store) => {
        const ingest = await store.begin(BLOBS.unwanted.digest);
        await ingest.write(BLOBS.unwanted.bytes);
        ingest.restart();
        await ingest.write(BLOBS.unwanted.bytes);
        await ingest.discard();
      },
      then: () => undefined,
    },
    {
      name: 'collects',
      run: async (store) => {
        using _ = store.lease([BLOBS.leased.digest]);
        await store.collect({});
      },
      then: ({ blobs, refs }) => {
        blobs.delete(BLOBS.unused.digest);
        refs.delete('unused');
      },
    },
    {
      name: 'exports',
      run: (store) => store.exportTo(join(directory, 'out'), {}),
      then: () => undefined,
    },
    { name: 'closes', run: (store) => store[Symbol.asyncDispose](), then: () => undefined },
  ];
}
