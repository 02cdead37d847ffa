import { readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Digest } from '../oci/types.ts';
import type { BlobStore } from './blob-store.ts';
import { UNUSED, YOUNG_REF } from './collect.ts';
import { STALE_PARTIAL } from './leftovers.ts';
import { bytesOf, digestOf, putManifest, TemporaryStores } from './testing/temporary-store.ts';

describe('collect', () => {
  let stores: TemporaryStores;
  let store: BlobStore;
  let now = Date.now();
  beforeEach(() => {
    now = Date.now();
    stores = new TemporaryStores();
    store = stores.open({ clock: () => now });
  });
  afterEach(() => stores[Symbol.asyncDispose]());

  /** Ten bytes each, the first unused for the longest time. */
  function putTens(count: number): Digest[] {
    return Array.from({ length: count }, (_, at) => {
      const digest = store.putSmall(bytesOf(`ten bytes ${at}`.slice(-10).padStart(10)));
      const used = (now - (count - at) * 60_000) / 1000;
      utimesSync(store.pathOf(digest), used, used);
      return digest;
    });
  }

  it('removes what was not used for the longest time, down to a size', async () => {
    const digests = putTens(5);
    store.touch(digests[0]!);
    expect(await store.collect({ maxBytes: 25, dryRun: true })).toEqual({ removed: 3, bytes: 30, kept: 2 });
    expect(store.status()).toMatchObject({ blobs: 5 });
    expect(await store.collect({ maxBytes: 25 })).toEqual({ removed: 3, bytes: 30, kept: 2 });
    expect(digests.map((digest) => store.has(digest))).toEqual([10, undefined, undefined, undefined, 10]);
    expect(store.status()).toMatchObject({ blobs: 2, bytes: 20 });
  });

  it('leaves what is pinned and what any living process has leased', async () => {
    const digests = putTens(4);
    const other = stores.open({ pid: 2 });
    const gone = stores.open({ pid: 9 });
    store.pin('mine', [digests[0]!]);
    const lease = other.lease([digests[1]!]);
    gone.lease([digests[2]!]);
    stores.processes.dead.add(9);
    expect(await store.collect({ maxBytes: 0, dryRun: true })).toEqual({ removed: 2, bytes: 20, kept: 2 });
    await store.collect({ maxBytes: 0 });
    expect(digests.map((digest) => store.has(digest))).toEqual([10, 10, undefined, undefined]);
    lease[Symbol.dispose]();
    store.unpin('mine');
    expect(await store.collect({ maxBytes: 0 })).toEqual({ removed: 2, bytes: 20, kept: 0 });
  });

  it('takes nothing from under another process that is just bringing it back', async () => {
    const digest = stores.open({ pid: 2 }).putSmall(bytesOf('ten bytes'));
    const [owner] = readdirSync(join(stores.root, 'owners'));
    // The name that it has there first, and from which it appears.
    const first = (): string[] => readdirSync(join(stores.root, 'owners', owner!, 'unsynced'));
    expect(first()).toEqual([digest.slice(7)]);
    expect(await store.collect({ maxBytes: 0 })).toMatchObject({ removed: 1 });
    expect(first()).toEqual([digest.slice(7)]);
  });

  it('gives back what is leased while it is being removed', async () => {
    let onClock = (): void => undefined;
    const collecting = stores.open({
      pid: 3,
      clock: () => {
        onClock();
        return now;
      },
    });
    const digests = putTens(3);
    const other = stores.open({ pid: 2 });
    let looks = 0;
    onClock = () => {
      looks += 1;
      // The age of leftovers comes first; the next is that of blobs, when all leases were already looked at.
      if (looks === 2) other.lease([digests[1]!]);
    };
    await collecting.collect({ maxBytes: 0 });
    expect(looks).toBeGreaterThanOrEqual(2);
    expect(digests.map((digest) => store.has(digest))).toEqual([undefined, 10, undefined]);
  });

  it('leaves what young references name, config and layers too, and drops old ones with their manifests', async () => {
    const layer = digestOf('a layer');
    const manifest = putManifest(store, ['a layer']);
    store.putSmall(bytesOf('unnamed'));
    store.setRef('host/a:1', manifest);
    expect(await store.collect({ maxBytes: 0 })).toMatchObject({ removed: 1, kept: 3 });
    expect(store.has(layer)).toBe(7);
    now += YOUNG_REF + 60_000;
    store.touch(manifest.digest);
    await store.collect({ maxBytes: 0 });
    expect(store.has(layer)).toBe(7);
    now += YOUNG_REF + 60_000;
    expect(await store.collect({ maxBytes: 0 })).toMatchObject({ removed: 3, kept: 0 });
    expect(store.getRef('host/a:1')).toBeUndefined();
  });

  it('without a size removes only what nobody used for a month', async () => {
    const [old, young] = putTens(2);
    const used = (now - UNUSED - 1000) / 1000;
    utimesSync(store.pathOf(old!), used, used);
    expect(await store.collect({})).toEqual({ removed: 1, bytes: 10, kept: 1 });
    expect(store.has(young!)).toBe(10);
  });

  it('removes unfinished downloads and bad blobs that nobody came back for', async () => {
    writeFileSync(join(stores.root, 'ingest', 'a'.repeat(64)), 'half');
    writeFileSync(join(stores.root, 'bad', `${'b'.repeat(64)}.00`), 'bad');
    expect(await store.collect({})).toEqual({ removed: 0, bytes: 0, kept: 0 });
    now += STALE_PARTIAL + 1000;
    expect(await store.collect({ dryRun: true })).toEqual({ removed: 0, bytes: 7, kept: 0 });
    expect(await store.collect({})).toEqual({ removed: 0, bytes: 7, kept: 0 });
    expect(readdirSync(join(stores.root, 'ingest'))).toEqual([]);
  });

  it('keeps the store below its quota by itself', async () => {
    const small = stores.open({ pid: 2, root: join(stores.directory, 'small'), quota: 100 });
    for (let i = 0; i < 20; i += 1) small.putSmall(bytesOf(`ten bytes${i % 10}${i}`));
    expect(small.status().quota).toBe(100);
    await vi.waitFor(() => expect(small.status().bytes).toBeLessThanOrEqual(90), { timeout: 10_000 });
  });
});
