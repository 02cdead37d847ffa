import { CondockError } from '@condock/protocol';
import type { BlobStore } from '../../store/blob-store.ts';
import type { Digest } from '../../oci/types.ts';
import type { EngineMethods } from '../engine-methods.ts';
import { nameOfReference } from '../packages/reference-name.ts';
import type { PlannedPackage } from '../resolve/planned-package.ts';

export interface CacheParts {
  store: BlobStore;
  /** The packages of an environment, for pinning. */
  packagesOf: (path: string) => Promise<PlannedPackage[]>;
  /** Digests that a reference needs and the store holds. */
  digestsOf: (reference: string) => readonly Digest[];
}

type CacheMethods = Pick<EngineMethods, `cache/${string}` & keyof EngineMethods>;

export function cacheMethods({ store, packagesOf, digestsOf }: CacheParts): CacheMethods {
  return {
    'cache/status': () => {
      const { path, blobs, bytes, quota, partial } = store.status();
      return Promise.resolve({ path, blobs, bytes, quota, partial, pinned: [...store.pins()].length });
    },
    'cache/verify': async (_params, { signal, progress }) => {
      const { blobs, bytes } = store.status();
      progress({ kind: 'begin', title: 'Verify the store', total: { bytes, packages: blobs } });
      try {
        return await store.verify({
          signal,
          onProgress: (done) =>
            progress({
              kind: 'report',
              done: { bytes: done.bytes, packages: done.blobs },
              total: { bytes, packages: blobs },
            }),
        });
      } finally {
        progress({ kind: 'end' });
      }
    },
    'cache/gc': async ({ maxBytes, dryRun }, { signal }) =>
      store.collect({
        signal,
        ...(maxBytes === undefined ? {} : { maxBytes }),
        ...(dryRun === undefined ? {} : { dryRun }),
      }),
    'cache/pin': async ({ name, path, references }) => {
      const digests = new Set<Digest>();
      if (path !== undefined) for (const p of await packagesOf(path)) if (p.digest !== undefined) digests.add(p.digest);
      for (const reference of references ?? []) for (const digest of digestsOf(reference)) digests.add(digest);
      if (digests.size === 0) {
        throw new CondockError('usage', `There is nothing to pin under "${name}".`, {
          hint: 'Name an environment with known digests, or references that were prefetched.',
        });
      }
      store.pin(name, [...digests]);
      return { name, blobs: digests.size };
    },
    'cache/unpin': ({ name }) => Promise.resolve({ removed: store.unpin(name) }),
    'cache/export': async ({ directory, references }, { signal }) => {
      const result = await store.exportTo(directory, {
        signal,
        ...(references === undefined ? {} : { refs: references.map(nameOfReference) }),
      });
      return { directory, ...result };
    },
  };
}
