import { setTimeout as delay } from 'node:timers/promises';
import pLimit from 'p-limit';
import { describe, expect, it } from 'vitest';
import { inTurnByBuild } from './in-turn-by-build.ts';

describe('inTurnByBuild', () => {
  it('lets the .conda of a build go first and the others wait for it, and answers in the order of the files', async () => {
    const log: string[] = [];
    const files = ['x/p-1-0.tar.bz2', 'q-1-0.conda', 'p-1-0.conda', 'y/p-1-0.tar.bz2', 'no package'];
    const results = await inTurnByBuild(files, async (file, before) => {
      await before;
      log.push(`begin ${file}`);
      await delay(5);
      log.push(`end ${file}`);
      return file;
    });
    expect(results).toEqual(files);
    const ofP = log.filter((line) => line.includes('p-1-0'));
    expect(ofP).toEqual(
      ['p-1-0.conda', 'x/p-1-0.tar.bz2', 'y/p-1-0.tar.bz2'].flatMap((file) => [`begin ${file}`, `end ${file}`]),
    );
    expect(log.indexOf('begin q-1-0.conda')).toBeLessThan(log.indexOf('end p-1-0.conda'));
  });

  it('goes on after one that failed, and comes to an end however few go at once', async () => {
    const limit = pLimit(1);
    const files = ['p-1-0.tar.bz2', 'p-1-0.conda', 'a/p-1-0.conda'];
    const results = await inTurnByBuild(files, (file, before) =>
      limit(async () => {
        await before;
        if (file === 'p-1-0.conda') return Promise.reject(new Error('refused')).catch(() => 'refused');
        return 'done';
      }),
    );
    expect(results).toEqual(['done', 'refused', 'done']);
    await expect(inTurnByBuild(['p-1-0.conda'], () => Promise.reject(new Error('cut')))).rejects.toThrow('cut');
  });
});
