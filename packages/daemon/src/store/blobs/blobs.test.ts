import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Digest } from '../../oci/types.ts';
import type { BlobStore } from '../blob-store.ts';
import { bytesOf, codeOf, digestOf, TemporaryStores } from '../testing/temporary-store.ts';

describe('blobs', () => {
  let stores: TemporaryStores;
  let store: BlobStore;
  beforeEach(() => {
    stores = new TemporaryStores();
    store = stores.open();
  });
  afterEach(() => stores[Symbol.asyncDispose]());

  const gather = async (chunks: AsyncIterable<Uint8Array>): Promise<string> => {
    const all: Uint8Array[] = [];
    for await (const chunk of chunks) all.push(chunk);
    return Buffer.concat(all).toString();
  };

  it('puts a small blob under its digest, whole and for nobody to change', () => {
    const digest = store.putSmall(bytesOf('hello'));
    expect(digest).toBe(digestOf('hello'));
    expect(store.has(digest)).toBe(5);
    expect(store.pathOf(digest)).toBe(join(stores.root, 'blobs', 'sha256', digest.slice(7)));
    expect(readFileSync(store.pathOf(digest), 'utf8')).toBe('hello');
    expect(statSync(store.pathOf(digest)).mode & 0o777).toBe(0o444);
    expect(statSync(stores.root).mode & 0o777).toBe(0o700);
    expect(store.status()).toEqual({ path: stores.root, blobs: 1, bytes: 5, partial: 0, quota: null });
  });

  it('refuses bytes of another digest, and nothing appears', async () => {
    expect(await codeOf(() => store.putSmall(bytesOf('hello'), digestOf('other')))).toBe('digest-mismatch');
    expect(stores.blobs()).toEqual([]);
  });

  it('makes a path of nothing but a digest', async () => {
    for (const text of ['sha256:../../../etc/passwd', '../x', `sha256:${'A'.repeat(64)}`, `sha512:${'a'.repeat(64)}`]) {
      expect(await codeOf(() => store.pathOf(text as Digest))).toBe('illegal-reference');
      expect(await codeOf(() => store.has(text as Digest))).toBe('illegal-reference');
      expect(await codeOf(() => store.begin(text as Digest))).toBe('illegal-reference');
      expect(await codeOf(() => store.touch(text as Digest))).toBe('illegal-reference');
      expect(await codeOf(() => store.pin('a', [text as Digest]))).toBe('illegal-reference');
    }
  });

  it('replaces a bad blob by rename: who reads the old one reads on', () => {
    const digest = digestOf('hello');
    writeFileSync(store.pathOf(digest), 'jello');
    const before = statSync(store.pathOf(digest)).ino;
    store.putSmall(bytesOf('hello'));
    expect(readFileSync(store.pathOf(digest), 'utf8')).toBe('hello');
    expect(statSync(store.pathOf(digest)).ino).not.toBe(before);
  });

  it('reads all or a range that includes its end', async () => {
    const digest = store.putSmall(bytesOf('0123456789'));
    expect(await gather(store.read(digest))).toBe('0123456789');
    expect(await gather(store.read(digest, { start: 2, end: 4 }))).toBe('234');
    expect(await gather(store.read(digest, { start: 8, end: 99 }))).toBe('89');
    expect(await codeOf(() => gather(store.read(digestOf('absent'))))).toBe('not-found');
  });

  it('reads a small blob at once, and no more than was allowed', async () => {
    const digest = store.putSmall(bytesOf('0123456789'));
    expect(Buffer.from(store.readSmall(digest, 10) ?? []).toString()).toBe('0123456789');
    expect(await codeOf(() => store.readSmall(digest, 9))).toBe('too-large');
    expect(store.readSmall(digestOf('absent'), 9)).toBeUndefined();
  });

  it('copies a file of several buffers and tells its digest', async () => {
    const text = 'abcdefg'.repeat(500_000);
    const path = join(stores.directory, 'file');
    writeFileSync(path, text);
    expect(await store.putFile(path)).toEqual({ digest: digestOf(text), size: text.length });
    expect(readFileSync(store.pathOf(digestOf(text)), 'utf8')).toBe(text);
    expect(await codeOf(() => store.putFile(join(stores.directory, 'none')))).toBe('not-found');
  });

  it('leaves nothing behind where copying a file is given up', async () => {
    const path = join(stores.directory, 'file');
    writeFileSync(path, Buffer.alloc(8 * 1024 * 1024));
    const controller = new AbortController();
    const copying = store.putFile(path, controller.signal);
    controller.abort();
    await expect(copying).rejects.toThrow();
    expect(stores.blobs()).toEqual([]);
    expect(store.status()).toMatchObject({ blobs: 0, bytes: 0, partial: 0 });
  });

  it('makes itself anew where somebody removed it meanwhile', () => {
    store.putSmall(bytesOf('one'));
    rmSync(stores.root, { recursive: true });
    const digest = store.putSmall(bytesOf('two'));
    store.setRef('a:1', { mediaType: 'text/plain', digest, size: 3 });
    expect(store.has(digest)).toBe(3);
    expect(readFileSync(join(stores.root, 'oci-layout'), 'utf8')).toContain('1.0.0');
  });

  it('says which path it could not use, and what to do', async () => {
    rmSync(join(stores.root, 'ingest'), { recursive: true });
    writeFileSync(join(stores.root, 'ingest'), '');
    const failure: unknown = await store.begin(digestOf('x')).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'store-failed', data: { errno: 'ENOTDIR' } });
    expect((failure as Error).message).toContain(join(stores.root, 'ingest'));
    expect((failure as { hint?: string }).hint).toContain('CONDOCK_HOME');
  });

  it('refuses a folder that a later version made, or that is no folder', async () => {
    const other = join(stores.directory, 'other');
    mkdirSync(other);
    writeFileSync(join(other, 'oci-layout'), '{"imageLayoutVersion":"9.0.0"}');
    writeFileSync(join(other, 'index.json'), '{}');
    expect(await codeOf(() => stores.open({ root: other }))).toBe('store-failed');
    writeFileSync(join(stores.directory, 'file'), '');
    expect(await codeOf(() => stores.open({ root: join(stores.directory, 'file') }))).toBe('store-failed');
  });
});
