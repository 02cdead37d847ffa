import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { bytesOf, digestOf, TemporaryStores } from '../testing/temporary-store.ts';

// FAT and some network file systems; nothing of the kind can be mounted in a test.
vi.mock('node:fs', async (original) => ({
  ...(await original<Record<string, unknown>>()),
  linkSync: () => {
    throw Object.assign(new Error('EPERM: operation not permitted, link'), { code: 'EPERM' });
  },
}));

it('a file system without hard links holds blobs that were synced before they appeared', async () => {
  await using stores = new TemporaryStores();
  const store = stores.open();
  const digest = store.putSmall(bytesOf('small'));
  const ingest = await store.begin(digestOf('ingested'));
  await ingest.write(bytesOf('ingested'));
  await ingest.commit();
  expect(readFileSync(store.pathOf(digest), 'utf8')).toBe('small');
  expect(store.status()).toMatchObject({ blobs: 2, bytes: 13 });
  const [owner] = readdirSync(join(stores.root, 'owners'));
  expect(readdirSync(join(stores.root, 'owners', owner!, 'unsynced'))).toEqual([]);
  await store.exportTo(join(stores.directory, 'out'), {});
  expect(readdirSync(join(stores.directory, 'out', 'blobs', 'sha256')).sort()).toEqual(stores.blobs());
});
