import { appendFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { bytesOf, digestOf, TemporaryStores } from '../testing/temporary-store.ts';

const target = (text: string) => ({ mediaType: 'text/plain', digest: digestOf(text), size: text.length });

describe('references and pins', () => {
  let stores: TemporaryStores;
  beforeEach(() => (stores = new TemporaryStores()));
  afterEach(() => stores[Symbol.asyncDispose]());

  it('are seen by every process at once and survive', async () => {
    const [one, two] = [stores.open({ pid: 1 }), stores.open({ pid: 2 })];
    one.setRef('host/a:1', { ...target('a'), annotations: { key: 'value' } });
    two.setRef('host/b:1', target('b'));
    one.pin('env', [digestOf('a'), digestOf('b')]);
    expect(two.getRef('host/a:1')).toEqual({ ...target('a'), annotations: { key: 'value' } });
    expect(one.getRef('host/b:1')).toEqual(target('b'));
    expect([...two.pins()]).toEqual([['env', [digestOf('a'), digestOf('b')]]]);
    expect(two.deleteRef('host/a:1')).toBe(true);
    expect(one.deleteRef('host/a:1')).toBe(false);
    expect(one.unpin('env')).toBe(true);
    expect(two.unpin('env')).toBe(false);
    await one[Symbol.asyncDispose]();
    expect([...stores.open({ pid: 3 }).refs()]).toEqual([['host/b:1', target('b')]]);
  });

  it('are published in index.json, with names in order, by the time the store is closed', async () => {
    const store = stores.open();
    expect(stores.index()).toEqual({});
    store.setRef('host/b:1', target('b'));
    store.setRef('host/a:1', { ...target('a'), annotations: { key: 'value' } });
    await store[Symbol.asyncDispose]();
    expect(JSON.parse(readFileSync(join(stores.root, 'index.json'), 'utf8'))).toEqual({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: [
        { ...target('a'), annotations: { key: 'value', 'org.opencontainers.image.ref.name': 'host/a:1' } },
        { ...target('b'), annotations: { 'org.opencontainers.image.ref.name': 'host/b:1' } },
      ],
    });
  });

  it('are never read back from index.json, which is published again where it is missing', async () => {
    const store = stores.open();
    store.setRef('host/a:1', target('a'));
    await store[Symbol.asyncDispose]();
    writeFileSync(join(stores.root, 'index.json'), '{"schemaVersion":2,"manifests":[]}');
    expect(stores.open({ pid: 2 }).getRef('host/a:1')).toEqual(target('a'));
    rmSync(join(stores.root, 'index.json'));
    stores.open({ pid: 3 });
    expect(stores.index()).toEqual({ 'host/a:1': digestOf('a') });
  });

  it('lose no more than the line that a crash or the disk damaged', async () => {
    const store = stores.open();
    store.setRef('host/a:1', target('a'));
    const [journal] = readdirSync(join(stores.root, 'records'));
    appendFileSync(join(stores.root, 'records', journal!), '{"k":"ref","n":"host/torn:1","d":{"medi');
    store.setRef('host/b:1', target('b'));
    await store[Symbol.asyncDispose]();
    appendFileSync(
      join(stores.root, 'records', journal!),
      '\0\0\0\n{"k":"ref","n":"host/x:1","d":{"digest":"../x"},"t":1,"o":""}\n',
    );
    const lines: string[] = [];
    const again = stores.open({ pid: 2, log: ({ message }) => lines.push(message) });
    expect([...again.refs()].map(([name]) => name)).toEqual(['host/a:1', 'host/b:1']);
    expect(lines.filter((line) => line.includes('damaged line'))).toHaveLength(3);
  });

  it('keep the latest word where a clock is set back', () => {
    let now = 1_000_000;
    const store = stores.open({ clock: () => now });
    store.setRef('host/a:1', target('a'));
    now = 10;
    store.setRef('host/a:1', target('b'));
    expect(stores.open({ pid: 2 }).getRef('host/a:1')).toEqual(target('b'));
  });
});

describe('the count of blobs', () => {
  let stores: TemporaryStores;
  beforeEach(() => (stores = new TemporaryStores()));
  afterEach(() => stores[Symbol.asyncDispose]());

  it('is the sum of what all processes did', async () => {
    const [one, two] = [stores.open({ pid: 1 }), stores.open({ pid: 2 })];
    one.putSmall(bytesOf('a'));
    two.putSmall(bytesOf('bb'));
    two.putSmall(bytesOf('a'));
    await one[Symbol.asyncDispose]();
    await two[Symbol.asyncDispose]();
    expect(stores.open({ pid: 3 }).status()).toMatchObject({ blobs: 2, bytes: 3 });
  });

  it('is right after a process ended without a word', async () => {
    const gone = stores.open({ pid: 9 });
    gone.putSmall(bytesOf('a'));
    const witness = stores.open({ pid: 1 });
    await vi.waitFor(() => expect(witness.status().blobs).toBe(1));
    gone.putSmall(bytesOf('bb'));
    stores.processes.dead.add(9);
    expect(stores.open({ pid: 2 }).status()).toMatchObject({ blobs: 2, bytes: 3 });
    expect(witness.status()).toMatchObject({ blobs: 2, bytes: 3 });
  });
});
