import { renameSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readEnvironment } from '../read-environment.ts';
import { fixtures } from '../testing/fixtures.ts';
import { refusalOf, useScratch } from '../testing/scratch.ts';
import { PrefixCache } from './prefix-cache.ts';

const real = fixtures('conda-meta');
const SHA = 'ab'.repeat(32);
const FILE = 'a-1.0-0.conda';

describe.skipIf(real.missing)('a real prefix', () => {
  it('lists every record, whatever its spelling of the channel', () => {
    const { kind, environments, warnings } = readEnvironment(dirname(real.folder));
    expect([kind, warnings]).toEqual(['prefix', []]);
    const packages = environments[0]?.packages ?? [];
    expect(environments[0]?.platform).toBe('osx-arm64');
    expect(packages.map((p) => `${p.name}-${p.version}-${p.build}.json`)).toEqual(real.names);
    for (const entry of packages) {
      expect(entry.channel).toBe('https://conda.anaconda.org/conda-forge');
      expect(entry.url).toBe(`${entry.channel}/${entry.subdir}/${entry.fileName}`);
      expect(entry.sha256).toMatch(/^[0-9a-f]{64}$/);
      expect(entry.error).toBeUndefined();
    }
  });
});

describe('a prefix', () => {
  const scratch = useScratch();

  function listed(record: object) {
    scratch.put('conda-meta/a-1.0-0.json', { name: 'a', version: '1.0', build: '0', subdir: 'noarch', ...record });
    return readEnvironment(scratch.folder).environments[0]?.packages[0];
  }

  it.each([
    ['https://h.example/ch/'],
    ['https://h.example/ch'],
    ['https://h.example/ch/noarch'],
    ['https://h.example/ch/linux-64/'],
    ['https://h.example/t/tk-1/ch'],
    ['https://me:pw@h.example/ch'],
  ])('knows the channel %s of a record without URL', (channel) => {
    expect(listed({ channel, fn: FILE })).toMatchObject({ channel: 'https://h.example/ch', fileName: FILE, url: null });
  });

  it.each([
    ['conda-forge', 'https://conda.anaconda.org/conda-forge'],
    ['<unknown>', null],
    ['/srv/channel', null],
    ['file:///srv/channel', null],
    ['oci://r.example/ch', 'oci://r.example/ch'],
  ])('takes the channel %s for %s', (channel, url) => {
    expect(listed({ channel, fn: FILE })?.channel).toBe(url);
  });

  it('believes the URL rather than the channel, and shows neither token nor user', () => {
    const entry = listed({ channel: 'defaults', url: `https://me:pw@h.example/t/tk-1/ch/noarch/${FILE}`, sha256: SHA });
    expect(entry).toMatchObject({
      channel: 'https://h.example/ch',
      url: `https://h.example/ch/noarch/${FILE}`,
      fileName: FILE,
      sha256: SHA,
    });
    expect(JSON.stringify(entry)).not.toMatch(/tk-1|pw@/);
  });

  it('leaves open what old records do not say', () => {
    expect(listed({ fn: FILE, size: 0 })).toMatchObject({ url: null, channel: null, sha256: null, size: null });
    expect(listed({ fn: 'a-1.0-0', package_tarball_full_path: `/opt/pkgs/${FILE}` })).toMatchObject({ fileName: FILE });
    expect(listed({})).toMatchObject({ name: 'a', fileName: null });
  });

  it('says of a channel that is several, or none, what it is', () => {
    expect(listed({ channel: 'defaults', fn: FILE })?.error).toMatchObject({ code: 'unmapped-channel' });
    expect(listed({ channel: 'defaults', fn: FILE })?.error?.message).toContain('defaults');
    expect(listed({ channel: '<unknown>', fn: FILE })?.error).toBeUndefined();
  });

  it('shows packages that came from a local file, and says that no registry has them', () => {
    expect(listed({ url: `file:///srv/ch/noarch/${FILE}` })?.error?.code).toBe('unsupported-source');
    expect(listed({ url: `/srv/ch/noarch/${FILE}` })?.error?.code).toBe('unsupported-source');
    expect(listed({ channel: 'pypi' })).toMatchObject({ kind: 'pypi', error: { code: 'unsupported-source' } });
  });

  it('warns of each record that it can not read, by name, and lists the others', () => {
    scratch.put('conda-meta/history', '==> 2026 <==');
    scratch.put('conda-meta/pixi', { environment_name: 'test' });
    scratch.put('conda-meta/bad-1-0.json', '{"name": ');
    scratch.put('conda-meta/odd-1-0.json', []);
    scratch.put('conda-meta/half-1-0.json', { name: 'half' });
    scratch.put('conda-meta/folder-1-0.json/x', '');
    symlinkSync('nowhere', join(scratch.folder, 'conda-meta/lost-1-0.json'));
    symlinkSync('loop-1-0.json', join(scratch.folder, 'conda-meta/loop-1-0.json'));
    scratch.put('conda-meta/ok-1-0.json', { name: 'ok', version: '1', build: '0', subdir: 'win-64' });
    const { environments, warnings } = readEnvironment(scratch.folder);
    expect(environments).toMatchObject([{ name: 'test', platform: 'win-64', packages: [{ name: 'ok' }] }]);
    expect(warnings.map((w) => /([a-z]+)-1-0\.json is no readable record/.exec(w)?.[1])).toEqual([
      'bad',
      'folder',
      'half',
      'loop',
      'lost',
      'odd',
    ]);
  });

  it('has its folder for a name where no pixi made it, and may be named by its conda-meta', () => {
    scratch.put('envs/sci/conda-meta/history', '');
    expect(readEnvironment(join(scratch.folder, 'envs/sci/conda-meta'))).toMatchObject({
      path: join(scratch.folder, 'envs/sci'),
      environments: [{ name: 'sci', platform: null, packages: [] }],
    });
  });
});

