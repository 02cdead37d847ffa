import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  bombZstd,
  condaOf,
  INDEX,
  METADATA,
  PAYLOAD,
  rawZstd,
  tarBz2Of,
  type TarMember,
  tarOf,
  zipOf,
} from '../testing/archives.ts';
import { makeBunzip2 } from './bunzip2.ts';
import { openArchive } from './open-archive.ts';
import type { OpenArchiveOptions } from './package-archive.ts';

const GOOD: TarMember[] = [{ name: 'info/index.json', content: INDEX }];

describe('openArchive', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'condock-archive-'));
  });
  afterEach(() => {
    rmSync(dir, { recursive: true });
  });

  const write = (bytes: Uint8Array, name = 'foo-1.0-0.conda'): string => {
    const path = join(dir, name);
    writeFileSync(path, bytes);
    return path;
  };
  const read = async (bytes: Uint8Array, options: OpenArchiveOptions = {}, name?: string) =>
    (await openArchive(write(bytes, name), options)).infoFiles();
  const readConda = async (members: readonly TarMember[], options: OpenArchiveOptions = {}) =>
    read(await condaOf(rawZstd(await tarOf(members))), options);
  const readTarBz2 = async (members: readonly TarMember[], options: OpenArchiveOptions = {}) =>
    read(await tarBz2Of(members), options, 'foo-1.0-0.tar.bz2');
  const failure = (code: string, message: RegExp) => ({ code, message: expect.stringMatching(message) as unknown });

  it('reads the info directory of a .conda in order, with modes and links, and never the payload', async () => {
    const files = await readConda([
      { name: './info/', type: 'directory', mode: 0o755 },
      { name: 'info/index.json', content: INDEX, mode: 0o644 },
      { name: 'info/test/run.sh', content: 'true', mode: 0o755 },
      { name: 'info/licenses/a.txt', type: 'symlink', linkname: '../test/run.sh' },
      { name: 'info/copy.sh', type: 'link', linkname: 'info/test/run.sh' },
      { name: 'bin/elsewhere', content: 'payload' },
    ]);
    expect(files.map(({ path, type, mode, linkname }) => ({ path, type, mode, linkname }))).toEqual([
      { path: 'index.json', type: 'file', mode: 0o644, linkname: undefined },
      { path: 'test/run.sh', type: 'file', mode: 0o755, linkname: undefined },
      { path: 'licenses/a.txt', type: 'symlink', mode: 0o644, linkname: '../test/run.sh' },
      { path: 'copy.sh', type: 'file', mode: 0o755, linkname: undefined },
    ]);
    expect(Buffer.from(files[3]!.bytes).toString()).toBe('true');
  });

  it('reads info members of a .tar.bz2 from among and after the payload', async () => {
    const members = [
      { name: 'lib/a.so', content: 'x'.repeat(2000) },
      { name: 'info/index.json', content: INDEX },
      { name: 'lib/b.so', content: 'y' },
      { name: 'info/recipe/meta.yaml', content: 'late' },
    ];
    for (const bunzip2 of [makeBunzip2({}), makeBunzip2({ program: 'bzip2', env: process.env })]) {
      const files = await readTarBz2(members, { bunzip2 });
      expect(files.map((file) => file.path)).toEqual(['index.json', 'recipe/meta.yaml']);
    }
  });

  it('takes the format as an option where the file has no name that says it', async () => {
    const files = await read(await condaOf(rawZstd(await tarOf(GOOD))), { format: 'conda' }, '0123abcd');
    expect(files.map((file) => file.path)).toEqual(['index.json']);
    await expect(read(METADATA, {}, 'foo.zip')).rejects.toMatchObject(failure('unsupported-format', /neither/));
  });

  it('lists what the package installs', async () => {
    const paths = { paths: [{ _path: 'bin/a', path_type: 'hardlink', size_in_bytes: 3 }], paths_version: 1 };
    const path = write(
      await condaOf(rawZstd(await tarOf([...GOOD, { name: 'info/paths.json', content: JSON.stringify(paths) }]))),
    );
    expect(await (await openArchive(path)).files()).toEqual([{ path: 'bin/a', type: 'file', size: 3, sha256: null }]);
  });

  it('reads zip64, and deflated members in a folder, and says what is unusual', async () => {
    const info = rawZstd(await tarOf(GOOD));
    const zip64 = await zipOf([
      ['metadata.json', METADATA, { zip64: true }],
      ['pkg-foo-1.0-0.tar.zst', PAYLOAD, { zip64: true }],
      ['info-foo-1.0-0.tar.zst', info, { zip64: true }],
    ]);
    expect(await read(zip64)).toHaveLength(1);
    const odd = await openArchive(
      write(
        await zipOf([
          ['some/where/pkg-foo-1.0-0.tar.zst', PAYLOAD],
          ['some/where/info-foo-1.0-0.tar.zst', info, { compress: true }],
        ]),
      ),
    );
    expect(await odd.infoFiles()).toHaveLength(1);
    expect(odd.warnings).toEqual([
      expect.stringContaining('some/where/'),
      expect.stringContaining('metadata.json'),
      expect.stringContaining('compressed twice'),
    ]);
  });

  it('refuses zips in which it is not plain what is meant', async () => {
    const info = rawZstd(await tarOf(GOOD));
    const pkg = ['pkg-foo-1.0-0.tar.zst', PAYLOAD] as const;
    const cases: [Parameters<typeof zipOf>[0], string, RegExp][] = [
      [[pkg], 'invalid-package', /no info-\*/],
      [[['info-foo-1.0-0.tar.zst', info]], 'invalid-package', /no pkg-\*/],
      [[pkg, ['info-foo-1.0-0.tar.zst', info], ['info-bar-1.0-0.tar.zst', info]], 'invalid-package', /holds both/],
      [[pkg, ['a/info-foo-1.0-0.tar.zst', info]], 'invalid-package', /different folders/],
      [[pkg, ['info-bar-1.0-0.tar.zst', info]], 'invalid-package', /not belong together/],
      [
        [pkg, ['info-foo-1.0-0.tar.zst', info], ['metadata.json', Buffer.from('{"conda_pkg_format_version": 3}')]],
        'unsupported-format',
        /version 3/,
      ],
      [[pkg, ['info-foo-1.0-0.tar.zst', info], ['metadata.json', Buffer.from('{')]], 'invalid-package', /metadata/],
    ];
    for (const [members, code, message] of cases) {
      await expect(read(await zipOf(members))).rejects.toMatchObject(failure(code, message));
    }
    const many = Array.from({ length: 101 }, (_, at) => [`f${at}`, METADATA] as const);
    await expect(read(await zipOf(many))).rejects.toMatchObject(failure('too-large', /101 members/));
  });

  it('refuses zip members that climb out of the archive', async () => {
    const bytes = await condaOf(rawZstd(await tarOf(GOOD)));
    const hostile = Buffer.from(bytes.toString('latin1').replaceAll('metadata.json', '../adata.json'), 'latin1');
    await expect(read(hostile)).rejects.toMatchObject(failure('invalid-package', /invalid relative path/));
  });

  it('refuses a .conda with one byte of the info changed, by the checksum of the zip', async () => {
    const bytes = await condaOf(rawZstd(await tarOf(GOOD)));
    const at = bytes.indexOf('"name":"foo"');
    expect(at).toBeGreaterThan(0);
    bytes[at + 8] = 'b'.charCodeAt(0);
    await expect(read(bytes)).rejects.toMatchObject(failure('invalid-package', /CRC-32/));
  });

  it('refuses truncated archives of both formats wherever they were cut', async () => {
    const conda = await condaOf(rawZstd(await tarOf(GOOD)));
    const tarBz2 = await tarBz2Of([...GOOD, { name: 'lib/a', content: 'x'.repeat(5000) }]);
    for (const part of [0, 0.01, 0.3, 0.6, 0.9, 0.99]) {
      const cutConda = conda.subarray(0, Math.floor(conda.length * part));
      await expect(read(cutConda)).rejects.toMatchObject({ code: 'invalid-package' });
      const cutTar = tarBz2.subarray(0, Math.floor(tarBz2.length * part));
      for (const bunzip2 of [makeBunzip2({}), makeBunzip2({ program: 'bzip2', env: process.env })]) {
        await expect(read(cutTar, { bunzip2 }, 'foo-1.0-0.tar.bz2')).rejects.toMatchObject({ code: 'invalid-package' });
      }
    }
  });

  it('refuses a zstd stream that was cut before it came into a whole zip', async () => {
    const info = rawZstd(await tarOf(GOOD));
    for (const length of [0, 3, 5, 6, 8, 600, info.length - 1]) {
      await expect(read(await condaOf(info.subarray(0, length)))).rejects.toMatchObject(
        failure('invalid-package', /too early|not zstd/),
      );
    }
  });

  it('refuses members with names that leave the package, and different members with one name', async () => {
    const bad: [TarMember[], RegExp][] = [
      [[{ name: 'info/../../etc/passwd', content: 'x' }], /leaves the package/],
      [[{ name: '/info/index.json', content: INDEX }], /absolute path/],
      [[{ name: 'C:/info/index.json', content: INDEX }], /absolute path/],
      [[{ name: 'info/..\\x', content: 'x' }], /leaves the package/],
      [[{ name: 'x', pax: { path: 'info/a\0b' }, content: 'x' }], /NUL/],
      [[{ name: 'info/x', type: 'link', linkname: '../x' }], /leaves the package/],
      [[...GOOD, { name: './info//index.json', content: '{}' }], /two different members/],
    ];
    for (const [members, message] of bad) {
      await expect(readConda(members)).rejects.toMatchObject(failure('invalid-package', message));
      await expect(readTarBz2(members)).rejects.toMatchObject(failure('invalid-package', message));
    }
    expect(await readConda([...GOOD, ...GOOD])).toHaveLength(1);
  });

  it('bounds members, bytes and hard links that multiply bytes', async () => {
    const many = Array.from({ length: 20 }, (_, at) => ({ name: `info/f${at}`, content: 'x'.repeat(100) }));
    await expect(readConda(many, { limits: { infoMembers: 10 } })).rejects.toMatchObject(failure('too-large', /10/));
    await expect(readConda(many, { limits: { infoBytes: 500 } })).rejects.toMatchObject(failure('too-large', /500/));
    await expect(readTarBz2(many, { limits: { tarMembers: 10 } })).rejects.toMatchObject(failure('too-large', /10/));
    await expect(readTarBz2(many, { limits: { tarBytes: 5000 } })).rejects.toMatchObject(failure('too-large', /5000/));
    const links = Array.from({ length: 20 }, (_, at) => ({
      name: `info/l${at}`,
      type: 'link' as const,
      linkname: 'info/f0',
    }));
    await expect(readTarBz2([many[0]!, ...links], { limits: { infoBytes: 500 } })).rejects.toMatchObject(
      failure('too-large', /500/),
    );
  });

  it('stops bombs early: by the ratio, by the bytes, by the window and by the blocks', async () => {
    await expect(read(await condaOf(bombZstd(1000)))).rejects.toMatchObject(failure('too-large', /times its size/));
    await expect(
      read(await condaOf(bombZstd(1000)), { limits: { infoBytes: 1e6, infoMembers: 10 } }),
    ).rejects.toMatchObject(failure('too-large', /more than \d+ bytes/));
    const wide = rawZstd(await tarOf(GOOD), { window: (30 - 10) << 3 });
    await expect(read(await condaOf(wide))).rejects.toMatchObject(failure('too-large', /window/));
    const long = bombZstd(2_000);
    await expect(read(await condaOf(long))).rejects.toMatchObject(failure('too-large', /too long/));
    const deflated = await zipOf([
      ['pkg-foo-1.0-0.tar.zst', PAYLOAD],
      ['info-foo-1.0-0.tar.zst', Buffer.alloc(2_000_000), { compress: true }],
    ]);
    await expect(read(deflated, { limits: { infoBytes: 1_000_000 } })).rejects.toMatchObject(
      failure('too-large', /2000000 bytes/),
    );
    const zeros = [{ name: 'lib/zeros', content: Buffer.alloc(2_000_000) }];
    await expect(readTarBz2(zeros, { limits: { ratioFrom: 100_000, ratio: 100 } })).rejects.toMatchObject(
      failure('too-large', /times its size/),
    );
  });

  it('refuses zstd frames that lie about their content', async () => {
    const tar = await tarOf(GOOD);
    expect(await read(await condaOf(rawZstd(tar, { contentSize: tar.length })))).toHaveLength(1);
    for (const contentSize of [tar.length - 1, tar.length + 1, 2 ** 40]) {
      await expect(read(await condaOf(rawZstd(tar, { contentSize })))).rejects.toMatchObject(
        failure('invalid-package', /claims/),
      );
    }
  });

  it('says what is wrong with the file itself', async () => {
    await expect(openArchive(join(dir, 'none-1-0.conda'))).rejects.toMatchObject({ code: 'not-found' });
    await expect(openArchive(dir, { format: 'conda' })).rejects.toMatchObject(failure('invalid-package', /regular/));
    await expect(read(Buffer.from('<html>'))).rejects.toMatchObject(failure('invalid-package', /does not begin/));
    await expect(read(await condaOf(METADATA), {}, 'foo-1.0-0.tar.bz2')).rejects.toMatchObject({
      code: 'invalid-package',
    });
  });

  it.skipIf(process.platform === 'win32')('waits for no pipe that is called like a package', async () => {
    const path = join(dir, 'foo-1.0-0.conda');
    execFileSync('mkfifo', [path]);
    await expect(openArchive(path)).rejects.toMatchObject(failure('invalid-package', /it is no regular file/));
  });

  it('stops when it is told to', async () => {
    const signal = AbortSignal.abort();
    await expect(readConda(GOOD, { signal })).rejects.toMatchObject({ name: 'AbortError' });
    for (const bunzip2 of [makeBunzip2({}), makeBunzip2({ program: 'bzip2', env: process.env })]) {
      await expect(readTarBz2(GOOD, { signal, bunzip2 })).rejects.toMatchObject({ name: 'AbortError' });
    }
  });
});
