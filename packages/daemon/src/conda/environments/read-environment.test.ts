import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readEnvironment } from './read-environment.ts';
import { fixtures } from './testing/fixtures.ts';
import { refusalOf, useScratch } from './testing/scratch.ts';

const locks = fixtures('locks');
const explicit = fixtures('explicit');
const A = 'https://h.example/ch/linux-64/a-1-0.conda';
const LOCK = `version: 7
platforms:
- name: linux-64
- name: cuda
  subdir: linux-64
- name: win-64
environments:
  default:
    channels: []
    packages:
      cuda:
      - conda: ${A}
      win-64: []
  test:
    channels: []
    packages:
      win-64: []
packages:
- conda: ${A}
`;

describe('readEnvironment', () => {
  const scratch = useScratch();

  it('narrows a lock to an environment and a platform, by name or by the subdir behind it', () => {
    const path = scratch.put('pixi.lock', LOCK);
    const listed = (options: object) =>
      readEnvironment(path, options).environments.map(({ name, platform }) => `${name}/${platform}`);
    expect(listed({})).toEqual(['default/cuda', 'default/win-64', 'test/win-64']);
    expect(listed({ environment: 'test' })).toEqual(['test/win-64']);
    expect(listed({ platform: 'win-64' })).toEqual(['default/win-64', 'test/win-64']);
    expect(listed({ platform: 'linux-64' })).toEqual(['default/cuda']);
  });

  it('names the environments and platforms that exist where one is unknown', () => {
    const path = scratch.put('pixi.lock', LOCK);
    const noEnvironment = refusalOf(() => readEnvironment(path, { environment: 'dev' }));
    expect(noEnvironment.code).toBe('not-found');
    expect(noEnvironment.message).toContain('"dev"');
    expect(noEnvironment.hint).toBe('Its environments: default, test.');
    const noPlatform = refusalOf(() => readEnvironment(path, { environment: 'test', platform: 'osx-64' }));
    expect(noPlatform.code).toBe('not-found');
    expect(noPlatform.hint).toBe('Its platforms: win-64.');
  });

  it.each([
    ['a path that does not exist', 'none/pixi.lock', undefined, 'not-found', /does not exist/],
    ['an empty file', 'pixi.lock', ' \n', 'invalid-environment', /is empty/],
    ['something else', 'notes.md', 'Dear diary', 'unsupported-format', /nothing in which Condock finds/],
    ['a lock from the future', 'pixi.lock', 'version: 8\nnew: []\n', 'unsupported-format', /newer than this Condock/],
    ['a lock from the past', 'pixi.lock', 'version: 3\npackage: []\n', 'unsupported-format', /version 3/],
    ['a broken lock', 'pixi.lock', 'version: 6\nenvironments: {\n', 'invalid-environment', /no valid YAML, line/],
    [
      'a conda-lock file of version 2',
      'conda-lock.yml',
      'version: 2\npackage: []\n',
      'unsupported-format',
      /version 2/,
    ],
    ['a conda-lock file without rows', 'conda-lock.yml', 'version: 1\n', 'invalid-environment', /no list "package"/],
    ['a pyproject without pixi', 'pyproject.toml', '[project]\nname = "x"\n', 'unsupported-format', /nothing/],
    ['a broken manifest', 'pixi.toml', '[workspace\n', 'invalid-environment', /no valid TOML, line 1/],
  ])('refuses %s with an error of its own', (_what, name, content, code, message) => {
    const path = content === undefined ? join(scratch.folder, name) : scratch.put(name, content);
    const refused = refusalOf(() => readEnvironment(path));
    expect(refused.code).toBe(code);
    expect(refused.message).toMatch(message);
    expect(refused.message).toContain(path);
    expect(refused.hint).toBeTruthy();
  });

  it.skipIf(process.platform === 'win32')('waits for no pipe, wherever a file should be', () => {
    const pipe = (path: string): string => {
      mkdirSync(dirname(join(scratch.folder, path)), { recursive: true });
      execFileSync('mkfifo', [join(scratch.folder, path)]);
      return join(scratch.folder, path);
    };
    for (const path of [pipe('ws/pixi.lock'), pipe('explicit.txt'), '/dev/null']) {
      const refused = refusalOf(() => readEnvironment(path));
      expect(refused.code).toBe('invalid-environment');
      expect(refused.message).toBe(`${path} is no regular file.`);
    }
    pipe('env/conda-meta/a-1-0.json');
    pipe('env/conda-meta/pixi');
    const { environments, warnings } = readEnvironment(join(scratch.folder, 'env'));
    expect(environments).toMatchObject([{ name: 'env', packages: [] }]);
    expect(warnings).toEqual([expect.stringMatching(/so a-1-0 is not listed: it is no regular file\.$/)]);
  });

  it('warns of no more than a person reads, and says how many more there are', () => {
    const path = scratch.put('explicit.txt', `@EXPLICIT\n${'not a url\n'.repeat(5000)}`);
    const { warnings } = readEnvironment(path);
    expect(warnings).toHaveLength(101);
    expect(warnings.at(-1)).toBe(`${path}: 4900 more warnings of this kind.`);
  });

  it('names the files to choose from in a folder that is no environment itself', () => {
    scratch.put('conda-lock.yml', 'x');
    scratch.put('environment.yml', 'x');
    const refused = refusalOf(() => readEnvironment(scratch.folder));
    expect(refused.code).toBe('unsupported-format');
    expect(refused.hint).toBe('Name a file in it: conda-lock.yml, environment.yml.');
  });

  it.each([
    [
      'pixi.toml',
      '[workspace]\nname = "w"\nchannels = ["conda-forge", {channel = "https://me:pw@x.example/ch", priority = 1}]\nplatforms = ["linux-64", "win-64"]\n[environments]\ntest = ["test"]\n',
      'environments: default, test; channels: conda-forge, https://x.example/ch; platforms: linux-64, win-64',
    ],
    [
      'pyproject.toml',
      '[tool.pixi.workspace]\nchannels = ["conda-forge"]\nplatforms = ["osx-64"]\n',
      'environments: default; channels: conda-forge; platforms: osx-64',
    ],
    [
      'environment.yml',
      'name: sci\nchannels: [bioconda, conda-forge]\ndependencies: [python=3.10]\n',
      'environments: sci; channels: bioconda, conda-forge',
    ],
  ])('says of %s that it needs a lock, and what it names', (name, content, names) => {
    const path = scratch.put(name, content);
    expect(readEnvironment(path, { environment: 'default' })).toEqual({
      path,
      kind: 'specs',
      environments: [],
      warnings: [
        `${path} needs a lock or an installed prefix: it says which packages are wanted, not which builds. It names ${names}.`,
      ],
    });
  });

  it('takes the folder of a manifest without lock for the manifest', () => {
    const path = scratch.put('pixi.toml', '[project]\nname = "w"\nchannels = []\nplatforms = []\n');
    expect(readEnvironment(scratch.folder)).toMatchObject({ path, kind: 'specs' });
  });
});

