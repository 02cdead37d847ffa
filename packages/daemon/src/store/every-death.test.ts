import type * as NodeFs from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { faultsOfAllDeaths } from './testing/one-death.ts';

vi.mock('node:fs', async (original) =>
  (await import('../system/testing/mortal-files.ts')).mortalFs(await original<typeof NodeFs>()),
);

describe('whatever change of a file a process is killed at, nothing that it reported is lost, and nobody has to wait', () => {
  it('while it does all there is to do', async () => {
    expect(await faultsOfAllDeaths()).toEqual([]);
  });

  it('beside another that has the store open', async () => {
    expect(await faultsOfAllDeaths({ beside: true })).toEqual([]);
  });

  it('in the middle of a write', async () => {
    expect(await faultsOfAllDeaths({ torn: true })).toEqual([]);
  });

  it.each(['sets one aside that is bad', 'collects', 'forgets a name', 'pins', 'exports'])(
    'where a process %s and does nothing else',
    async (only) => {
      expect(await faultsOfAllDeaths({ only })).toEqual([]);
    },
  );
});
