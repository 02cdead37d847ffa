import { mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findBuilds } from './find-builds.ts';

const parts = { readdir: (path: string) => readdir(path, { withFileTypes: true }), stat };

describe('finding builds', () => {
  let home: string;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'condock-builds-'));
  });
  afterEach(() => rm(home, { recursive: true }));
  const put = async (path: string, age = 0): Promise<void> => {
    await mkdir(dirname(join(home, path)), { recursive: true });
    await writeFile(join(home, path), 'x');
    const at = Date.UTC(2026, 0, 10 - age) / 1000;
    await utimes(join(home, path), at, at);
  };

  it('finds what each tool leaves, the newest first', async () => {
    await put('output/linux-64/mine-1.0-h1_0.conda', 2);
    await put('rattler/output/noarch/other-1.0-0.conda', 1);
    await put('conda-bld/noarch/old-1.0-py_0.tar.bz2', 3);
    await put('project-0.1.0-hbf21a9e_0.conda', 0);
    const builds = await findBuilds([home], parts);
    expect(builds.map(({ fileName, tool }) => [fileName, tool])).toEqual([
      ['project-0.1.0-hbf21a9e_0.conda', 'pixi build'],
      ['other-1.0-0.conda', 'rattler-build'],
      ['mine-1.0-h1_0.conda', 'rattler-build'],
      ['old-1.0-py_0.tar.bz2', 'conda-build'],
    ]);
  });

  it('leaves what is no package of this project', async () => {
    await put('.pixi/envs/default/noarch/a-1-0.conda');
    await put('output/bld/work/linux-64/b-1-0.conda');
    await put('output/src_cache/c-1-0.tar.bz2');
    await put('output/linux-64/notes.txt');
    await put('deep/data/sets/release-1-0.tar.bz2');
    expect(await findBuilds([home, join(home, 'absent')], parts)).toEqual([]);
  });
});
