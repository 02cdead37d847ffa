import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../store/open-store.ts';
import { lazyStore } from './lazy-store.ts';

describe('a lazy store', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cdl-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('is made when something of it is first asked for, and not by its end', async () => {
    const root = join(folder, 'store');
    const unused = lazyStore(root, () => openStore({ root }));
    expect(unused.root).toBe(root);
    await unused[Symbol.asyncDispose]();
    expect(readdirSync(folder)).toEqual([]);
    let opened = 0;
    const used = lazyStore(root, () => {
      opened += 1;
      return openStore({ root });
    });
    const digest = used.putSmall(Buffer.from('bytes'));
    expect(used.has(digest)).toBe(5);
    expect(opened).toBe(1);
    await used[Symbol.asyncDispose]();
    // What it held of other processes' time is given back.
    expect(readdirSync(join(root, 'owners'))).toEqual([]);
  });

  it('that can not be made says so to each that asks, with the path and what to do', async () => {
    writeFileSync(join(folder, 'file'), '');
    const root = join(folder, 'file', 'store');
    const store = lazyStore(root, () => openStore({ root }));
    for (const ask of [() => store.status(), () => store.refs()]) {
      expect(ask).toThrow(
        expect.objectContaining({
          code: 'store-failed',
          message: expect.stringContaining(root) as string,
          hint: expect.stringContaining('CONDOCK_HOME') as string,
        }),
      );
    }
    await store[Symbol.asyncDispose]();
  });
});
