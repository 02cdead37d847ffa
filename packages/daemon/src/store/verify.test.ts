import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bytesOf, digestOf, TemporaryStores } from './testing/temporary-store.ts';

describe('verify', () => {
  let stores: TemporaryStores;
  beforeEach(() => (stores = new TemporaryStores()));
  afterEach(() => stores[Symbol.asyncDispose]());

  it('finds all blobs good, small ones and those of several buffers', async () => {
    const store = stores.open();
    const big = 'x'.repeat(3_000_000);
    const ingest = await store.begin(digestOf(big));
    await ingest.write(bytesOf(big));
    await ingest.commit();
    store.putSmall(bytesOf(''));
    store.putSmall(bytesOf('x'.repeat(1024 * 1024)));
    let last = { bytes: 0, blobs: 0 };
    expect(await store.verify({ onProgress: (done) => (last = done) })).toEqual({ checked: 3, bad: [] });
    expect(last).toEqual({ bytes: 3_000_000 + 1024 * 1024, blobs: 3 });
  });

  it('sets bad blobs aside with a reason, and what is no blob too; fetching again brings them back', async () => {
    const store = stores.open();
    const digests = ['one', 'two', 'three'].map((text) => store.putSmall(bytesOf(text)));
    await store[Symbol.asyncDispose]();
    const again = stores.open({ pid: 2 });
    // Root may write to what is read-only; a fault of the disk asks nobody.
    const { chmodSync } = await import('node:fs');
    chmodSync(again.pathOf(digests[0]!), 0o600);
    writeFileSync(again.pathOf(digests[0]!), 'onf');
    writeFileSync(join(stores.root, 'blobs', 'sha256', 'notes.txt'), '');
    const { checked, bad } = await again.verify({});
    expect(checked).toBe(3);
    expect(bad).toEqual([{ digest: digests[0], reason: `its content is ${digestOf('onf')}` }]);
    expect(again.has(digests[0]!)).toBeUndefined();
    expect(again.status()).toMatchObject({ blobs: 2, bytes: 8 });
    const aside = readdirSync(join(stores.root, 'bad')).find((name) => name.startsWith(digests[0]!.slice(7)));
    expect(readFileSync(join(stores.root, 'bad', aside!), 'utf8')).toBe('onf');
    expect(stores.blobs()).not.toContain('notes.txt');
    again.putSmall(bytesOf('one'));
    expect((await again.verify({})).bad).toEqual([]);
  });

  it('ends when it is told to', async () => {
    const store = stores.open();
    for (let i = 0; i < 10; i += 1) store.putSmall(Buffer.alloc(4 * 1024 * 1024, i));
    const controller = new AbortController();
    const verifying = store.verify({ signal: controller.signal, onProgress: () => controller.abort() });
    await expect(verifying).rejects.toThrow(/abort/);
  });
});
