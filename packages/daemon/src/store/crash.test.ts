import { linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bytesOf, codeOf, digestOf, TemporaryStores } from './testing/temporary-store.ts';

describe('what an ended process leaves', () => {
  let stores: TemporaryStores;
  beforeEach(() => (stores = new TemporaryStores()));
  afterEach(() => stores[Symbol.asyncDispose]());

  const owners = () => readdirSync(join(stores.root, 'owners'));

  it('is not served where the disk has lost the content of blobs that were not synced yet', () => {
    const gone = stores.open({ pid: 9 });
    const good = gone.putSmall(bytesOf('good'));
    const lost = gone.putSmall(bytesOf('lost'));
    // As after a loss of power: the names are there, the content is not.
    const [owner] = owners();
    const path = gone.pathOf(lost);
    renameSync(path, join(stores.directory, 'moved'));
    writeFileSync(path, '');
    expect(readdirSync(join(stores.root, 'owners', owner!, 'unsynced')).sort()).toEqual(stores.blobs());
    stores.processes.dead.add(9);
    const store = stores.open();
    expect(store.has(lost)).toBeUndefined();
    expect(store.has(good)).toBe(4);
    expect(readdirSync(join(stores.root, 'bad'))).toHaveLength(1);
    expect(store.status()).toMatchObject({ blobs: 1, bytes: 4 });
  });

  it('leaves no second names once the disk has the blobs', async () => {
    const store = stores.open();
    const digest = store.putSmall(bytesOf('x'));
    await store[Symbol.asyncDispose]();
    expect(owners()).toEqual([]);
    expect(stores.open({ pid: 2 }).has(digest)).toBe(1);
  });

  it('is settled even where the process that settled it ended in the middle', () => {
    const text = 'partial';
    const first = join(stores.root, 'owners', 'aa');
    stores.open({ pid: 1 });
    mkdirSync(join(first, 'reaped-1-bb', 'unsynced'), { recursive: true });
    writeFileSync(join(first, 'owner.json'), '{"host":"here","pid":8}');
    writeFileSync(join(first, 'reaped-1-bb', `partial-${digestOf('whole').slice(7)}`), text);
    const bad = join(stores.root, 'blobs', 'sha256', digestOf('whole').slice(7));
    writeFileSync(bad, 'bad');
    linkSync(bad, join(first, 'reaped-1-bb', 'unsynced', digestOf('whole').slice(7)));
    writeFileSync(join(stores.root, 'ingest', `${digestOf('whole').slice(7)}.lock`), 'bb');
    stores.processes.dead.add(8);
    const store = stores.open({ pid: 2 });
    expect(store.has(digestOf('whole'))).toBeUndefined();
    expect(readFileSync(join(stores.root, 'ingest', digestOf('whole').slice(7)), 'utf8')).toBe(text);
    expect(readdirSync(join(stores.root, 'ingest')).filter((name) => name.endsWith('.lock'))).toEqual([]);
  });

  it('leaves its references published', async () => {
    const gone = stores.open({ pid: 9 });
    gone.setRef('host/a:1', { mediaType: 'text/plain', digest: digestOf('a'), size: 1 });
    gone.putSmall(bytesOf('a'));
    writeFileSync(join(stores.root, 'index.json'), '{"schemaVersion":2,"manifests":[]}');
    stores.processes.dead.add(9);
    await stores.open()[Symbol.asyncDispose]();
    expect(stores.index()).toEqual({ 'host/a:1': digestOf('a') });
  });

  it('is counted again where it could not write down what it did', async () => {
    const gone = stores.open({ pid: 9 });
    gone.putSmall(bytesOf('before'));
    expect(gone.status().blobs).toBe(1);
    gone.putSmall(bytesOf('after'));
    const records = join(stores.root, 'records');
    renameSync(records, `${records}.away`);
    writeFileSync(records, '');
    await gone[Symbol.asyncDispose]();
    rmSync(records);
    renameSync(`${records}.away`, records);
    stores.processes.dead.add(9);
    expect(stores.open().status()).toMatchObject({ blobs: 2, bytes: 11 });
  });

  it('is let be while the process lives', async () => {
    const other = stores.open({ pid: 2 });
    const ingest = await other.begin(digestOf('x'));
    await ingest.write(bytesOf('x'));
    const store = stores.open({ pid: 1 });
    expect(await codeOf(() => store.begin(digestOf('x')))).toBe('conflict');
    await ingest.commit();
    expect(store.has(digestOf('x'))).toBe(1);
  });

  it('is never a lock that names nobody: it appears with its owner’s name in it', async () => {
    const gone = stores.open({ pid: 9 });
    await gone.begin(digestOf('x'));
    const [owner] = owners();
    const lock = statSync(join(stores.root, 'ingest', `${digestOf('x').slice(7)}.lock`));
    // One file with two names: made by one call, where writing takes two, and a process may be killed between them.
    expect(lock.ino).toBe(statSync(join(stores.root, 'owners', owner!, 'id')).ino);
    expect(lock.nlink).toBe(2);
    stores.processes.dead.add(9);
    await (await stores.open().begin(digestOf('x'))).discard();
  });

  it('holds nobody up where a lock names an owner that somebody cleaned away', async () => {
    let now = Date.now();
    const store = stores.open({ clock: () => now });
    writeFileSync(join(stores.root, 'ingest', `${digestOf('x').slice(7)}.lock`), 'feed'.repeat(4));
    expect(await codeOf(() => store.begin(digestOf('x')))).toBe('conflict');
    now += 120_000;
    await (await store.begin(digestOf('x'))).discard();
  });
});