describe('readEnvironment on a pixi workspace', () => {
  const scratch = useScratch();
  const record = {
    name: 'b',
    version: '2',
    build: '0',
    subdir: 'linux-64',
    url: 'https://h.example/ch/linux-64/b-2-0.conda',
  };

  it('lists what the lock says, and installed environments that the lock does not have', () => {
    scratch.put('pixi.lock', LOCK);
    scratch.put('.pixi/envs/default/conda-meta/b-2-0.json', record);
    scratch.put('.pixi/envs/extra/conda-meta/b-2-0.json', record);
    const file = readEnvironment(scratch.folder);
    expect(file.kind).toBe('pixi-workspace');
    expect(file.environments.map(({ name, platform, packages }) => [name, platform, packages.length])).toEqual([
      ['default', 'cuda', 1],
      ['default', 'win-64', 0],
      ['test', 'win-64', 0],
      ['extra', 'linux-64', 1],
    ]);
    expect(file.warnings).toEqual([expect.stringContaining('has no environment "extra"')]);
  });

  it('follows the link to detached environments, and says where it leads nowhere', () => {
    scratch.put('elsewhere/envs/default/conda-meta/b-2-0.json', record);
    mkdirSync(join(scratch.folder, 'ws/.pixi'), { recursive: true });
    symlinkSync(join(scratch.folder, 'elsewhere/envs'), join(scratch.folder, 'ws/.pixi/envs'));
    const file = readEnvironment(join(scratch.folder, 'ws'));
    expect(file.environments).toMatchObject([{ name: 'default', platform: 'linux-64', packages: [{ name: 'b' }] }]);
    expect(file.warnings).toEqual([expect.stringContaining('has no pixi.lock')]);

    scratch.put('lost/pixi.lock', LOCK);
    mkdirSync(join(scratch.folder, 'lost/.pixi'));
    symlinkSync(join(scratch.folder, 'nowhere'), join(scratch.folder, 'lost/.pixi/envs'));
    const lost = readEnvironment(join(scratch.folder, 'lost'));
    expect(lost.environments).toHaveLength(3);
    expect(lost.warnings).toEqual([expect.stringContaining("lost/.pixi/envs can't be listed")]);
  });

  it('shows what is installed where the lock can not be read, and says why', () => {
    scratch.put('pixi.lock', 'version: 99\n');
    scratch.put('.pixi/envs/default/conda-meta/b-2-0.json', record);
    const file = readEnvironment(scratch.folder);
    expect(file.environments).toMatchObject([{ name: 'default', packages: [{ name: 'b' }] }]);
    expect(file.warnings[0]).toMatch(/version 99, which is newer/);
  });
});

