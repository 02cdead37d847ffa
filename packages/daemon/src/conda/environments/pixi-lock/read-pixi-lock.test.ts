import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixtures } from '../testing/fixtures.ts';
import { refusalOf } from '../testing/scratch.ts';
import type { EnvironmentEntry } from '../types.ts';
import { outlinePixiLock, readPixiLock } from './read-pixi-lock.ts';

const locks = fixtures('locks');

function read(name: string, environment: string, platform: string): EnvironmentEntry[] {
  const { environments } = readPixiLock(readFileSync(join(locks.folder, name), 'utf8'), name);
  const found = environments.find((e) => e.name === environment && e.platform === platform);
  if (found === undefined) throw new Error(`no ${environment} for ${platform}`);
  return found.packages;
}

describe.skipIf(locks.missing)('readPixiLock on real locks', () => {
  it('derives what version 6 leaves out from the location', () => {
    const packages = read('v6-derived-channel-lock.pixi.lock', 'default', 'win-64');
    expect(packages[0]).toEqual({
      name: 'python',
      version: '3.12.0',
      build: 'h2628c8c_0_cpython',
      subdir: 'win-64',
      kind: 'conda',
      fileName: 'python-3.12.0-h2628c8c_0_cpython.conda',
      channel: 'https://conda.anaconda.org/conda-forge',
      url: 'https://conda.anaconda.org/conda-forge/win-64/python-3.12.0-h2628c8c_0_cpython.conda',
      sha256: '90553586879bf328f2f9efb8d8faa958ecba822faf379f0a20c3461467b9b955',
      md5: 'defd5d375853a2caff36a19d2d81a28e',
      size: 16_140_836,
      license: 'Python-2.0',
    });
    expect(packages[1]).toMatchObject({ name: 'child-package', version: '0.1.0', kind: 'source' });
    expect(packages[1]?.error?.code).toBe('unsupported-source');
  });

  it('tells records of one location apart by the selectors beside it', () => {
    const name = 'v6-conda-path-lock.pixi.lock';
    const described = (list: EnvironmentEntry[]) => list.map((p) => `${p.name} ${p.build} ${p.subdir}`);
    expect(described(read(name, 'default', 'linux-64'))).toEqual(['minimal-project first linux-64']);
    expect(described(read(name, 'default', 'win-64'))).toEqual([
      'minimal-project first win-64',
      'a-python-project py38 noarch',
      'b-python-project h398123 noarch',
    ]);
    expect(described(read(name, 'second', 'win-64'))).toEqual(['minimal-project second win-64']);
  });

  it('knows the named platforms and source entries of version 7', () => {
    const packages = read('v7-conda-path-lock.pixi.lock', 'default', 'linux-64-foobar');
    expect(packages).toMatchObject([
      {
        name: 'minimal-project',
        version: '0.1',
        build: 'first',
        subdir: 'linux-64',
        kind: 'source',
        url: '../minimal-project',
      },
    ]);
  });

  it('shows a partial source entry, and its packages that have no hash of their own', () => {
    const packages = read('pixi-build-cpp.pixi.lock', 'default', 'linux-64');
    expect(packages.filter((p) => p.kind === 'source')).toMatchObject([{ name: 'cpp_math', version: '', build: '' }]);
    expect(packages.filter((p) => p.kind === 'conda').every((p) => p.sha256 !== null && p.error === undefined)).toBe(
      true,
    );
  });

  it('keeps pypi entries in sight, with the reason why no registry has them', () => {
    const packages = read('v7-pypi_custom_index.pixi.lock', 'default', 'linux-64');
    expect(packages.map((p) => [p.kind, p.name, p.version, p.error?.code])).toEqual([
      ['pypi', 'local-pkg', '', 'unsupported-source'],
      ['pypi', 'numpy', '1.26.0', 'unsupported-source'],
      ['pypi', 'requests', '2.31.0', 'unsupported-source'],
    ]);
  });

  it('lists one package where version 5 has its record twice', () => {
    expect(read('v5-similar-with-and-without-purl.pixi.lock', 'default', 'win-64')).toHaveLength(1);
  });

  it('shows environments without packages as empty', () => {
    const text = readFileSync(join(locks.folder, 'v6-options-lock.pixi.lock'), 'utf8');
    const { environments } = readPixiLock(text, 'x');
    expect(environments).toHaveLength(6);
    expect(environments[0]).toEqual({ name: 'without-options', platform: null, packages: [] });
  });

  it('finds the records and digests of every conda package of every real lock', () => {
    for (const name of locks.names.filter((n) => n.endsWith('.lock'))) {
      const text = readFileSync(join(locks.folder, name), 'utf8');
      for (const { packages } of readPixiLock(text, name).environments) {
        for (const entry of packages.filter(({ kind }) => kind === 'conda')) {
          expect(entry.error, `${name}: ${entry.name}`).toBeUndefined();
          expect(entry.sha256).toMatch(/^[0-9a-f]{64}$/);
          expect(entry.fileName).toBe(
            `${entry.name}-${entry.version}-${entry.build}.${entry.fileName?.endsWith('.conda') === true ? 'conda' : 'tar.bz2'}`,
          );
          expect(entry.url).toBe(`${entry.channel}/${entry.subdir}/${entry.fileName}`);
        }
      }
    }
  });

  it('outlines a lock as the whole reading does', () => {
    const text = readFileSync(join(locks.folder, 'jupyterlab.pixi.lock'), 'utf8');
    expect(outlinePixiLock(text, 'x')).toEqual({
      names: ['default'],
      platforms: ['linux-64', 'osx-64', 'osx-arm64', 'win-64'],
    });
  });
});

