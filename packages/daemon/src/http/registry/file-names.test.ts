import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestFileName, digestOfFileName, repositoryFileName, repositoryOfFileName } from './file-names.ts';
import { tagFileName, tagOfFileName } from './file-names.ts';
import { isRepositoryName, isTag, parseContentDigest } from './names.ts';

describe('names of repositories, tags and digests', () => {
  it.each(['a', 'conda-forge/linux-64/c_libgcc__mutex', 'a.b-c/d__e/f---g', '0', 'a'.repeat(254)])(
    'takes the repository %s',
    (name) => expect(isRepositoryName(name)).toBe(true),
  );
  it.each([
    '',
    'A',
    '/a',
    'a/',
    'a//b',
    '../a',
    'a/..',
    '_a',
    'a_',
    'a___b',
    'a._b',
    'a..b',
    'a b',
    'ä',
    'a'.repeat(255),
  ])('refuses the repository "%s"', (name) => expect(isRepositoryName(name)).toBe(false));
  it.each(['1.0-h0_0', '_', 'latest', 'A.', 'x'.repeat(128)])('takes the tag %s', (tag) =>
    expect(isTag(tag)).toBe(true),
  );
  it.each(['', '.a', '-a', 'a/b', 'a:b', 'a+b', 'x'.repeat(129)])('refuses the tag "%s"', (tag) =>
    expect(isTag(tag)).toBe(false),
  );
  it.each([
    `sha256:${'a'.repeat(63)}`,
    `sha256:${'A'.repeat(64)}`,
    `sha512:${'a'.repeat(64)}`,
    `md5:${'a'.repeat(32)}`,
    '',
  ])('refuses the digest "%s"', (digest) => expect(parseContentDigest(digest)).toBeUndefined());
});

describe('file names', () => {
  const tag = fc.stringMatching(/^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/);
  it('bring every tag back, and differ in more than case', () => {
    fc.assert(
      fc.property(tag, tag, (a, b) => {
        expect(tagOfFileName(tagFileName(a))).toBe(a);
        expect(tagFileName(a).length).toBeLessThanOrEqual(255);
        if (a !== b) expect(tagFileName(a).toLowerCase()).not.toBe(tagFileName(b).toLowerCase());
      }),
    );
    expect(tagFileName('1.0-H0')).not.toBe(tagFileName('1.0-h0'));
  });

  it('never step out of their directory nor take a name that a system reserves', () => {
    for (const name of ['con', 'nul', 'aux', 'con.x', 'a.']) expect(tagFileName(name)).toMatch(/^[0-9a-f]+~.*~$/);
    expect(repositoryFileName('a/b')).toBe('~a~b');
    expect(repositoryOfFileName('~a~b')).toBe('a/b');
    expect(repositoryOfFileName('.tmp')).toBeUndefined();
  });

  it('are told from what a killed writer left', () => {
    for (const name of ['.0123456789abcdef.tmp', '0~A~', 'x~a~', '0~a']) expect(tagOfFileName(name)).toBeUndefined();
    const digest = parseContentDigest(`sha512:${'0'.repeat(128)}`)!;
    expect(digestOfFileName(digestFileName(digest))).toEqual(digest);
    expect(digestOfFileName('.sha256-00.tmp')).toBeUndefined();
  });
});
