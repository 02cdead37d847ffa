import { describe, expect, it } from 'vitest';
import { addToChanneldata, emptyChanneldata } from './channeldata.ts';
import { addRunExports, emptyRunExports, removeRunExports } from './run-exports.ts';

const source = (version: string, subdir: string, more: object = {}) => ({
  index: { name: 'p', version, build: '0', license: `L${version}`, timestamp: 1_700_000_000_000 },
  about: { summary: `S${version}`, home: '', dev_url: null },
  subdir,
  ...more,
});

describe('addToChanneldata', () => {
  it('lets the newest version describe a package and gathers subdirs', () => {
    const data = addToChanneldata(emptyChanneldata(), [
      source('2', 'osx-64'),
      source('10', 'linux-64'),
      source('9', 'noarch'),
    ]);
    expect(data).toMatchObject({ channeldata_version: 1, subdirs: ['linux-64', 'noarch', 'osx-64'] });
    expect(data.packages.p).toEqual({
      ...{
        license: 'L10',
        summary: 'S10',
        version: '10',
        subdirs: ['linux-64', 'noarch', 'osx-64'],
        timestamp: 1_700_000_000,
      },
      ...{ run_exports: {}, binary_prefix: false, text_prefix: false, 'activate.d': false, 'deactivate.d': false },
      ...{ pre_link: false, post_link: false, pre_unlink: false },
    });
  });

  it('keeps run_exports by version, and what is true of any build', () => {
    const first = source('1', 'noarch', {
      runExports: { weak: ['p 1'] },
      paths: [{ path: 'etc/conda/activate.d/p.sh' }, { path: 'bin/.p-post-link.sh' }],
    });
    const second = source('2', 'noarch', { runExports: {}, paths: [{ path: 'bin/p', prefixMode: 'binary' as const }] });
    const third = source('3', 'noarch', { runExports: { strong: ['p 3'] } });
    const before = source('3', 'noarch', { runExports: { strong: ['p old'] } });
    before.index.timestamp -= 1000;
    const { packages } = addToChanneldata(emptyChanneldata(), [first, second, third, before]);
    expect(packages.p).toMatchObject({
      ...{ run_exports: { 1: { weak: ['p 1'] }, 3: { strong: ['p 3'] } }, version: '3' },
      ...{
        'activate.d': true,
        'deactivate.d': false,
        post_link: true,
        pre_link: false,
        binary_prefix: true,
        text_prefix: false,
      },
    });
  });
});

describe('run_exports.json', () => {
  it('lists every package by format, those without exports too', () => {
    const document = addRunExports(emptyRunExports('linux-64'), [
      { fileName: 'p-1-0.conda', runExports: { weak: ['p >=1'] } },
      { fileName: 'p-1-0.tar.bz2', runExports: {} },
    ]);
    expect(document).toEqual({
      info: { subdir: 'linux-64', version: 1 },
      packages: { 'p-1-0.tar.bz2': { run_exports: {} } },
      'packages.conda': { 'p-1-0.conda': { run_exports: { weak: ['p >=1'] } } },
    });
    expect(removeRunExports(document, ['p-1-0.conda', 'x.conda'])['packages.conda']).toEqual({});
  });
});
