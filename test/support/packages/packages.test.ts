import { createHash } from 'node:crypto';
import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { load } from 'js-yaml';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildPackage, buildPackages, buildPixiLock, buildPrefix, buildRepodata, type PackageSpec } from './index.ts';
import { readPackage } from './read-package.ts';

const TOOL: PackageSpec = {
  name: '_tool',
  version: '1!2.0+local',
  build: 'h1234567_3',
  subdir: 'linux-64',
  depends: ['libtool >=1.2,<2.0a0', '__glibc >=2.17'],
  license: 'BSD-3-Clause',
  licenseTexts: { 'COPYING.txt': 'Copy it.\n' },
  recipe: { 'meta.yaml': 'package: {}\n', 'build.sh': 'make\n' },
  runExports: { weak: ['_tool >=2'] },
  files: {
    'bin/tool': { content: '#!/opt/placeholder/bin/sh\n', executable: true, prefixPlaceholder: '/opt/placeholder' },
    'bin/alias': { link: 'tool' },
    'share/tool/data.bin': Uint8Array.of(0, 1, 2, 255),
  },
};

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'condock-packages-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

const sha256 = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');

describe.each(['conda', 'tar.bz2'] as const)('buildPackage of a .%s', (format) => {
  it('names the file after name, version and build', async () => {
    const path = await buildPackage({ ...TOOL, format }, dir);
    expect(basename(path)).toBe(`_tool-1!2.0+local-h1234567_3.${format}`);
  });

  it('holds the files, links and permissions of the spec, and info/ as conda-build writes it', async () => {
    const { members } = await readPackage(await buildPackage({ ...TOOL, format }, dir));
    expect(members.get('bin/tool')).toMatchObject({
      content: '#!/opt/placeholder/bin/sh\n',
      mode: 0o755,
      type: 'file',
    });
    expect(members.get('bin/alias')).toMatchObject({ type: 'symlink', linkname: 'tool' });
    expect([...members.keys()].filter((name) => name.startsWith('info/')).sort()).toEqual([
      ...['info/about.json', 'info/files', 'info/git', 'info/has_prefix', 'info/hash_input.json', 'info/index.json'],
      ...['info/licenses/COPYING.txt', 'info/paths.json', 'info/recipe/build.sh', 'info/recipe/meta.yaml'],
      'info/run_exports.json',
    ]);
    const document = (name: string): Record<string, unknown> =>
      JSON.parse(members.get(name)!.content) as Record<string, unknown>;
    expect(document('info/index.json')).toMatchObject({
      ...{ name: '_tool', version: '1!2.0+local', build: 'h1234567_3', build_number: 3 },
      ...{ subdir: 'linux-64', platform: 'linux', arch: 'x86_64', depends: TOOL.depends, license: 'BSD-3-Clause' },
    });
    expect(document('info/index.json')).not.toHaveProperty('noarch');
    expect(document('info/run_exports.json')).toEqual({ weak: ['_tool >=2'] });
    const [alias, tool] = document('info/paths.json').paths as Record<string, unknown>[];
    expect(tool).toEqual({
      ...{ _path: 'bin/tool', path_type: 'hardlink', sha256: sha256('#!/opt/placeholder/bin/sh\n'), size_in_bytes: 26 },
      ...{ file_mode: 'text', prefix_placeholder: '/opt/placeholder' },
    });
    expect(alias).toMatchObject({ _path: 'bin/alias', path_type: 'softlink', sha256: tool!.sha256 });
  });

  it('gives the same bytes again, and in another time zone', async () => {
    const before = process.env.TZ;
    try {
      process.env.TZ = 'Pacific/Kiritimati';
      const there = readFileSync(await buildPackage({ ...TOOL, format }, join(dir, 'a')));
      process.env.TZ = 'America/Los_Angeles';
      expect(sha256(readFileSync(await buildPackage({ ...TOOL, format }, join(dir, 'b'))))).toBe(sha256(there));
    } finally {
      if (before === undefined) delete process.env.TZ;
      else process.env.TZ = before;
    }
  });
});

describe('buildPackage', () => {
  it('stores the members of a .conda uncompressed, the description first', async () => {
    expect((await readPackage(await buildPackage({ name: 'a' }, dir))).outer).toEqual([
      { name: 'metadata.json', stored: true },
      { name: 'pkg-a-1.0-0.tar.zst', stored: true },
      { name: 'info-a-1.0-0.tar.zst', stored: true },
    ]);
  });

  it('makes a generic noarch package of a bare name, and says how to link a Python one', async () => {
    const plain = await readPackage(await buildPackage({ name: 'a' }, dir));
    expect(JSON.parse(plain.members.get('info/index.json')!.content)).toMatchObject({
      ...{ noarch: 'generic', subdir: 'noarch', platform: null, arch: null, depends: [] },
    });
    const python = await readPackage(await buildPackage({ name: 'b', noarch: 'python' }, dir));
    expect(python.members.has('site-packages/b.py')).toBe(true);
    expect(JSON.parse(python.members.get('info/link.json')!.content)).toMatchObject({ noarch: { type: 'python' } });
  });

  it('lets a test spoil info/ and index.json on purpose', async () => {
    const spec: PackageSpec = {
      name: 'a',
      info: { 'about.json': null, extra: 'x' },
      index: { subdir: undefined, odd: [1] },
    };
    const { members } = await readPackage(await buildPackage(spec, dir));
    expect(members.has('info/about.json')).toBe(false);
    expect(members.get('info/extra')?.content).toBe('x');
    const index = JSON.parse(members.get('info/index.json')!.content) as Record<string, unknown>;
    expect(index).not.toHaveProperty('subdir');
    expect(index.odd).toEqual([1]);
  });
});

