import { describe, expect, it } from 'vitest';
import { addRecords, emptyRepodata, recordFromIndex, removeRecords } from './records.ts';
import type { Repodata } from './types.ts';

const facts = (fileName: string, seed = fileName) => ({
  fileName,
  sha256: `s-${seed}`,
  md5: `m-${seed}`,
  size: seed.length,
});
const record = (fileName: string, seed?: string) =>
  recordFromIndex(
    { name: 'p', version: '1', build: '0', subdir: 'noarch', depends: ['q'], arch: null },
    facts(fileName, seed),
  );
const repodata = (...fileNames: string[]): Repodata =>
  addRecords(
    emptyRepodata('noarch'),
    fileNames.map((f) => record(f)),
  );
const names = (document: Repodata): string[] =>
  [...Object.keys(document.packages), ...Object.keys(document['packages.conda'])].sort();

describe('recordFromIndex', () => {
  it('is info/index.json with hashes and size, without what conda-index leaves out, and defaults for what solvers need', () => {
    expect(record('p-1-0.conda')).toEqual({
      fileName: 'p-1-0.conda',
      record: {
        ...{ name: 'p', version: '1', build: '0', subdir: 'noarch', depends: ['q'], build_number: 0 },
        ...{ sha256: 's-p-1-0.conda', md5: 'm-p-1-0.conda', size: 11 },
      },
    });
    expect(recordFromIndex({ name: 'p', version: '1', build: '0' }, facts('p-1-0.conda')).record.depends).toEqual([]);
  });

  it('does not let index.json say hashes of its own', () => {
    const lying = { name: 'p', version: '1', build: '0', sha256: 'x', md5: 'x', size: 1 };
    expect(recordFromIndex(lying, facts('p-1-0.conda')).record).toMatchObject({ sha256: 's-p-1-0.conda', size: 11 });
  });

  it('leaves MD5 out where nobody knows it', () => {
    const told = { name: 'p', version: '1', build: '0', md5: 'x' };
    expect(recordFromIndex(told, { fileName: 'p-1-0.conda', sha256: 's', size: 1 }).record).not.toHaveProperty('md5');
  });

  it('refuses an index.json without an identity, and files that are no packages', () => {
    for (const index of [null, [], {}, { name: 'p', version: 1, build: '0' }]) {
      expect(() => recordFromIndex(index, facts('p-1-0.conda'))).toThrow(
        expect.objectContaining({ code: 'invalid-package' }) as Error,
      );
    }
    expect(() => record('p-1-0.zip')).toThrow(expect.objectContaining({ code: 'illegal-name' }) as Error);
  });
});

describe('addRecords and removeRecords', () => {
  it('file by format, and tell a .conda record of its .tar.bz2 in either order', () => {
    for (const order of [
      ['p-1-0.conda', 'p-1-0.tar.bz2'],
      ['p-1-0.tar.bz2', 'p-1-0.conda'],
    ]) {
      const document = order.reduce((now, fileName) => addRecords(now, [record(fileName)]), emptyRepodata('noarch'));
      expect(document.packages['p-1-0.tar.bz2']).not.toHaveProperty('legacy_bz2_md5');
      expect(document['packages.conda']['p-1-0.conda']).toMatchObject({
        legacy_bz2_md5: 'm-p-1-0.tar.bz2',
        legacy_bz2_size: 13,
      });
    }
  });

  it('list what went under removed, until it comes again', () => {
    const without = removeRecords(repodata('p-1-0.conda', 'p-2-0.conda'), ['p-1-0.conda', 'never-1-0.conda']);
    expect(names(without)).toEqual(['p-2-0.conda']);
    expect(without.removed).toEqual(['p-1-0.conda']);
    expect(addRecords(without, [record('p-1-0.conda')]).removed).toEqual([]);
  });

  it('leave what they were given as it was, with members that they do not know', () => {
    const before = { ...repodata('p-1-0.conda'), 'x-future': { a: 1 } };
    const copy = structuredClone(before);
    const after = removeRecords(addRecords(before, [record('q-1-0.conda')]), ['p-1-0.conda']);
    expect(before).toEqual(copy);
    expect(after['x-future']).toEqual({ a: 1 });
  });

  it('take a document without sections', () => {
    const bare = { info: { subdir: 'noarch' } } as unknown as Repodata;
    expect(names(addRecords(bare, [record('p-1-0.conda')]))).toEqual(['p-1-0.conda']);
    expect(removeRecords(bare, ['x.conda'])['packages.conda']).toEqual({});
  });
});
