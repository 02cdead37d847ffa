import type * as NodeFs from 'node:fs';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Death, liveUntil } from './mortal-files.ts';

vi.mock('node:fs', async (original) => (await import('./mortal-files.ts')).mortalFs(await original<typeof NodeFs>()));
vi.mock('node:fs/promises', async () =>
  (await import('./mortal-files.ts')).mortalPromises(await vi.importActual<typeof NodeFs>('node:fs')),
);

describe('a life that ends at a change of a file', () => {
  let directory: string;
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'condock-mortal-'))));
  afterEach(() => rmSync(directory, { recursive: true }));
  const at = (...names: string[]) => join(directory, ...names);
  const files = (): string[] =>
    readdirSync(directory, { recursive: true, withFileTypes: true }).map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return entry.isFile() ? `${entry.name}=${readFileSync(path, 'utf8')}` : entry.name;
    });

  /** What is there after each death in turn, until there is none. */
  async function states(work: () => Promise<void>, torn = false): Promise<string[][]> {
    const found: string[][] = [];
    for (let before = 1; ; before += 1) {
      const { died } = await liveUntil({ before, torn } satisfies Death, work);
      found.push(files().sort());
      for (const name of readdirSync(directory)) rmSync(at(name), { recursive: true });
      if (!died) return found;
    }
  }

  it('leaves what a kernel would have done by then, call by call', async () => {
    const work = async (): Promise<void> => {
      mkdirSync(at('a'));
      writeFileSync(at('a', 'b'), 'four');
      renameSync(at('a', 'b'), at('a', 'c'));
      rmSync(at('a'), { recursive: true });
      return Promise.resolve();
    };
    expect(await states(work)).toEqual([[], ['a'], ['a', 'b='], ['a', 'b=four'], ['a', 'c=four'], ['a'], []]);
    expect(await states(work, true)).toEqual([['a', 'b=fo'], []]);
  });

  it('does so with promises, too', async () => {
    const work = async (): Promise<void> => {
      await mkdir(at('a', 'b'), { recursive: true });
      const file = await open(at('c'), 'wx');
      await file.write(Buffer.from('four'), 0, 4, 0);
      await file.close();
      await rename(at('c'), at('d'));
    };
    expect(await states(work)).toEqual([
      [],
      ['a'],
      ['a', 'b'],
      ['a', 'b', 'c='],
      ['a', 'b', 'c=four'],
      ['a', 'b', 'd=four'],
    ]);
  });

  it('ends for its timers and for what it does about its own failure, too, and for nobody else', async () => {
    let refused: unknown;
    const { died, at: where } = await liveUntil({ before: 1 }, async () => {
      setTimeout(() => {
        try {
          writeFileSync(at('timer'), '');
        } catch (error) {
          refused = error;
        }
      }, 1);
      try {
        writeFileSync(at('file'), '');
      } finally {
        writeFileSync(at('mended'), '');
      }
      return Promise.resolve();
    });
    writeFileSync(at('other'), '');
    await sleep(20);
    expect(died).toBe(true);
    expect(refused).toBeInstanceOf(Error);
    expect(where).toBe(`open ${at('file')}`);
    expect(files()).toEqual(['other=']);
  });

  it('can not do unnoticed what would have an effect', async () => {
    const work = async (): Promise<void> => {
      symlinkSync('a', at('b'));
      return Promise.resolve();
    };
    await expect(liveUntil({ before: 9 }, work)).rejects.toThrow('symlinkSync');
    expect(files()).toEqual([]);
  });
});