describe('buildPrefix', () => {
  it('leaves files, records and history as conda does', async () => {
    const packages = await buildPackages([TOOL, { name: 'other', format: 'tar.bz2' }], dir);
    const prefix = await buildPrefix(packages, join(dir, 'env'), { channel: 'https://conda.example/forge/' });
    expect(readFileSync(join(prefix, 'bin/tool'), 'utf8')).toBe(`#!${prefix}/bin/sh\n`);
    expect(statSync(join(prefix, 'bin/tool')).mode & 0o111).not.toBe(0);
    expect(lstatSync(join(prefix, 'bin/alias')).isSymbolicLink()).toBe(true);
    expect(readlinkSync(join(prefix, 'bin/alias'))).toBe('tool');
    expect(readdirSync(join(prefix, 'conda-meta')).sort()).toEqual([
      '_tool-1!2.0+local-h1234567_3.json',
      'history',
      'other-1.0-0.json',
    ]);
    const record = JSON.parse(
      readFileSync(join(prefix, 'conda-meta/_tool-1!2.0+local-h1234567_3.json'), 'utf8'),
    ) as Record<string, unknown>;
    expect(record).toMatchObject({
      ...{
        name: '_tool',
        channel: 'https://conda.example/forge/linux-64',
        subdir: 'linux-64',
        size: packages[0]!.size,
      },
      sha256: packages[0]!.sha256,
      url: 'https://conda.example/forge/linux-64/_tool-1!2.0+local-h1234567_3.conda',
      files: ['bin/alias', 'bin/tool', 'share/tool/data.bin'],
    });
    expect(readFileSync(join(prefix, 'conda-meta/history'), 'utf8')).toContain(
      '+https://conda.example/forge/noarch::other-1.0-0\n',
    );
  });

  it('leaves URL and hash out where asked to, as old clients did', async () => {
    const packages = await buildPackages([{ name: 'a' }], dir);
    const prefix = await buildPrefix(packages, join(dir, 'env'), { channel: 'c', urls: false, sha256: false });
    const record = readFileSync(join(prefix, 'conda-meta/a-1.0-0.json'), 'utf8');
    expect(record).not.toContain('"url"');
    expect(record).not.toMatch(/^ {2}"sha256"/m);
  });
});

describe('buildPixiLock', () => {
  it.each([6, 7] as const)('writes version %d: every package once, with its hashes', async (version) => {
    const packages = await buildPackages([TOOL, { name: 'other', noarch: 'python' }], dir);
    const text = buildPixiLock(packages, { channelUrl: 'https://conda.example/forge', platform: 'linux-64', version });
    const lock = load(text) as Record<string, unknown>;
    const url = 'https://conda.example/forge/linux-64/_tool-1!2.0+local-h1234567_3.conda';
    expect(lock.version).toBe(version);
    expect(lock.platforms).toEqual(version === 7 ? [{ name: 'linux-64' }] : undefined);
    expect(lock.environments).toEqual({
      default: {
        channels: [{ url: 'https://conda.example/forge/' }],
        packages: {
          'linux-64': [{ conda: url }, { conda: 'https://conda.example/forge/noarch/other-1.0-pyh0000000_0.conda' }],
        },
      },
    });
    expect((lock.packages as unknown[])[0]).toEqual({
      ...{ conda: url, sha256: packages[0]!.sha256, md5: packages[0]!.md5, depends: TOOL.depends },
      ...{ license: 'BSD-3-Clause', size: packages[0]!.size, timestamp: packages[0]!.index.timestamp },
    });
  });

  it('writes subdir and channel where a location does not say them', async () => {
    const packages = await buildPackages([{ name: 'a' }], dir);
    const text = buildPixiLock(packages, { channelUrl: 'oci://127.0.0.1:5000/ch', platform: 'linux-64', version: 7 });
    expect((load(text) as { packages: unknown[] }).packages[0]).toMatchObject({
      ...{
        conda: 'oci://127.0.0.1:5000/ch/noarch/a-1.0-0.conda',
        subdir: 'noarch',
        channel: 'oci://127.0.0.1:5000/ch/',
      },
    });
  });

  it('writes an empty environment', () => {
    const text = buildPixiLock([], { channelUrl: 'https://x.example/c', platform: 'osx-arm64', version: 6 });
    expect(load(text)).toMatchObject({ environments: { default: { packages: { 'osx-arm64': [] } } }, packages: [] });
  });
});

describe('buildRepodata', () => {
  it('lists the packages of one subdir by format', async () => {
    const packages = await buildPackages([TOOL, { ...TOOL, format: 'tar.bz2' }, { name: 'elsewhere' }], dir);
    expect(buildRepodata(packages, 'linux-64')).toMatchObject({
      info: { subdir: 'linux-64' },
      packages: { '_tool-1!2.0+local-h1234567_3.tar.bz2': { name: '_tool', sha256: packages[1]!.sha256 } },
      'packages.conda': { '_tool-1!2.0+local-h1234567_3.conda': { md5: packages[0]!.md5, size: packages[0]!.size } },
    });
    expect(JSON.stringify(buildRepodata(packages, 'linux-64'))).not.toContain('elsewhere');
  });
});
