import { describe, expect, it } from 'vitest';
import { buildFileTree } from './file-tree.ts';

const file = (path: string, size: number | null = 1) => ({ path, type: 'file' as const, size });

describe('the tree of files', () => {
  it('sums sizes and counts, puts folders first and joins lonely folders', () => {
    const tree = buildFileTree([
      file('bin/zip', 10),
      file('lib/python3.12/site-packages/a.py', 5),
      file('lib/python3.12/site-packages/b/c.py', 7),
      file('README'),
    ]);
    expect(tree.map(({ name, size, count }) => [name, size, count])).toEqual([
      ['bin', 10, 1],
      ['lib/python3.12/site-packages', 12, 2],
      ['README', 1, 1],
    ]);
    expect(tree[1]?.children.map(({ name, path }) => [name, path])).toEqual([
      ['b', 'lib/python3.12/site-packages/b'],
      ['a.py', 'lib/python3.12/site-packages/a.py'],
    ]);
  });

  it('keeps empty folders, links and unknown sizes', () => {
    const tree = buildFileTree([
      { path: 'var/empty', type: 'directory', size: null },
      { path: 'lib/libz.so', type: 'symlink', size: null },
    ]);
    expect(tree).toMatchObject([
      { name: 'lib', size: undefined, children: [{ name: 'libz.so', type: 'symlink' }] },
      { name: 'var/empty', count: 0 },
    ]);
  });

  it('is not confused by names of Object', () => {
    expect(buildFileTree([file('__proto__/constructor')])[0]?.children[0]?.path).toBe('__proto__/constructor');
  });
});
