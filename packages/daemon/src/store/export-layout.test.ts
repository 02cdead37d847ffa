import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BlobStore } from './blob-store.ts';
import { bytesOf, codeOf, digestOf, putManifest, TemporaryStores } from './testing/temporary-store.ts';

describe('export', () => {
  let stores: TemporaryStores;
  let store: BlobStore;
  let target: string;
  beforeEach(() => {
    stores = new TemporaryStores();
    store = stores.open();
    target = join(stores.directory, 'out');
    store.setRef('host/a:1', putManifest(store, ['layer a', 'shared']));
    store.setRef('host/b:1', putManifest(store, ['layer b', 'shared']));
    store.putSmall(bytesOf('unnamed'));
  });
  afterEach(() => stores[Symbol.asyncDispose]());

  const listed = () => {
    const { manifests } = JSON.parse(readFileSync(join(target, 'index.json'), 'utf8')) as {
      manifests: { annotations: Record<string, string> }[];
    };
    return manifests.map((m) => m.annotations['org.opencontainers.image.ref.name']);
  };
  const held = () => readdirSync(join(target, 'blobs', 'sha256'));

  it('writes a layout with the chosen references and all that they need', async () => {
    const { blobs } = await store.exportTo(target, { refs: ['host/a:1'] });
    expect(blobs).toBe(4);
    expect(readFileSync(join(target, 'oci-layout'), 'utf8')).toBe('{"imageLayoutVersion":"1.0.0"}');
    expect(listed()).toEqual(['host/a:1']);
    expect(held()).toContain(digestOf('layer a').slice(7));
    expect(held()).not.toContain(digestOf('layer b').slice(7));
    expect(readFileSync(join(target, 'blobs', 'sha256', digestOf('shared').slice(7)), 'utf8')).toBe('shared');
  });

  it('adds to a layout that is there', async () => {
    await store.exportTo(target, { refs: ['host/a:1'] });
    await store.exportTo(target, { refs: ['host/b:1'] });
    expect(listed()).toEqual(['host/a:1', 'host/b:1']);
    expect(held()).toHaveLength(6);
  });

  it('without names writes the whole store, blobs without a name too', async () => {
    expect(await store.exportTo(target, {})).toEqual({ blobs: 7, bytes: store.status().bytes });
    expect(held().sort()).toEqual(stores.blobs());
    expect(statSync(target).isDirectory()).toBe(true);
  });

  it('leaves out layers that were never fetched', async () => {
    const [name, a] = [...store.refs()][0]!;
    const bytes = store.readSmall(a.digest, 10_000)!;
    const other = stores.open({ pid: 2, root: join(stores.directory, 'other') });
    other.setRef(name, { ...a, digest: other.putSmall(bytes) });
    expect(await other.exportTo(target, { refs: [name] })).toEqual({ blobs: 1, bytes: bytes.length });
  });

  it('can be asked for again where it was cancelled or its process was killed, and is a layout already then', async () => {
    await expect(store.exportTo(target, { signal: AbortSignal.abort() })).rejects.toThrow();
    expect(listed()).toEqual([]);
    writeFileSync(join(target, '.index.json.0123456789abcdef.tmp'), '');
    rmSync(join(target, 'index.json'));
    await store.exportTo(target, {});
    expect(listed()).toEqual(['host/a:1', 'host/b:1']);
  });

  it('refuses a folder of another kind, the store itself, and a name that is not there', async () => {
    mkdirSync(target);
    writeFileSync(join(target, 'thesis.txt'), '');
    expect(await codeOf(() => store.exportTo(target, {}))).toBe('already-exists');
    expect(readdirSync(target)).toEqual(['thesis.txt']);
    expect(await codeOf(() => store.exportTo(stores.root, {}))).toBe('usage');
    expect(await codeOf(() => store.exportTo(join(target, 'new'), { refs: ['host/none:1'] }))).toBe('not-found');
  });
});
