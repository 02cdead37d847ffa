import type { BlobStore } from '../store/blob-store.ts';

/**
 * A store that is opened when something of it is first asked for: what needs none then works where none can be made. Whatever asks first
 * gets what `open` throws, and so does whatever asks next.
 */
export function lazyStore(root: string, open: () => BlobStore): BlobStore {
  let opened: BlobStore | undefined;
  const dispose = async (): Promise<void> => {
    await opened?.[Symbol.asyncDispose]();
  };
  return new Proxy({ root, [Symbol.asyncDispose]: dispose } as Partial<BlobStore> as BlobStore, {
    get: (known, name): unknown =>
      Reflect.has(known, name) ? Reflect.get(known, name) : Reflect.get((opened ??= open()), name),
  });
}
