import { describe, expect, it } from 'vitest';
import { judgeRuntimeDirectory } from './runtime-directory.ts';

const ours = { isDirectory: true, uid: 1000, mode: 0o40700 };

describe('judgeRuntimeDirectory', () => {
  it('accepts a directory that is ours alone', () => {
    expect(judgeRuntimeDirectory('/r', ours, 1000)).toBeUndefined();
  });

  it.each([
    ['a link', { ...ours, isDirectory: false }],
    ["another user's", { ...ours, uid: 0 }],
    ['open to the group', { ...ours, mode: 0o40710 }],
    ['open to all', { ...ours, mode: 0o40701 }],
  ])('refuses one that is %s', (_, facts) => {
    expect(judgeRuntimeDirectory('/r', facts, 1000)).toMatchObject({ code: 'insecure' });
  });

  it('leaves rights to the access list on Windows', () => {
    expect(judgeRuntimeDirectory('C:\\r', { ...ours, uid: 0, mode: 0o40777 }, undefined)).toBeUndefined();
  });
});
