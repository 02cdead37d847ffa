import { describe, expect, it } from 'vitest';
import { applyPatchInstructions, changeInstructions, emptyPatchInstructions } from './patch-instructions.ts';
import type { Repodata } from './types.ts';

const repodata = (): Repodata => ({
  info: { subdir: 'noarch' },
  packages: { 'p-1-0.tar.bz2': { name: 'p', depends: ['a'], license: 'MIT' } },
  'packages.conda': {
    'p-1-0.conda': { name: 'p', depends: ['a'], license: 'MIT' },
    'q-1-0.conda': { name: 'q', depends: [], nested: { a: 1, b: 2 } },
  },
});

describe('applyPatchInstructions', () => {
  it('sets and deletes members; what is said of a .tar.bz2 counts for its .conda, and the .conda has the last word', () => {
    const patched = applyPatchInstructions(repodata(), {
      packages: {
        'p-1-0.tar.bz2': { depends: ['a', 'b'], license: null, track_features: 'x' },
        'absent-1-0.tar.bz2': { depends: [] },
      },
      'packages.conda': { 'p-1-0.conda': { depends: ['c'] }, 'q-1-0.conda': { nested: { b: 3 } } },
    });
    expect(patched.packages).toEqual({ 'p-1-0.tar.bz2': { name: 'p', depends: ['a', 'b'], track_features: 'x' } });
    expect(patched['packages.conda']).toEqual({
      'p-1-0.conda': { name: 'p', depends: ['c'], track_features: 'x' },
      'q-1-0.conda': { name: 'q', depends: [], nested: { a: 1, b: 3 } },
    });
  });

  it('makes a revoked package impossible to install', () => {
    const patched = applyPatchInstructions(repodata(), { revoke: ['q-1-0.conda'] });
    expect(patched['packages.conda']['q-1-0.conda']).toMatchObject({
      revoked: true,
      depends: ['package_has_been_revoked'],
    });
    expect(patched['packages.conda']['p-1-0.conda']).not.toHaveProperty('revoked');
  });

  it('takes yanked packages out: one format by its .conda name, both by the other', () => {
    const one = applyPatchInstructions(repodata(), { remove: ['p-1-0.conda'] });
    expect(Object.keys(one.packages)).toEqual(['p-1-0.tar.bz2']);
    expect(one.removed).toEqual(['p-1-0.conda']);
    const both = applyPatchInstructions(repodata(), { remove: ['p-1-0.tar.bz2', 'never-1-0.conda'] });
    expect(both.packages).toEqual({});
    expect(Object.keys(both['packages.conda'])).toEqual(['q-1-0.conda']);
    expect(both.removed).toEqual(['p-1-0.conda', 'p-1-0.tar.bz2']);
  });

  it('changes nothing in place, and nothing at all without instructions', () => {
    const before = repodata();
    applyPatchInstructions(before, { revoke: ['p-1-0.tar.bz2'], remove: ['q-1-0.conda'] });
    expect(before).toEqual(repodata());
    expect(applyPatchInstructions(before, emptyPatchInstructions())).toEqual({ ...repodata(), removed: [] });
  });
});

describe('changeInstructions', () => {
  it('yanks, revokes and takes both back, once each and sorted', () => {
    const yanked = changeInstructions(emptyPatchInstructions(), {
      yank: ['b.conda', 'a.conda', 'b.conda'],
      revoke: ['c.conda'],
    });
    expect(yanked).toMatchObject({
      patch_instructions_version: 1,
      remove: ['a.conda', 'b.conda'],
      revoke: ['c.conda'],
    });
    expect(changeInstructions(yanked, { restore: ['a.conda', 'c.conda'] })).toMatchObject({
      remove: ['b.conda'],
      revoke: [],
    });
  });
});