describe.skipIf(locks.missing || explicit.missing)('readEnvironment on real files', () => {
  const scratch = useScratch();

  it('lists a conda-lock.yml by platform', () => {
    const { kind, environments, warnings } = readEnvironment(join(locks.folder, 'conda-lock-v1-python.conda-lock.yml'));
    expect(kind).toBe('conda-lock');
    expect(warnings).toEqual([]);
    expect(environments.map(({ platform }) => platform)).toEqual([
      'linux-64',
      'linux-aarch64',
      'linux-ppc64le',
      'osx-64',
      'osx-arm64',
      'win-64',
    ]);
    expect(environments.flatMap(({ packages }) => packages)).toHaveLength(111);
    expect(environments[0]?.packages[0]).toEqual({
      name: '_libgcc_mutex',
      version: '0.1',
      build: 'conda_forge',
      subdir: 'linux-64',
      kind: 'conda',
      fileName: '_libgcc_mutex-0.1-conda_forge.tar.bz2',
      channel: 'https://conda.anaconda.org/conda-forge',
      url: 'https://conda.anaconda.org/conda-forge/linux-64/_libgcc_mutex-0.1-conda_forge.tar.bz2',
      sha256: 'fe51de6107f9edc7aa4f786a70f4a883943bc9d39b3bb7307c04c41410990726',
      md5: 'd7c89558ba9fa0495403155b64376d81',
      size: null,
      license: null,
    });
  });

  it.each(explicit.names)('lists every URL of %s with its MD5', (name) => {
    const path = join(explicit.folder, name);
    const { kind, environments, warnings } = readEnvironment(path);
    const urls = readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('https:'));
    expect([kind, warnings]).toEqual(['explicit', []]);
    expect(environments[0]?.platform).toBe(/_([^_]*)\.txt/.exec(name)?.[1]);
    expect(environments[0]?.packages.map((p) => `${p.url}#${p.md5}`)).toEqual(urls);
    expect(environments[0]?.packages.every((p) => p.error === undefined && p.sha256 === null)).toBe(true);
  });

  it('knows files by what stands in them where their name says nothing', () => {
    const copy = (from: string, to: string) => {
      cpSync(from, join(scratch.folder, to));
      return readEnvironment(join(scratch.folder, to)).kind;
    };
    expect(copy(join(locks.folder, 'v7-derived-channel-lock.pixi.lock'), 'a.lock')).toBe('pixi-lock');
    expect(copy(join(locks.folder, 'conda-lock-v1-python.conda-lock.yml'), 'b.yml')).toBe('conda-lock');
    expect(copy(join(explicit.folder, explicit.names[0]!), 'c.lock')).toBe('explicit');
  });
});
