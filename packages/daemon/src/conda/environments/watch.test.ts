import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { useScratch } from './testing/scratch.ts';
import { type EnvironmentWatch, watchEnvironment } from './watch.ts';

describe('watchEnvironment', () => {
  const scratch = useScratch();
  let watches: EnvironmentWatch[] = [];
  afterEach(async () => {
    await Promise.all(watches.map((one) => one.close()));
    watches = [];
  });

  /** Watches; the result does something and resolves once that was told (or fails with the test's own time limit). */
  async function watching(path: string) {
    let told = 0;
    const watch = await watchEnvironment(path, () => (told += 1), { quietMs: 20, patienceMs: 200 });
    watches.push(watch);
    const tells = async (change: () => void): Promise<void> => {
      // What the change before set off must not be taken for this one.
      await sleep(150);
      const before = told;
      change();
      while (told === before) await sleep(10);
    };
    return { watch, tells, told: () => told };
  }

  it('sees a lock that is written, replaced by rename again and again, deleted and made anew', async () => {
    const lock = scratch.put('ws/pixi.lock', '1');
    const { tells } = await watching(lock);
    const replace = (text: string) => {
      renameSync(scratch.put('ws/.pixi.lock.tmp', text), lock);
    };
    await tells(() => writeFileSync(lock, '2'));
    await tells(() => replace('3'));
    await tells(() => replace('4'));
    await tells(() => writeFileSync(lock, '5'));
    await tells(() => rmSync(lock));
    await tells(() => writeFileSync(lock, '6'));
    await tells(() => writeFileSync(lock, '7'));
  });

  it('says nothing of other files beside it', async () => {
    const lock = scratch.put('ws/pixi.lock', '1');
    const { tells, told } = await watching(lock);
    scratch.put('ws/other.txt', 'x');
    scratch.put('ws/src/main.py', 'x');
    await sleep(300);
    expect(told()).toBe(0);
    await tells(() => writeFileSync(lock, '2'));
  });

  it('sees records come and go in a prefix, and the prefix itself go and come back', async () => {
    const record = scratch.put('envs/a/conda-meta/x-1-0.json', '{}');
    const prefix = join(scratch.folder, 'envs/a');
    const { tells } = await watching(prefix);
    await tells(() => scratch.put('envs/a/conda-meta/y-1-0.json', '{}'));
    await tells(() => rmSync(record));
    await tells(() => rmSync(prefix, { recursive: true }));
    await tells(() => mkdirSync(join(prefix, 'conda-meta'), { recursive: true }));
    await tells(() => scratch.put('envs/a/conda-meta/z-1-0.json', '{}'));
  });

  it('sees a lock come back with the folder that it went with', async () => {
    const lock = scratch.put('ws/pixi.lock', '1');
    const { tells } = await watching(lock);
    await tells(() => rmSync(join(scratch.folder, 'ws'), { recursive: true }));
    await tells(() => scratch.put('ws/pixi.lock', '2'));
    await tells(() => writeFileSync(lock, '3'));
    scratch.put('other/pixi.lock', '4');
    await tells(() => renameSync(join(scratch.folder, 'ws'), join(scratch.folder, 'away')));
    await tells(() => renameSync(join(scratch.folder, 'other'), join(scratch.folder, 'ws')));
    await tells(() => writeFileSync(lock, '5'));
  });

  it('sees the lock of a workspace, and its installed environments behind the link to detached ones', async () => {
    scratch.put('ws/pixi.lock', '1');
    scratch.put('detached/default/conda-meta/x-1-0.json', '{}');
    mkdirSync(join(scratch.folder, 'ws/.pixi'));
    symlinkSync(join(scratch.folder, 'detached'), join(scratch.folder, 'ws/.pixi/envs'));
    const { tells } = await watching(join(scratch.folder, 'ws'));
    await tells(() => scratch.put('ws/pixi.lock', '2'));
    await tells(() => scratch.put('detached/default/conda-meta/y-1-0.json', '{}'));
    await tells(() => mkdirSync(join(scratch.folder, 'detached/two/conda-meta'), { recursive: true }));
    await tells(() => scratch.put('detached/two/conda-meta/y-1-0.json', '{}'));
  });

  it('tells nothing after it was closed', async () => {
    const lock = scratch.put('pixi.lock', '1');
    const { watch, told } = await watching(lock);
    writeFileSync(lock, '2');
    await watch.close();
    await sleep(200);
    expect(told()).toBe(0);
  });

  it('refuses a path that does not exist', async () => {
    await expect(watchEnvironment(join(scratch.folder, 'none'), () => undefined)).rejects.toMatchObject({
      code: 'not-found',
    });
  });
});