describe('PrefixCache', () => {
  const scratch = useScratch();
  const put = (name: string, version: string) => scratch.put(`conda-meta/${name}.json`, { name, version, build: '0' });
  const versions = (cache: PrefixCache) => cache.read(scratch.folder).packages.map((p) => `${p.name} ${p.version}`);

  it('reads a record again only where its stat has changed', () => {
    using cache = new PrefixCache();
    const path = put('a', '1');
    put('b', '1');
    const before = cache.read(scratch.folder).packages;
    put('b', '2.0');
    const after = cache.read(scratch.folder).packages;
    expect(after[0]).toBe(before[0]);
    expect(after[1]?.version).toBe('2.0');
    // Same size and time, but another file.
    const { atime, mtime } = statSync(path);
    writeFileSync(`${path}.tmp`, JSON.stringify({ name: 'a', version: '9', build: '0' }));
    utimesSync(`${path}.tmp`, atime, mtime);
    renameSync(`${path}.tmp`, path);
    expect(versions(cache)).toEqual(['a 9', 'b 2.0']);
    // Same size, time and file.
    writeFileSync(path, JSON.stringify({ name: 'a', version: '8', build: '0' }));
    utimesSync(path, atime, mtime);
    expect(versions(cache)).toEqual(['a 8', 'b 2.0']);
  });

  it('forgets what has gone, and reads a record that has become readable', () => {
    using cache = new PrefixCache();
    const path = put('a', '1');
    scratch.put('conda-meta/b.json', '{');
    expect(cache.read(scratch.folder).warnings).toHaveLength(1);
    expect(cache.read(scratch.folder).warnings).toHaveLength(1);
    rmSync(path);
    put('b', '1');
    expect(cache.read(scratch.folder).warnings).toEqual([]);
    expect(versions(cache)).toEqual(['b 1']);
  });

  it('keeps no more prefixes than it may, the oldest going first', () => {
    using cache = new PrefixCache({ prefixes: 1 });
    scratch.put('p/conda-meta/a.json', { name: 'a', version: '1' });
    scratch.put('q/conda-meta/a.json', { name: 'a', version: '1' });
    const first = cache.read(join(scratch.folder, 'p')).packages[0];
    expect(cache.read(join(scratch.folder, 'p')).packages[0]).toBe(first);
    cache.read(join(scratch.folder, 'q'));
    expect(cache.read(join(scratch.folder, 'p')).packages[0]).not.toBe(first);
  });

  it('refuses a folder without conda-meta', () => {
    using cache = new PrefixCache();
    expect(refusalOf(() => cache.read(scratch.folder)).code).toBe('not-found');
  });
});
