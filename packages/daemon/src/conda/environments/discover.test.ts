import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { discover } from './discover.ts';
import { useScratch } from './testing/scratch.ts';

const LOCK =
  'version: 6\nenvironments:\n  default:\n    channels: []\n    packages:\n      linux-64: []\n      win-64: []\n  test:\n    packages:\n      linux-64: []\npackages:\n- !broken\n';

describe('discover', () => {
  const scratch = useScratch();
  const at = (path: string) => join(scratch.folder, path);

  function inFolders(...folders: string[]) {
    return discover({ folders, machine: false, env: {}, homedir: at('home'), platform: 'linux' });
  }

  function onMachine(env: Record<string, string> = {}) {
    const { environments, warnings } = discover({
      folders: [],
      machine: true,
      env,
      homedir: at('home'),
      platform: 'linux',
    });
    // What the machine that runs this test really has.
    const own = environments.filter(({ path }) => path.startsWith(scratch.folder));
    return {
      warnings,
      found: own.map(({ path, names, note }) => [path.slice(scratch.folder.length + 1), names[0], note]),
    };
  }

  it('finds prefixes, workspaces, locks, explicit files and manifests, and what they name', () => {
    scratch.put('a/pixi.lock', LOCK);
    scratch.put('a/pixi.toml', '[workspace]\nchannels = []\nplatforms = []\n');
    scratch.put('a/.pixi/envs/test/conda-meta/history', '');
    scratch.put('b/conda-lock.yml', 'version: 1\nmetadata:\n  platforms: [osx-64]\npackage:\n- !broken\n');
    scratch.put('b/explicit.txt', '# platform: win-64\n@EXPLICIT\n');
    scratch.put('b/notes.txt', 'nothing\n');
    scratch.put('c/environment.yml', 'name: sci\ndependencies: []\n');
    scratch.put('c/pyproject.toml', '[project]\nname = "x"\n');
    scratch.put('d/pixi.toml', '[workspace]\nchannels = []\nplatforms = ["linux-64"]\n');
    scratch.put('e/conda-meta/x-1-0.json', 'not even read');
    const note = 'needs a lock or an installed prefix';
    const { environments, warnings } = inFolders(scratch.folder);
    expect(warnings).toEqual([]);
    const expected = [
      {
        path: at('a'),
        kind: 'pixi-workspace',
        names: ['default', 'test'],
        platforms: ['linux-64', 'win-64'],
        note: null,
      },
      {
        path: at('a/.pixi/envs/test'),
        kind: 'prefix',
        names: ['test'],
        platforms: [],
        note: `installed by pixi for ${at('a')}`,
      },
      { path: at('b/conda-lock.yml'), kind: 'conda-lock', names: ['default'], platforms: ['osx-64'], note: null },
      { path: at('b/explicit.txt'), kind: 'explicit', names: ['default'], platforms: ['win-64'], note: null },
      { path: at('c/environment.yml'), kind: 'specs', names: ['sci'], platforms: [], note },
      { path: at('d/pixi.toml'), kind: 'specs', names: ['default'], platforms: ['linux-64'], note },
      { path: at('e'), kind: 'prefix', names: ['e'], platforms: [], note: null },
    ];
    expect(environments).toHaveLength(expected.length);
    expect(environments).toEqual(expect.arrayContaining(expected));
  });

  it('goes neither deep, nor into other tools folders, nor along links', () => {
    scratch.put('a/b/c/pixi.lock', LOCK);
    scratch.put('a/b/c/d/pixi.lock', LOCK);
    scratch.put('a/node_modules/x/pixi.lock', LOCK);
    scratch.put('a/.cache/x/pixi.lock', LOCK);
    symlinkSync(scratch.folder, at('a/loop'));
    expect(inFolders(scratch.folder).environments.map(({ path }) => path)).toEqual([at('a/b/c')]);
  });

  it('lists one environment once, though several folders hold it', () => {
    scratch.put('a/pixi.lock', LOCK);
    expect(inFolders(scratch.folder, at('a')).environments).toHaveLength(1);
  });

  it('goes on with a warning where something can not be read', () => {
    scratch.put('a/pixi.lock', 'version: 99\n');
    scratch.put('b/pixi.lock', LOCK);
    const { environments, warnings } = inFolders(scratch.folder, at('none'), 'relative');
    expect(environments.map(({ path }) => path)).toEqual([at('b')]);
    expect(warnings).toHaveLength(3);
    expect(warnings[0]).toMatch(/a\/pixi.lock has version 99, which is newer/);
    expect(warnings[1]).toMatch(/none does not exist/);
    expect(warnings[2]).toMatch(/relative is no absolute path/);
  });

  it("finds conda's and mamba's roots, what conda has noted, and pixi's global tools", () => {
    for (const prefix of [
      'home/miniforge3',
      'home/miniforge3/envs/sci',
      'opt/mamba/envs/m',
      'far/noted',
      'home/.pixi/envs/ruff',
      'conda',
      'home/.conda/envs/mine',
    ]) {
      scratch.put(`${prefix}/conda-meta/history`, '');
    }
    scratch.put(
      'home/.conda/environments.txt',
      `${at('far/noted')}\n${at('far/gone')}\n${at('home/miniforge3/envs/sci')}\n`,
    );
    symlinkSync(at('far/noted'), at('home/miniforge3/envs/linked'));
    const { found, warnings } = onMachine({
      CONDA_EXE: at('conda/bin/conda'),
      MAMBA_ROOT_PREFIX: at('opt/mamba'),
      CONDA_PREFIX: at('home/miniforge3/envs/sci'),
    });
    expect(found).toEqual([
      ['home/miniforge3/envs/sci', 'sci', 'active (CONDA_PREFIX)'],
      ['conda', 'base', 'base environment'],
      ['opt/mamba/envs/m', 'm', `in ${at('opt/mamba')}`],
      ['home/miniforge3', 'base', 'base environment'],
      ['home/.conda/envs/mine', 'mine', `in ${at('home/.conda/envs')}`],
      ['home/.pixi/envs/ruff', 'ruff', 'pixi global'],
      ['far/noted', 'noted', `listed in ${at('home/.conda/environments.txt')}`],
    ]);
    expect(warnings).toEqual([
      `${at('home/.conda/environments.txt')} lists 3 prefixes, of which 1 is no longer there.`,
    ]);
  });

  it('is content with a home that has none of it', () => {
    mkdirSync(at('home'));
    expect(onMachine()).toEqual({ warnings: [], found: [] });
  });
});
