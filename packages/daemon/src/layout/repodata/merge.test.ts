import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeRebuilt } from './merge.ts';
import { addRecords, emptyRepodata, recordFromIndex, removeRecords } from './records.ts';
import type { Repodata } from './types.ts';

const record = (fileName: string, seed = fileName) =>
  recordFromIndex({ name: 'p', version: '1', build: '0' }, { fileName, sha256: `s-${seed}`, size: 1 });
const add = (document: Repodata, fileName: string, seed?: string): Repodata =>
  addRecords(document, [record(fileName, seed)]);
const list = (...fileNames: string[]): Repodata => fileNames.reduce((now, f) => add(now, f), emptyRepodata('noarch'));
const names = (document: Repodata): string[] =>
  [...Object.keys(document.packages), ...Object.keys(document['packages.conda'])].sort();

describe('mergeRebuilt', () => {
  const base = list('a-1-0.conda', 'b-1-0.tar.bz2');

  it('is what was rebuilt where nobody else changed the list', () => {
    const rebuilt = list('a-1-0.conda', 'c-1-0.conda');
    expect(names(mergeRebuilt({ base, rebuilt, current: base }))).toEqual(names(rebuilt));
    expect(mergeRebuilt({ base: undefined, rebuilt, current: undefined })).toEqual(rebuilt);
    expect(mergeRebuilt({ base, rebuilt: base, current: base })).toEqual(base);
  });

  it('keeps what was published while the registry was looked through, where there was no list before too', () => {
    const current = add(base, 'new-1-0.conda');
    expect(names(mergeRebuilt({ base, rebuilt: list('a-1-0.conda'), current }))).toEqual([
      'a-1-0.conda',
      'new-1-0.conda',
    ]);
    const first = mergeRebuilt({ base: undefined, rebuilt: list('a-1-0.conda'), current: list('new-1-0.conda') });
    expect(names(first)).toEqual(['a-1-0.conda', 'new-1-0.conda']);
  });

  it('keeps a build that was replaced meanwhile, and leaves out what was taken out meanwhile', () => {
    const rebuilt = add(base, 'a-1-0.conda', 'seen before');
    const replaced = mergeRebuilt({ base, rebuilt, current: add(base, 'a-1-0.conda', 'later') });
    expect(replaced['packages.conda']['a-1-0.conda']).toMatchObject({ sha256: 's-later' });
    const removed = mergeRebuilt({ base, rebuilt, current: removeRecords(base, ['a-1-0.conda']) });
    expect(names(removed)).toEqual(['b-1-0.tar.bz2']);
    expect(removed.removed).toEqual(['a-1-0.conda']);
  });

  it('does not list what was listed and taken out again since it began', () => {
    const current = removeRecords(add(base, 'c-1-0.conda'), ['c-1-0.conda']);
    expect(names(mergeRebuilt({ base, rebuilt: add(base, 'c-1-0.conda'), current }))).toEqual(names(base));
  });

  it('loses no addition and brings back no removal of others, whatever was rebuilt', () => {
    const files = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e').map((n) => `${n}-1-0.conda`));
    fc.assert(
      fc.property(files, files, files, files, (before, found, added, removed) => {
        const was = list(...before);
        const current = removeRecords(
          added.reduce((now, f) => add(now, f, 'theirs'), was),
          removed,
        );
        const merged = mergeRebuilt({ base: was, rebuilt: list(...found), current });
        for (const name of added.filter((n) => !removed.includes(n))) {
          expect(merged['packages.conda'][name]).toMatchObject({ sha256: 's-theirs' });
        }
        for (const name of removed.filter((n) => before.includes(n) || added.includes(n)))
          expect(names(merged)).not.toContain(name);
        // Another round finds nothing to do.
        expect(mergeRebuilt({ base: was, rebuilt: list(...found), current: merged })).toEqual(merged);
      }),
    );
  });
});