const SHA = 'ab'.repeat(32);

function one(location: string, fields: string): EnvironmentEntry {
  const text = `version: 7\nenvironments:\n  default:\n    packages:\n      linux-64:\n      - conda: ${location}\npackages:\n- conda: ${location}\n${fields}`;
  const entry = readPixiLock(text, '/ws/pixi.lock').environments[0]?.packages[0];
  if (entry === undefined) throw new Error('no package');
  return entry;
}

describe('readPixiLock', () => {
  it('takes tokens, user names and queries out of what it shows', () => {
    const entry = one('https://me:pw@h.example/t/tk-1/ch/linux-64/a-1-0.conda?sig=x', `  sha256: ${SHA}\n`);
    expect(entry.url).toBe('https://h.example/ch/linux-64/a-1-0.conda');
    expect(entry.channel).toBe('https://h.example/ch');
    expect(JSON.stringify(entry)).not.toMatch(/tk-1|pw@|sig=/);
  });

  it('keeps a label in the channel', () => {
    expect(one('https://h.example/ch/label/dev/noarch/a-1-0.conda', '').channel).toBe('https://h.example/ch/label/dev');
  });

  it('reads subdir and channel as written for oci:// locations', () => {
    const entry = one('oci://r.example/ch/noarch/a-1-0.conda', '  subdir: noarch\n  channel: oci://r.example/ch/\n');
    expect(entry).toMatchObject({ subdir: 'noarch', channel: 'oci://r.example/ch' });
    expect(entry.error).toBeUndefined();
  });

  it('takes "channel: null" for no channel', () => {
    expect(one('https://h.example/ch/noarch/a-1-0.conda', '  channel: null\n').channel).toBeNull();
  });

  it('leaves digests and sizes open that are not there, and brings them to lower case', () => {
    expect(one('https://h.example/ch/noarch/a-1-0.conda', '')).toMatchObject({ sha256: null, md5: null, size: null });
    expect(one('https://h.example/ch/noarch/a-1-0.conda', `  sha256: ${SHA.toUpperCase()}\n`).sha256).toBe(SHA);
  });

  it.each([
    ['./channel/noarch/a-1-0.conda', '', 'unsupported-source'],
    ['file:///srv/ch/noarch/a-1-0.conda', '', 'unsupported-source'],
    ['https://h.example/ch/noarch/a.conda', '', 'illegal-name'],
    ['https://h.example/ch/noarch/..%2fa-1-0.conda', '', 'illegal-name'],
    ['https://h.example/../noarch/a-1-0.conda', '', 'illegal-name'],
    ['https://h.example/ch/noarch/a-1-0.conda', '  sha256: 12ab\n', 'unknown-digest'],
    ['git://h.example/ch/noarch/a-1-0.conda', '', 'unsupported-source'],
  ])('shows %s with the reason why it can not be resolved', (location, fields, code) => {
    const entry = one(location, fields);
    expect(entry.error?.code).toBe(code);
    expect(entry.name).not.toBe('');
  });

  it('resolves a relative path by its channel where one is written', () => {
    const entry = one('./cache/a-1-0.conda', '  subdir: noarch\n  channel: https://h.example/ch\n');
    expect(entry).toMatchObject({ channel: 'https://h.example/ch', subdir: 'noarch', url: null });
    expect(entry.error).toBeUndefined();
  });

  it('prefers the record for the platform where a reference fits several', () => {
    const record = (subdir: string) =>
      `- conda: ../src\n  name: a\n  version: "1"\n  build: "0"\n  subdir: ${subdir}\n`;
    const text = `version: 6\nenvironments:\n  default:\n    packages:\n      win-64:\n      - conda: ../src\n      osx-64:\n      - conda: ../src\npackages:\n${record('linux-64')}${record('win-64')}`;
    const subdirs = readPixiLock(text, 'x').environments.map((e) => e.packages[0]?.subdir);
    expect(subdirs).toEqual(['win-64', 'linux-64']);
  });

  it('shows a reference without record, and says that the lock is at fault', () => {
    const text =
      'version: 6\nenvironments:\n  default:\n    packages:\n      linux-64:\n      - conda: https://h.example/ch/noarch/a-1-0.conda\npackages: []\n';
    const entry = readPixiLock(text, '/ws/pixi.lock').environments[0]?.packages[0];
    expect(entry).toMatchObject({ name: 'a', version: '1', kind: 'conda' });
    expect(entry?.error?.code).toBe('invalid-environment');
    expect(entry?.error?.message).toContain('/ws/pixi.lock');
  });

  it.each([
    ['1000', 'unsupported-format', /newer/],
    ['8', 'unsupported-format', /newer/],
    ['1', 'unsupported-format', /versions 4 to 7/],
    ['2', 'unsupported-format', /versions 4 to 7/],
    ['3', 'unsupported-format', /versions 4 to 7/],
    ['new', 'invalid-environment', /no version/],
  ])('refuses version %s by name', (version, code, message) => {
    const metadata = 'metadata:\n  platforms: [linux-64]\npackage:\n- name: a\n  dependencies: {b: "1"}\n';
    const refused = refusalOf(() => readPixiLock(`version: ${version}\n${metadata}`, '/ws/pixi.lock'));
    expect(refused.code).toBe(code);
    expect(refused.message).toMatch(message);
    expect(refused.message).toContain('/ws/pixi.lock');
    expect(refused.hint).toBeTruthy();
  });
});
