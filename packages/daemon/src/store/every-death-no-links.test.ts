import type * as NodeFs from 'node:fs';
import { expect, it, vi } from 'vitest';
import { faultsOfAllDeaths } from './testing/one-death.ts';

// FAT and some network file systems; nothing of the kind can be mounted in a test.
vi.mock('node:fs', async (original) => {
  const linkSync = (): never => {
    throw Object.assign(new Error('EPERM: operation not permitted, link'), { code: 'EPERM' });
  };
  const { mortalFs } = await import('../system/testing/mortal-files.ts');
  return mortalFs({ ...(await original<typeof NodeFs>()), linkSync });
});

it.each([
  ['at a change', false],
  ['in the middle of a write', true],
])('without hard links a process that is killed %s loses nothing that it reported either', async (_, torn) => {
  expect(await faultsOfAllDeaths({ torn, beside: true })).toEqual([]);
});
