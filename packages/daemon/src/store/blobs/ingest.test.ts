import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BlobStore, Ingest } from '../blob-store.ts';
import { bytesOf, codeOf, digestOf, TemporaryStores } from '../testing/temporary-store.ts';

describe('ingest', () => {
  const text = 'The quick brown fox. '.repeat(200_000);
  const digest = digestOf(text);
  let stores: TemporaryStores;
  let store: BlobStore;
  beforeEach(() => {
    stores = new TemporaryStores();
    store = stores.open();
  });
  afterEach(() => stores[Symbol.asyncDispose]());

  async function write(ingest: Ingest, content: string): Promise<void> {
    const bytes = bytesOf(content);
    const reused = Buffer.alloc(65_536);
    for (let at = 0; at < bytes.length; at += reused.length) {
      const length = bytes.copy(reused, 0, at, at + reused.length);
      await ingest.write(reused.subarray(0, length));
    }
  }

  it('shows a blob only once it is whole and verified', async () => {
    const ingest = await store.begin(digest, text.length);
    expect(ingest.offset).toBe(0);
    await write(ingest, text);
    expect(stores.blobs()).toEqual([]);
    expect(store.status().partial).toBe(1);
    await ingest.commit();
    expect(readFileSync(store.pathOf(digest), 'utf8')).toBe(text);
    expect(store.status()).toMatchObject({ blobs: 1, bytes: text.length, partial: 0 });
  });

  it('goes on where an earlier try was suspended', async () => {
    const first = await store.begin(digest, text.length);
    await write(first, text.slice(0, 3_000_001));
    await first.suspend();
    expect(store.status().partial).toBe(1);
    const second = await stores.open({ pid: 2 }).begin(digest, text.length);
    expect(second.offset).toBe(3_000_001);
    await write(second, text.slice(3_000_001));
    await second.commit();
    expect(readFileSync(store.pathOf(digest), 'utf8')).toBe(text);
  });

  it('discards what proves wrong, so that the next try begins at zero', async () => {
    const first = await store.begin(digest, text.length);
    await write(first, 'wrong from the start');
    await first.suspend();
    const second = await store.begin(digest, text.length);
    await write(second, text.slice(second.offset));
    expect(await codeOf(() => second.commit())).toBe('digest-mismatch');
    expect(stores.blobs()).toEqual([]);
    const third = await store.begin(digest, text.length);
    expect(third.offset).toBe(0);
    await third.discard();
  });

  it('discards right bytes of which another number was announced', async () => {
    const ingest = await store.begin(digest, text.length + 1);
    await write(ingest, text);
    expect(await codeOf(() => ingest.commit())).toBe('digest-mismatch');
    expect(stores.blobs()).toEqual([]);
  });

  it('begins at zero where more is left than the blob has', async () => {
    writeFileSync(join(stores.root, 'ingest', digest.slice(7)), `${text}and more`);
    const ingest = await store.begin(digest, text.length);
    expect(ingest.offset).toBe(0);
    await write(ingest, text);
    await ingest.commit();
    expect(readFileSync(store.pathOf(digest), 'utf8')).toBe(text);
  });

  it('starts again from zero on demand, with writes still on their way', async () => {
    const ingest = await store.begin(digest);
    ingest.write(bytesOf('x'.repeat(9_000_000)))?.catch(() => undefined);
    ingest.restart();
    await write(ingest, text);
    await ingest.commit();
    expect(readFileSync(store.pathOf(digest), 'utf8')).toBe(text);
  });

  it('allows one at a time for a digest, in any process', async () => {
    const other = stores.open({ pid: 2 });
    const ingest = await store.begin(digest);
    expect(await codeOf(() => store.begin(digest))).toBe('conflict');
    expect(await codeOf(() => other.begin(digest))).toBe('conflict');
    await (await other.begin(digestOf('another'))).discard();
    await ingest.discard();
    await (await other.begin(digest)).discard();
  });

  it('takes over from a process that has ended, with what it had', async () => {
    const gone = stores.open({ pid: 9 });
    const theirs = await gone.begin(digest, text.length);
    await write(theirs, text.slice(0, 2_000_000));
    stores.processes.dead.add(9);
    const ours = await store.begin(digest, text.length);
    expect(ours.offset).toBeGreaterThan(0);
    await write(ours, text.slice(ours.offset));
    await ours.commit();
    expect(readFileSync(store.pathOf(digest), 'utf8')).toBe(text);
    await theirs.discard();
  });

  it('replaces a bad blob', async () => {
    writeFileSync(store.pathOf(digest), 'bad');
    expect(store.status()).toMatchObject({ blobs: 1, bytes: 3 });
    const ingest = await store.begin(digest);
    await write(ingest, text);
    await ingest.commit();
    expect(readFileSync(store.pathOf(digest), 'utf8')).toBe(text);
    expect(store.status()).toMatchObject({ blobs: 1, bytes: text.length });
  });

  it('keeps an unfinished download that somebody begins to go on with when the store is closed', async () => {
    const first = await store.begin(digest, text.length);
    await write(first, text.slice(0, 3_000_001));
    await first.suspend();
    const beginning = store.begin(digest, text.length);
    await store[Symbol.asyncDispose]();
    expect(statSync(join(stores.root, 'ingest', digest.slice(7))).size).toBe(3_000_001);
    expect(readdirSync(join(stores.root, 'owners'))).toEqual([]);
    expect((await beginning).offset).toBe(3_000_001);
  });

  it('keeps unfinished downloads when the store is closed in their middle', async () => {
    const ingest = await store.begin(digest, text.length);
    await write(ingest, text.slice(0, 1_000_000));
    await store[Symbol.asyncDispose]();
    expect(readdirSync(join(stores.root, 'owners'))).toEqual([]);
    expect(readdirSync(join(stores.root, 'ingest'))).toEqual([digest.slice(7)]);
    const again = await stores.open({ pid: 2 }).begin(digest, text.length);
    expect(again.offset).toBe(1_000_000);
  });
});
